import { expect, test } from 'vitest'
import { createHabits } from '../../src/diagnose/habits.ts'
import { createUsageHistory } from '../../src/diagnose/usage-history.ts'

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

test('a size that is measured another way than before is no growth', () => {
  const history = createUsageHistory()
  for (let at = 0; at <= 100_000; at += 10_000) history.observe(at, [reading(1000)])
  history.observe(110_000, [reading(4000, 'cgroup')])
  expect(history.change(reading(4000, 'cgroup'), 110_000)).toBe(0)
  expect(history.change(reading(4000), 110_000)).toBeNull()
})

test('one that is killed and comes back has grown by what it has more than before', () => {
  const history = createUsageHistory()
  const sizes = [1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 900, 1000]
  for (const [index, KiB] of sizes.entries()) history.observe(index * 10_000, KiB === 0 ? [] : [reading(KiB)])
  expect(history.change(reading(1000), 90_000)).toBe(0)
  expect(history.growingSince(reading(1000), 90_000)).toBeNull()
})

test('it stays small: a thousand holders are cut to the largest 256', () => {
  const history = createUsageHistory()
  for (let at = 0; at <= 600_000; at += 10_000)
    history.observe(
      at,
      Array.from({ length: 1000 }, (_, n) => ({ key: `pod/${n}`, KiB: 1000 - n, from: 'processes' })),
    )
  expect(history.last('pod/0')).toBeDefined()
  expect(history.last('pod/256')).toBeUndefined()
})

test('a habit is the mean of a day, known after an hour, in which a burst of minutes hardly counts', () => {
  const habits = createHabits()
  const step = 600_000
  let at = 0
  const learn = (KiB: number, times: number) => {
    for (let turn = 0; turn < times; turn++) {
      at += step
      expect(habits.isDue(at) || turn === 0).toBe(true)
      habits.learn(at, [{ key: 'pod/a', KiB, from: '' }])
    }
  }
  habits.isDue(at)
  learn(1000, 5)
  expect(habits.of('pod/a')).toBeNull()
  learn(1000, 300)
  learn(9000, 1)
  expect(habits.of('pod/a')!.KiB).toBeLessThan(1100)
  expect(habits.of('pod/a')!.watchedMs).toBe(86_400_000)
})

test('what was learned before a restart is taken, unless what is known is newer; and the store stays bounded', () => {
  const habits = createHabits()
  const habit = (workload: string, KiB: number, seenAt: number) => ({ workload, KiB, watchedMs: 7_200_000, seenAt })
  habits.take({ kind: 'habits', at: 10, habits: [habit('pod/a', 500, 5)] })
  habits.take({ kind: 'habits', at: 20, habits: [habit('pod/a', 900, 4)] })
  expect(habits.of('pod/a')!.KiB).toBe(500)
  habits.take({ kind: 'habits', at: 30, habits: Array.from({ length: 5000 }, (_, n) => habit(`pod/${n}`, 1, 9)) })
  expect(habits.now(40).habits.length).toBeLessThanOrEqual(256)
  // Told back as an observation it changes nothing.
  const before = habits.now(50)
  habits.take(before)
  expect(habits.now(50)).toEqual(before)
})
