import { describe, expect, it } from 'vitest'
import { createForecast } from '../../src/detect/forecast.ts'
import { createMemoryView } from '../../src/detect/memory-view.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Locale } from '../../src/types.ts'
import { nobody, type Phase, samplesOf, someHost, storyStart } from './node-story.ts'

/** What is forecast at the end of these phases. */
function forecastAfter(phases: readonly Phase[], lateMs = 0, locale: Locale = 'en') {
  const memory = createMemoryView()
  const samples = samplesOf(phases)
  for (const sample of samples) memory.observe(sample, someHost)
  const coverage = { counted: null, seen: 0, attributed: 0, lostRecords: 0 }
  const now = samples.at(-1)!.at + lateMs
  return createForecast().now({
    now,
    settings: { ...defaultCoreSettings, locale },
    host: someHost,
    identity: nobody,
    memory,
    coverage,
  })
}

const start: Phase = { seconds: 60, availableMiB: 300 }
const shrinking: Phase = { seconds: 60, availableMiB: 120, dropped: 0.02, refault: 0.002 }

describe('forecast', () => {
  it('gives the first kill as a range where headroom shrinks steadily', () => {
    const forecast = forecastAfter([start, shrinking])!
    const [soonest, latest] = forecast.firstKillSeconds!
    expect(soonest).toBeGreaterThanOrEqual(38)
    expect(soonest).toBeLessThanOrEqual(40)
    expect(latest).toBeGreaterThan(60)
    expect(forecast.notReadySeconds).toBe(null)
    expect(forecast.evidence).toMatch(/^120 MiB left \(8\.1 %\); gone in 40 s/)
  })

  it('says why in the language of the alert', () => {
    const forecast = forecastAfter([start, shrinking], 0, 'zh-CN')!
    expect(forecast.evidence).toMatch(/^剩余 120 MiB（8\.1 %）；按 15 秒和 45 秒的斜率，40 秒后耗尽/)
  })

  it('gives NotReady too once the node stalls besides', () => {
    const forecast = forecastAfter([
      start,
      shrinking,
      { seconds: 20, availableMiB: 60, refault: 0.15, memoryFull: 0.2 },
    ])!
    expect(forecast.notReadySeconds![0]).toBeLessThanOrEqual(20)
    expect(forecast.notReadySeconds![1]).toBe(forecast.firstKillSeconds![1])
  })

  it('gives nothing for a node that thrashes without growth, as nothing foretells it', () => {
    expect(
      forecastAfter([start, { seconds: 1, availableMiB: 60 }, { seconds: 50, refault: 0.2, memoryFull: 0.1 }]),
    ).toBe(null)
  })

  it('gives nothing for a step, whose slope says nothing of what comes', () => {
    expect(forecastAfter([start, { seconds: 20 }, { seconds: 10, availableMiB: 100, dropped: 0.1 }])).toBe(null)
  })

  it('gives nothing where headroom is plenty, however fast it shrinks', () => {
    expect(forecastAfter([start, { seconds: 60, availableMiB: 240, dropped: 0.01 }])).toBe(null)
  })

  it('says now once kubelet has stalled for two leases', () => {
    const long = forecastAfter([
      start,
      { seconds: 1, availableMiB: 60 },
      { seconds: 100, refault: 0.2, memoryFull: 0.1 },
    ])!
    expect(long.notReadySeconds).toEqual([0, 0])
  })

  it('gives nothing from samples that are half a minute old', () => {
    expect(forecastAfter([start, shrinking], 30_001)).toBe(null)
  })

  it('gives nothing where nothing is sampled', () => {
    const coverage = { counted: null, seen: 0, attributed: 0, lostRecords: 0 }
    const memory = createMemoryView()
    const world = { now: storyStart, settings: defaultCoreSettings, host: someHost, identity: nobody, memory, coverage }
    expect(createForecast().now(world)).toBe(null)
  })
})
