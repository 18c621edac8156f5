import { expect, it } from 'vitest'
import type { Leak } from '../../src/detect/leak/leak.ts'
import type { LeakForecaster, UsageReading } from '../../src/detect/leak/leak-forecast.ts'
import { createMemoryLeak } from '../../src/detect/memory-leak.ts'
import type { CoreEvent, Verdict, WorkloadUsage, World } from '../../src/types.ts'
import { startAt, worldAt } from './deaths.ts'

const workload = { key: 'pod/shop/api/java' } as WorkloadUsage['workload']

/** Answers what it is given, and remembers what it read. */
function forecasterOf(leaks: (seconds: number) => number | null) {
  const readings: UsageReading[] = []
  const forecaster: LeakForecaster = {
    observe: reading => void readings.push(reading),
    leak: () => {
      const at = readings.at(-1)!.at
      const etaSeconds = leaks((at - startAt) / 1000)
      if (etaSeconds === null) return null
      const range: Leak['etaRangeSeconds'] = [etaSeconds / 2, etaSeconds * 2]
      return { workload: workload.key, growthKiBPerHour: 1024, since: startAt, etaSeconds, etaRangeSeconds: range }
    },
    take: () => {},
    save: at => ({ kind: 'trends', at, workloads: [] }),
  }
  return { forecaster, readings }
}

function worldWith(seconds: number): World {
  const world = worldAt(seconds)
  return {
    ...world,
    identity: {
      ...world.identity,
      usage: () => [{ workload, KiB: 500_000, processes: 1, from: 'cgroup', activeFileKiB: 100_000 }],
    },
    memory: { ...world.memory, headroom: { KiB: 900_000 } },
  } as unknown as World
}

function said(leaks: (seconds: number) => number | null, untilSeconds: number) {
  const { forecaster, readings } = forecasterOf(leaks)
  const detect = createMemoryLeak(forecaster)
  const verdicts: Verdict[] = []
  for (let seconds = 0; seconds <= untilSeconds; seconds += 10)
    verdicts.push(...detect({ kind: 'tick', at: startAt + seconds * 1000 } as CoreEvent, worldWith(seconds)))
  return { verdicts, readings }
}

it('reads every half minute, without file pages, which can be reclaimed', () => {
  const { readings } = said(() => null, 60)
  expect(readings).toHaveLength(3)
  expect(readings[0]).toMatchObject({ headroomKiB: 900_000, workloads: [{ key: workload.key, KiB: 400_000 }] })
})

it('is a notice, from two hours ahead a warning, and a notice again from three hours on', () => {
  const etas = [40_000, 7_000, 9_000, 11_000]
  const { verdicts } = said(seconds => etas[seconds / 30] ?? null, 90)
  expect(verdicts.map(({ severity }) => severity)).toEqual(['info', 'warning', 'warning', 'info'])
  expect(verdicts[0]).toMatchObject({
    type: 'memory-leak',
    subject: workload.key,
    firing: true,
    facts: { growthKiBPerHour: 1024, etaSeconds: 40_000, etaRangeSeconds: [20_000, 80_000] },
  })
})

it('ends when nothing of it was seen for a quarter of an hour', () => {
  const { verdicts } = said(seconds => (seconds < 60 || seconds === 600 ? 40_000 : null), 1800)
  expect(verdicts.map(({ firing, at }) => [firing, (at - startAt) / 1000])).toEqual([
    [true, 0],
    [true, 30],
    [true, 600],
    [false, 1500],
  ])
})

it('says nothing where headroom is not known', () => {
  const { forecaster } = forecasterOf(() => 40_000)
  expect(createMemoryLeak(forecaster)({ kind: 'tick', at: startAt } as CoreEvent, worldAt(0))).toEqual([])
})
