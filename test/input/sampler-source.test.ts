import { describe, expect, it } from 'vitest'
import { createSamplerSource, pauseMs } from '../../src/input/sampler/sampler-source.ts'
import type { Observation } from '../../src/types.ts'

const meminfo = 'MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n'
const files = {
  read: (path: string) => (path === '/proc/meminfo' ? meminfo : undefined),
  reread: (path: string) => (path === '/proc/meminfo' ? meminfo : undefined),
  list: () => undefined,
  pids: () => [],
  link: () => undefined,
  forget: () => {},
  close: () => {},
} as unknown as Parameters<typeof createSamplerSource>[0]

describe('the sampler of a live host', () => {
  it('rests as long as a slow sample took, a second at most, and keeps its rate where samples are fast', () => {
    expect(pauseMs({ passMs: 20, delayMs: 250 })).toBe(230)
    expect(pauseMs({ passMs: 200, delayMs: 250 })).toBe(200)
    expect(pauseMs({ passMs: 800, delayMs: 250 })).toBe(800)
    expect(pauseMs({ passMs: 5_000, delayMs: 250 })).toBe(1_000)
  })

  it('takes no sample while an alert is on its way, and no longer than a second; the delay is no stall', async () => {
    let isAlerting = false
    const samples: { at: number; lateMs?: number }[] = []
    const source = createSamplerSource(files, { isAlerting: () => isAlerting })
    await source.start((observation: Observation) => {
      if (observation.kind === 'memory') samples.push({ at: performance.now(), lateMs: observation.lateMs ?? 0 })
    })
    isAlerting = true
    const before = samples.length
    await sleep(1_500)
    expect(samples.length).toBe(before)
    await sleep(1_500)
    expect(samples.length).toBeGreaterThan(before)
    expect(samples.at(-1)!.lateMs).toBeLessThan(1_000)
    await source.stop()
  })
})

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
