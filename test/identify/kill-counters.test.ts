import { expect, test } from 'vitest'
import { createKillCounters } from '../../src/identify/kill-counters.ts'

const v2 = (path: string, oom_kill: number) => ({ path, events: { oom: 1, oom_kill } })
const v1 = (path: string, oom_kill: number) => ({ path, events: { under_oom: 0, oom_kill } })
const pod = `/kubepods/burstable/pod${'a'.repeat(32)}`
const container = `${pod}/${'b'.repeat(64)}`

test('the one cgroup that counts a kill more has the victim, once', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 3), v2('/b', 0)], 0)
  counters.observe([v2('/a', 4)], 1000)
  expect([counters.take(1001), counters.take(1002)]).toEqual(['/a', undefined])
})

test('where two count one more, it is neither’s', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 0), v2('/b', 0)], 0)
  counters.observe([v2('/a', 1), v2('/b', 1)], 1000)
  expect(counters.take(1001)).toBeUndefined()
})

test('a kill whose cgroup is known is taken off, before or after the counter is read', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 0), v2('/b', 0)], 0)
  counters.claim('/a', 1000)
  counters.observe([v2('/a', 1), v2('/b', 1)], 1001)
  expect(counters.take(1002)).toBe('/b')
  counters.observe([v2('/a', 2)], 3000)
  counters.claim('/a', 3001)
  expect(counters.take(3002)).toBeUndefined()
})

test('a counter that was first read at the kill itself holds it already', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 1)], 1000)
  counters.claim('/a', 1000)
  counters.observe([v2('/a', 2)], 2000)
  expect(counters.take(2001)).toBe('/a')
})

test('a counter that was first read just before the kill proves nothing by its next step', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 0), v2('/b', 0)], 5000)
  counters.claim('/a', 5060)
  counters.observe([v2('/a', 1)], 5062)
  // The victim of the next kill is unknown: it is not /a's for that.
  expect(counters.take(6162)).toBeUndefined()
})

test('v2 counts a kill in the levels above as well: it is the deepest one’s', () => {
  const counters = createKillCounters()
  counters.observe([v2(pod, 0), v2(container, 0), v2('/kubepods', 0)], 0)
  counters.observe([v2(pod, 1), v2(container, 1), v2('/kubepods', 1)], 1000)
  expect([counters.take(1001), counters.take(1002)]).toEqual([container, undefined])
  // The container's cgroup went with the container: its pod's outlives it.
  counters.observe([v2(pod, 2), v2('/kubepods', 2)], 5000)
  expect(counters.take(5001)).toBe(pod)
})

test('cgroup v1 counts a kill in the cgroup only, not in the levels above it', () => {
  const counters = createKillCounters()
  counters.observe([v1('/a', 0), v1('/a/b', 0)], 0)
  counters.claim('/a/b', 1000)
  counters.observe([v1('/a/b', 1), v1('/a', 1)], 1001)
  expect(counters.take(1002)).toBe('/a')
})

test('a count that was not read in time belongs to a kill whose line was lost', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 0)], 0)
  counters.observe([v2('/a', 1)], 1000)
  expect(counters.take(9000)).toBeUndefined()
})

test('a cgroup that was recreated starts from its own count', () => {
  const counters = createKillCounters()
  counters.observe([v2('/a', 7)], 0)
  counters.observe([v2('/a', 0)], 1000)
  expect(counters.take(1001)).toBeUndefined()
})
