import { describe, expect, it } from 'vitest'
import { createCoverage } from './coverage.ts'
import { fuzzGuided } from './guided.ts'
import { maze } from './maze.ts'
import { createRandom } from './mutate.ts'
import { tryLog } from './oom-log.ts'
import { readSeeds } from './seeds.ts'
import { words } from './words.ts'

const material = { words: ['x'], lines: ['a line'] }

describe('the fuzzer', () => {
  it('finds its way through conditions by coverage, where chance does not', () => {
    const wander = (coverage: ReturnType<typeof createCoverage> | null) =>
      fuzzGuided({
        target: maze,
        seeds: ['a seed'],
        material,
        coverage,
        random: createRandom(7),
        runs: 200_000,
        goOn: () => true,
      })
    const coverage = createCoverage(url => url.endsWith('/maze.ts'))
    try {
      expect(wander(coverage).failed?.input).toMatch(/^oom:7/)
    } finally {
      coverage.stop()
    }
    expect(wander(null).failed).toBeNull()
  })

  it('keeps the input that failed', () => {
    const target = (input: string): readonly string[] => {
      if (input.includes('x')) throw new Error('an x')
      return []
    }
    const options = { target, seeds: ['a seed'], material, coverage: null, random: createRandom(1), runs: 10_000 }
    const { failed } = fuzzGuided({ ...options, goOn: () => true })
    expect(failed).toMatchObject({ input: expect.stringContaining('x'), error: new Error('an x') })
  })

  it('finds no crash and no kill made up in two thousand inputs (`npm run -s fuzz` tries more)', () => {
    const { seeds, lines } = readSeeds()
    const seed = Date.now() % 1_000_000
    const random = createRandom(seed)
    const options = { target: tryLog, seeds, material: { words, lines }, coverage: null, random, runs: 2_000 }
    const { failed } = fuzzGuided({ ...options, goOn: () => true })
    expect(failed, `seed ${seed}`).toBeNull()
  })
})
