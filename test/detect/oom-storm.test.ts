import { expect, it } from 'vitest'
import { createOomStorm } from '../../src/detect/oom-storm.ts'
import type { Verdict } from '../../src/types.ts'
import { type Death, killEvent, worldAt } from './deaths.ts'

function lastOf(deaths: readonly Death[]): Verdict | undefined {
  const detect = createOomStorm()
  let last: Verdict | undefined
  for (const death of deaths) last = detect(killEvent(death), worldAt(death.seconds))[0] ?? last
  return last
}

const at = (...seconds: readonly number[]): Death[] =>
  seconds.map((second, index) => ({ seconds: second, pid: 10 + index, key: `pod/${index}`, nodeLevel: true }))

it('a storm is three node-level events within five minutes, whatever the victims are', () => {
  expect(lastOf(at(0, 150, 300))).toMatchObject({
    severity: 'critical',
    subject: 'node',
    facts: { events: 3, kills: 3, spanMs: 300_000 },
  })
  expect(lastOf(at(0, 150, 301))).toBeUndefined()
})

it('kills of one decision are one event', () => {
  const group = at(0, 0, 0, 0).map(death => ({ ...death, event: 'one' }))
  expect(lastOf(group)).toBeUndefined()
  expect(lastOf([...group, ...at(10, 20)])?.facts).toMatchObject({ events: 3, kills: 6 })
})

it('kills at workloads’ own limits are none', () => {
  expect(lastOf(at(0, 1, 2, 3).map(death => ({ ...death, nodeLevel: false })))).toBeUndefined()
})

it('what comes after five quiet minutes has to gather three events again', () => {
  const detect = createOomStorm()
  const said = at(0, 10, 20, 400, 410).map(death => detect(killEvent(death), worldAt(death.seconds)).length)
  expect(said).toEqual([0, 0, 1, 0, 0])
})

it('the window advances over more events than are remembered', () => {
  const many = at(...Array.from({ length: 2_000 }, (_, index) => index / 10))
  expect(lastOf(many)?.facts.events).toBe(2_000)
})

it('is not seen in a log without any time, which does not show how fast the kills followed each other', () => {
  const undated = at(0, 0, 0, 0).map(death => ({ ...death, kill: { at: null } }))
  expect(lastOf(undated)).toBeUndefined()
  // The kernel's own stamps are a time.
  expect(lastOf(undated.map(death => ({ ...death, kill: { at: null, stampMs: 1000 } })))).toBeDefined()
})
