import { describe, expect, it } from 'vitest'
import { createForecaster, forecastOf } from '../../src/detect/memory/forecast.ts'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { AttributedKill, Locale, World } from '../../src/types.ts'
import { emptyIdentity } from '../identify/fixtures.ts'
import { kubeletOf, type Phase, samplesOf, someHost, storyStart } from './node-story.ts'

interface After {
  readonly lateMs?: number
  readonly locale?: Locale
  /** kubelet's cgroup shows it starved for the last seconds. */
  readonly starvedSeconds?: number
  /** A pod that started ten seconds before the end uses so much. */
  readonly startingMiB?: number
}

/** The world at the end of these phases. */
function worldAfter(phases: readonly Phase[], after: After = {}): World {
  const memory = createMemoryView()
  const samples = samplesOf(phases)
  const end = samples.at(-1)!.at
  const starvedFrom = end - (after.starvedSeconds ?? 0) * 1000
  const kubelet = kubeletOf(samples, at => after.starvedSeconds !== undefined && at >= starvedFrom)
  const pod = '/kubepods/burstable/pod0a1b2c3d-0000-0000-0000-000000000001'
  for (const [index, sample] of samples.entries()) {
    memory.observe(kubelet[index]!, someHost)
    if (after.startingMiB !== undefined && end - sample.at <= 10_000) {
      const cgroups = [{ path: pod, currentKiB: after.startingMiB * 1024 }]
      memory.observe({ kind: 'cgroups', at: sample.at, cgroups }, someHost)
    }
    memory.observe(sample, someHost)
  }
  const now = end + (after.lateMs ?? 0)
  return {
    now,
    steadyNow: now,
    settings: { ...defaultCoreSettings, locale: after.locale ?? 'en' },
    host: someHost,
    identity: emptyIdentity,
    memory,
    coverage: { counted: null, seen: 0, attributed: 0, lostRecords: 0 },
  }
}

function forecastAfter(phases: readonly Phase[], after: After = {}) {
  return forecastOf(worldAfter(phases, after))
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
    expect(forecast.evidence).toMatch(/^120 MiB left \(8%\); used up in 40s/)
  })

  it('says why in the language of the alert', () => {
    const forecast = forecastAfter([start, shrinking], { locale: 'zh-CN' })!
    expect(forecast.evidence).toMatch(/^剩余 120 MiB（8%）；按当前速率 40 秒后耗尽/)
  })

  it('gives NotReady only where kubelet itself is starved', () => {
    const phases = [start, shrinking, { seconds: 40, availableMiB: 30, refault: 0.15, memoryFull: 0.2 }]
    expect(forecastAfter(phases)!.notReadySeconds).toBe(null)
    const [soonest, latest] = forecastAfter(phases, { starvedSeconds: 30 })!.notReadySeconds!
    expect(soonest).toBe(0)
    expect(latest).toBeGreaterThanOrEqual(40)
    expect(latest).toBeLessThanOrEqual(70)
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

  it('says now once kubelet has been starved for two leases', () => {
    const phases = [start, { seconds: 1, availableMiB: 60 }, { seconds: 100, refault: 0.2, memoryFull: 0.1 }]
    expect(forecastAfter(phases, { starvedSeconds: 95 })!.notReadySeconds).toEqual([0, 0])
  })

  it('gives no first kill from the start-up fill of new pods, and does where pods of old grow', () => {
    expect(forecastAfter([start, shrinking], { startingMiB: 170 })).toBe(null)
    expect(forecastAfter([start, shrinking], { startingMiB: 20 })!.firstKillSeconds).not.toBe(null)
  })

  it('is not made again once it has passed without a kill, until a kill or another decline', () => {
    const forecaster = createForecaster()
    const world = worldAfter([start, shrinking])
    const later = (ms: number) => ({ ...world, steadyNow: world.steadyNow + ms })
    const { firstKillSeconds } = forecaster.publish(world)!
    expect(forecaster.publish(later(10_000))!.firstKillSeconds).not.toBe(null)
    expect(forecaster.publish(later(firstKillSeconds![1] * 1000 + 1))).toBe(null)
    forecaster.kill({ nodeLevel: true } as AttributedKill)
    expect(forecaster.publish(later(firstKillSeconds![1] * 1000 + 2))).not.toBe(null)
  })

  it('gives nothing from samples that are half a minute old', () => {
    expect(forecastAfter([start, shrinking], { lateMs: 30_001 })).toBe(null)
  })

  it('gives nothing where nothing is sampled', () => {
    const coverage = { counted: null, seen: 0, attributed: 0, lostRecords: 0 }
    const memory = createMemoryView()
    const atStart = { now: storyStart, steadyNow: storyStart }
    const world = {
      ...atStart,
      settings: defaultCoreSettings,
      host: someHost,
      identity: emptyIdentity,
      memory,
      coverage,
    }
    expect(forecastOf(world)).toBe(null)
  })
})
