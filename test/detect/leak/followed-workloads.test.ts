import { expect, test } from 'vitest'
import { createFollowedWorkloads } from '../../../src/detect/leak/followed-workloads.ts'

const MiB = 1024

function full(isGrowing: (key: string) => boolean = () => false) {
  const followed = createFollowedWorkloads(isGrowing)
  for (let index = 0; index < 1000; index++) followed.add({ key: `w-${index}`, KiB: (100 + index) * MiB, at: 0 })
  return followed
}

test('of more than 1000 workloads a larger one takes the place of the smallest, and a small one does not', () => {
  const followed = full()
  followed.add({ key: 'small', KiB: 90 * MiB, at: 30_000 })
  followed.add({ key: 'little-larger', KiB: 110 * MiB, at: 30_000 })
  expect(followed.slots.size).toBe(1000)
  expect(followed.slots.has('w-0')).toBe(true)
  followed.add({ key: 'large', KiB: 400 * MiB, at: 60_000 })
  expect(followed.slots.size).toBe(1000)
  expect(followed.slots.has('large')).toBe(true)
  expect(followed.slots.has('w-0')).toBe(false)
})

test('a small workload that grows keeps its place', () => {
  const followed = full(key => key === 'w-0')
  followed.add({ key: 'large', KiB: 400 * MiB, at: 60_000 })
  expect(followed.slots.has('w-0')).toBe(true)
  expect(followed.slots.has('w-1')).toBe(false)
})

test('a workload that has been gone for ten minutes is dropped before one that runs', () => {
  const followed = full()
  for (let index = 0; index < 999; index++) followed.add({ key: `w-${index}`, KiB: (100 + index) * MiB, at: 900_000 })
  followed.add({ key: 'small', KiB: 20 * MiB, at: 900_000 })
  expect(followed.slots.has('small')).toBe(true)
  expect(followed.slots.has('w-999')).toBe(false)
})

test('a slot that is used again shows nothing of the workload that had it before', () => {
  const followed = full()
  followed.add({ key: 'large', KiB: 400 * MiB, at: 3600_000 })
  const day = followed.usage.day(followed.slots.get('large')!, 2 * 3600_000)
  expect([...day].filter(KiB => !Number.isNaN(KiB))).toEqual([400 * MiB])
})

test('what is saved is bounded, and a restart reads the same day from it', () => {
  const followed = full()
  for (let hour = 0; hour < 30; hour += 0.25)
    for (let index = 0; index < 1000; index++)
      followed.add({ key: `w-${index}`, KiB: (100 + index) * MiB, at: hour * 3600_000 })
  const saved = followed.save()
  expect(saved).toHaveLength(100)
  expect(JSON.stringify(saved).length).toBeLessThan(128 * 1024)
  const next = createFollowedWorkloads(() => false)
  next.take(JSON.parse(JSON.stringify(saved)))
  const at = 29.75 * 3600_000
  const dayOf = ({ usage, slots }: typeof followed) => [...usage.day(slots.get('w-999')!, at)].map(KiB => KiB || 0)
  expect(dayOf(next)).toEqual(dayOf(followed))
  expect(next.usage.usualPeakKiB(next.slots.get('w-999')!)).toBe(1099 * MiB)
})

test('a clock that is set back by a day does not stop the readings', () => {
  const followed = createFollowedWorkloads(() => false)
  const day = 24 * 3600_000
  followed.add({ key: 'a', KiB: 100 * MiB, at: 10 * day })
  followed.add({ key: 'a', KiB: 200 * MiB, at: 9 * day })
  followed.add({ key: 'a', KiB: 200 * MiB, at: 9 * day + 3600_000 })
  const slot = followed.slots.get('a')!
  expect(followed.usage.lastAt(slot)).toBe(9 * day + 3600_000)
  expect([...followed.usage.day(slot, 9 * day + 2 * 3600_000)].filter(KiB => KiB > 0)).toEqual([200 * MiB, 200 * MiB])
})
