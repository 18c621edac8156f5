import { expect, test } from 'vitest'
import { createBaselines } from '../../src/diagnose/evidence/baselines.ts'
import { createUsageHistory } from '../../src/diagnose/evidence/usage-history.ts'

const reading = (KiB: number, from = 'processes') => ({ key: 'pod/a', KiB, from })

test('change is against ten minutes ago, or as long as it is watched', () => {
  const history = createUsageHistory()
  for (let at = 0; at <= 1_200_000; at += 10_000) history.observe(at, [reading(1000 + at / 1000)])
  expect(history.change(reading(2200), 1_200_000)).toBe(600)
  expect(createUsageHistory().change(reading(1), 0)).toBeNull()
})

test('while the sampler is still getting to know the node nothing has grown', () => {
  const history = createUsageHistory()
  // A node's processes are read in turns: its workloads appear one after the other.
  for (let at = 0; at <= 20_000; at += 10_000) history.observe(at, [reading(100 + at)])
  for (let at = 30_000; at <= 90_000; at += 10_000) history.observe(at, [reading(50_000)])
  expect(history.change(reading(50_000), 90_000)).toBeLessThanOrEqual(29_900)
  const late = createUsageHistory()
  late.observe(0, [])
  for (let at = 10_000; at <= 100_000; at += 10_000) late.observe(at, at < 60_000 ? [] : [reading(7000)])
  expect(late.change(reading(7000), 100_000)).toBe(7000)
})

test('what started after the first reading has grown from nothing, however short it is watched', () => {
  const history = createUsageHistory()
  const born = (KiB: number) => ({ ...reading(KiB), bornAt: 12_000 })
  for (let at = 0; at <= 40_000; at += 10_000) history.observe(at, at < 20_000 ? [] : [born(at)])
  expect(history.change(born(41_000), 41_000)).toBe(41_000)
  expect(history.recentGrowth(born(41_000), 41_000)).toBeGreaterThan(30_000)
  expect(history.growingSince(born(41_000), 41_000)).toBe(12_000)
  // Not even a reading of it is needed.
  const early = createUsageHistory()
  early.observe(0, [])
  expect(early.change(born(5000), 15_000)).toBe(5000)
})

test('what started before the first reading, or at an unknown time, has not grown while the node is read', () => {
  for (const each of [reading(5000), { ...reading(5000), bornAt: 500 }]) {
    const history = createUsageHistory()
    for (let at = 0; at <= 40_000; at += 10_000) history.observe(at, at < 20_000 ? [] : [each])
    expect(history.change(each, 41_000)).toBeNull()
  }
})

test('a size that is measured another way than before is no growth', () => {
  const history = createUsageHistory()
  for (let at = 0; at <= 100_000; at += 10_000) history.observe(at, [reading(1000)])
  history.observe(110_000, [reading(4000, 'cgroup')])
  expect(history.change(reading(4000, 'cgroup'), 110_000)).toBe(0)
  expect(history.change(reading(4000), 110_000)).toBeNull()
})

test('a process that is killed and restarts has grown by what it uses more than before', () => {
  const history = createUsageHistory()
  const sizes = [1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 900, 1000]
  for (const [index, KiB] of sizes.entries()) history.observe(index * 10_000, KiB === 0 ? [] : [reading(KiB)])
  expect(history.change(reading(1000), 90_000)).toBe(0)
  expect(history.growingSince(reading(1000), 90_000)).toBeNull()
})

test('the history stays small: of a thousand consumers it keeps the largest 256', () => {
  const history = createUsageHistory()
  for (let at = 0; at <= 600_000; at += 10_000)
    history.observe(
      at,
      Array.from({ length: 1000 }, (_, n) => ({ key: `pod/${n}`, KiB: 1000 - n, from: 'processes' })),
    )
  expect(history.last('pod/0')).toBeDefined()
  expect(history.last('pod/256')).toBeUndefined()
})

test('a baseline is the mean of a day, known after an hour, in which a burst of minutes barely counts', () => {
  const baselines = createBaselines()
  const step = 600_000
  let at = 0
  const learn = (KiB: number, times: number) => {
    for (let turn = 0; turn < times; turn++) {
      at += step
      expect(baselines.isDue(at) || turn === 0).toBe(true)
      baselines.learn(at, [{ key: 'pod/a', KiB, from: '' }])
    }
  }
  baselines.isDue(at)
  learn(1000, 5)
  expect(baselines.of('pod/a')).toBeNull()
  learn(1000, 300)
  learn(9000, 1)
  expect(baselines.of('pod/a')!.KiB).toBeLessThan(1100)
  expect(baselines.of('pod/a')!.watchedMs).toBe(86_400_000)
})

test('what was learned before a restart is taken, unless what is known is newer; and the store stays bounded', () => {
  const baselines = createBaselines()
  const baseline = (workload: string, KiB: number, seenAt: number) => ({ workload, KiB, watchedMs: 7_200_000, seenAt })
  baselines.take({ kind: 'habits', at: 10, habits: [baseline('pod/a', 500, 5)] })
  baselines.take({ kind: 'habits', at: 20, habits: [baseline('pod/a', 900, 4)] })
  expect(baselines.of('pod/a')!.KiB).toBe(500)
  baselines.take({ kind: 'habits', at: 30, habits: Array.from({ length: 5000 }, (_, n) => baseline(`pod/${n}`, 1, 9)) })
  expect(baselines.now(40).habits.length).toBeLessThanOrEqual(256)
  // Fed back as an observation it changes nothing.
  const before = baselines.now(50)
  baselines.take(before)
  expect(baselines.now(50)).toEqual(before)
})
