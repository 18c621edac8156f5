import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createNotes } from '../../src/input/playback/read-warnings.ts'
import { createRecordingReader } from '../../src/input/playback/recording.ts'
import { createPipeline } from '../../src/pipeline.ts'
import type { Observation } from '../../src/types.ts'
import { judge } from '../scenarios/judge.ts'
import { record } from '../scenarios/scenario.ts'
import { scenarios } from '../scenarios/scenarios.ts'

const lines = record(scenarios.find(({ name }) => name === 'two-workloads-alternating')!).split('\n')

const middle = Math.floor(lines.length / 2)

/** A core that has seen the first half. */
function halfWay() {
  const reader = createRecordingReader({ name: 'half', notes: createNotes() })
  const pipeline = createPipeline()
  for (const line of lines.slice(0, middle)) for (const observation of reader.line(line)) pipeline.observe(observation)
  return pipeline
}

it('a memory of any shape in a recording neither throws nor stops the core from judging what follows', () => {
  fc.assert(
    fc.property(
      fc.record({ alerts: fc.anything(), coverage: fc.anything(), clock: fc.anything() }, { requiredKeys: [] }),
      memory => {
        const pipeline = createPipeline()
        pipeline.observe({ kind: 'resume', at: 1, memory })
        for (let at = 1_000; at < 5_000; at += 1_000) pipeline.observe({ kind: 'tick', at })
      },
    ),
    { numRuns: 300 },
  )
})

it('parts of a true memory that were changed neither throw nor stop the core', () => {
  const pipeline = halfWay()
  const memory = JSON.parse(JSON.stringify(pipeline.memory()))
  const paths = pathsOf(memory)
  expect(paths.length).toBeGreaterThan(50)
  for (const path of paths) {
    for (const value of [null, 'x', -1, []]) {
      const damaged = structuredClone(memory)
      set(damaged, path, value)
      const next = createPipeline()
      // Fields that were damaged may show in an alert, which then is not as the schema says; the core goes on.
      const observe = (observation: Observation): void => {
        try {
          next.observe(observation)
        } catch (error) {
          if (!(error as Error).message.startsWith('not as schemas/')) throw error
        }
      }
      observe({ kind: 'resume', at: 1_772_446_000_000, memory: damaged })
      observe({ kind: 'tick', at: 1_772_446_001_000 })
      observe({ kind: 'tick', at: 1_772_449_900_000 })
    }
  }
})

it('a memory that was saved and read back changes nothing of what follows', () => {
  const text = lines.join('\n')
  const whole = judge('whole', text).alerts
  const pipeline = halfWay()
  const at = (JSON.parse(lines[middle]!) as { at: number }).at
  const resume = JSON.stringify({ kind: 'resume', at, memory: pipeline.memory() })
  const resumed = judge('resumed', [...lines.slice(0, middle), resume, ...lines.slice(middle)].join('\n')).alerts
  expect(resumed.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
})

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))].filter(
    each => each.length > 0,
  )
}

function set(target: unknown, path: readonly string[], value: unknown): void {
  let at = target as Record<string, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[path.at(-1)!] = value
}
