import { describe, expect, it } from 'vitest'
import { isInTime, judgeNode } from '../../../bench/leaks/judge-leaks.ts'
import { healthyNode, leakingNode } from '../../../bench/leaks/node-simulator.ts'
import { createLeakForecaster, type LeakForecaster } from '../../../src/detect/leak/leak-forecast.ts'

const hourMs = 3600_000
const MiB = 1024
const GiB = 1024 * MiB
const capacityKiB = 16 * GiB
/** A Monday at midnight, UTC. */
const startAt = Date.UTC(2026, 0, 5)

type Uses = Readonly<Record<string, (hours: number) => number>>

/** Feeds a forecaster with what workloads use at each hour since the start; returns when it saw a leak first. */
function watch(uses: Uses, from: number, to: number, forecaster: LeakForecaster = createLeakForecaster()) {
  let firstAt: number | null = null
  for (let hours = from; hours < to; hours += 1 / 120) {
    const workloads = Object.entries(uses).map(([key, KiB]) => ({ key, KiB: KiB(hours) }))
    const usedKiB = workloads.reduce((sum, { KiB }) => sum + KiB, 0)
    forecaster.observe({ at: startAt + hours * hourMs, headroomKiB: capacityKiB - usedKiB, workloads })
    if (forecaster.leak()) firstAt ??= hours
  }
  return { forecaster, firstAt, leak: forecaster.leak() }
}

const steady = () => 4 * GiB
const rhythm = (hours: number) => (3 - 1.5 * Math.cos((hours / 24) * 2 * Math.PI)) * GiB
const leakFrom = (start: number, perHour: number) => (hours: number) => GiB + Math.max(0, hours - start) * perHour

describe('a leak', () => {
  it('is named, with its rate and when the node is full', () => {
    const { leak } = watch({ steady, leaking: leakFrom(30, 1 * GiB) }, 0, 34)
    expect(leak).toMatchObject({ workload: 'leaking' })
    expect(leak!.growthKiBPerHour / GiB).toBeCloseTo(1, 1)
    // 16 GiB less 4, less the 5 that it uses by now: 7 h.
    expect(leak!.etaSeconds / 3600).toBeCloseTo(7, 0)
    expect(leak!.etaRangeSeconds[0]).toBeLessThan(leak!.etaSeconds)
    expect(leak!.etaRangeSeconds[1]).toBeGreaterThan(leak!.etaSeconds)
  })

  it('is seen within the daily rhythm of the same workload', () => {
    const slow = (hours: number) => rhythm(hours) + leakFrom(54, 300 * MiB)(hours)
    expect(watch({ slow, steady: () => 2 * GiB }, 0, 66).leak).toMatchObject({ workload: 'slow' })
    expect(watch({ slow: rhythm, steady: () => 2 * GiB }, 0, 66).firstAt).toBeNull()
  })

  it('is known again soon after a restart of the agent, by what was saved', () => {
    const uses = { steady, leaking: leakFrom(30, 400 * MiB) }
    const before = watch(uses, 0, 44)
    expect(before.leak).not.toBeNull()
    const saved = before.forecaster.save(startAt + 44 * hourMs)
    const next = createLeakForecaster()
    next.take(JSON.parse(JSON.stringify(saved)))
    const { firstAt } = watch(uses, 44, 46, next)
    expect(firstAt).toBeLessThan(45.5)
    expect(watch(uses, 44, 46).firstAt).toBeNull()
  })

  it('is over when the workload stops growing', () => {
    const stopped = (hours: number) => leakFrom(30, 800 * MiB)(Math.min(hours, 38))
    expect(watch({ steady, stopped }, 0, 38).leak).not.toBeNull()
    expect(watch({ steady, stopped }, 0, 48).leak).toBeNull()
  })
})

describe('no leak', () => {
  const days = 4
  it.each<readonly [string, Uses]>([
    ['a daily rhythm', { rhythm, steady: () => 8 * GiB }],
    [
      'a heap that fills after a deploy to where it was before',
      {
        heap: hours => (hours < 60 ? 5 : Math.min(5, 1 + (hours - 60) * 0.5)) * GiB,
        steady: () => 8 * GiB,
      },
    ],
    [
      'a job that runs every day and rises while it runs',
      {
        job: hours => (hours % 24 > 3 && hours % 24 < 5 ? (hours % 24) - 3 : 0.05) * GiB,
        steady: () => 10 * GiB,
      },
    ],
    [
      'a cache that warms and levels off',
      {
        cache: hours => 4 * (1 - Math.exp(-hours / 6)) * GiB,
        steady: () => 8 * GiB,
      },
    ],
    [
      'a leak that a daily restart takes back',
      {
        saw: hours => (1 + (hours % 24) * 0.1) * GiB,
        steady: () => 8 * GiB,
      },
    ],
  ])('%s', (_, uses) => {
    // The first day shows what is usual.
    const { forecaster } = watch(uses, 0, 24)
    expect(watch(uses, 24, days * 24, forecaster).firstAt).toBeNull()
  })
})

describe('simulated nodes (npm run -s bench -- leaks judges hundreds)', () => {
  it.each([1])('healthy node %i: no call in four days', seed => {
    expect(judgeNode(healthyNode(seed, 4))).toMatchObject({ notices: [], warnings: [] })
  })

  it.each([2, 16])('leaking node %i: called in time and named', seed => {
    const judgement = judgeNode(leakingNode(seed))
    expect(judgement).toMatchObject({ named: true })
    expect(isInTime(judgement)).toBe(true)
  })
})
