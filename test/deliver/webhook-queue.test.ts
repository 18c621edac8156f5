import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLane, type Due, type Lane, withPatience } from '../../src/deliver/lane.ts'
import { delivered, type Outcome } from '../../src/deliver/outcome.ts'
import { alertOf } from './samples.ts'

const refused: Outcome = { kind: 'retry', why: '503' }

function due(lane: Lane, now: number): Due {
  const next = lane.next(now)
  if (!('entry' in next)) throw new Error(`nothing is due, wait ${next.waitMs}`)
  return next
}

/** What the lane sends when everything is taken: ids in their order. */
function drained(lane: Lane, now = 0): string[] {
  const ids: string[] = []
  for (let next = lane.next(now); 'entry' in next; next = lane.next(now)) {
    ids.push(next.alert.id)
    lane.settle(next.entry, delivered, now, 0)
  }
  return ids
}

describe('a lane', () => {
  it('sends in the order of acceptance', () => {
    const lane = createLane()
    for (const id of ['a', 'b', 'c']) lane.add(1, alertOf({ id, subject: id }))
    expect(drained(lane)).toEqual(['a', 'b', 'c'])
  })

  it('has one alert under way at a time', () => {
    const lane = createLane()
    lane.add(1, alertOf())
    lane.add(2, alertOf({ incident: 'other' }))
    due(lane, 0)
    expect(lane.next(0)).toEqual({ waitMs: null })
  })

  it('lets the newest state overtake what was not sent yet, and says which became stale', () => {
    const lane = createLane()
    lane.add(1, alertOf({ id: 'first' }))
    expect(lane.add(2, alertOf({ id: 'worse' }))).toEqual([1])
    expect(drained(lane)).toEqual(['worse'])
  })

  it('does not let another subject or another incident overtake', () => {
    const lane = createLane()
    lane.add(1, alertOf({ id: 'a' }))
    expect(lane.add(2, alertOf({ id: 'b', subject: 'node' }))).toEqual([])
    expect(lane.add(3, alertOf({ id: 'c', incident: 'incident-2' }))).toEqual([])
    expect(drained(lane)).toEqual(['a', 'b', 'c'])
  })

  it('tells a firing that is over already, as late; but not when it was told before', () => {
    const lane = createLane()
    lane.add(1, alertOf({ id: 'a' }))
    lane.add(2, alertOf({ id: 'a-over', status: 'resolved' }))
    const first = due(lane, 0)
    expect(first.alert).toMatchObject({ id: 'a', notes: ['late'] })
    lane.settle(first.entry, delivered, 0, 0)
    expect(drained(lane)).toEqual(['a-over'])

    const told = createLane()
    told.add(1, alertOf({ id: 'b' }))
    expect(drained(told)).toEqual(['b'])
    told.add(2, alertOf({ id: 'b-worse' }))
    expect(told.add(3, alertOf({ id: 'b-over', status: 'resolved' }))).toEqual([2])
    expect(drained(told)).toEqual(['b-over'])
  })

  it('waits longer after each failure, and no longer once something was taken', () => {
    const lane = createLane()
    lane.add(1, alertOf())
    const waits = [0, 1, 2, 3, 4].map(() => {
      const { entry } = due(lane, 1e9)
      lane.settle(entry, refused, 0, 0.999)
      return (lane.next(0) as { waitMs: number }).waitMs
    })
    expect(waits).toEqual([999, 1998, 3996, 7993, 15986])
  })

  it('waits as long as the receiver asks, and a little more', () => {
    const lane = createLane()
    lane.add(1, alertOf())
    lane.settle(due(lane, 0).entry, { kind: 'retry', why: '429', afterMs: 30_000 }, 0, 0)
    expect(lane.next(0)).toEqual({ waitMs: 30_100 })
  })

  it('does not let an alert that its receiver chokes on hold up other incidents', () => {
    const lane = createLane()
    lane.add(1, alertOf({ id: 'poison' }))
    lane.add(2, alertOf({ id: 'fine', incident: 'incident-2' }))
    lane.settle(due(lane, 0).entry, refused, 0, 0)
    const next = due(lane, 10_000)
    expect(next.alert.id).toBe('fine')
    lane.settle(next.entry, delivered, 10_000, 0)
    expect(due(lane, 10_000).alert.id).toBe('poison')
  })

  it('lets go what is refused for good, and goes on behind it', () => {
    const lane = createLane()
    lane.add(1, alertOf({ id: 'a' }))
    lane.add(2, alertOf({ id: 'b', subject: 'node' }))
    expect(lane.settle(due(lane, 0).entry, { kind: 'give-up', why: '400' }, 0, 0)).toEqual([1])
    expect(drained(lane)).toEqual(['b'])
  })

  it('sends nothing more once its webhook is gone, and keeps what is pending', () => {
    const lane = createLane()
    lane.add(1, alertOf())
    expect(lane.settle(due(lane, 0).entry, { kind: 'disable', why: '410' }, 0, 0)).toEqual([])
    expect(lane.next(1e12)).toEqual({ waitMs: null })
    expect(lane.pending()).toHaveLength(1)
  })

  it('keeps the rate that its target takes', () => {
    const lane = createLane({ limit: { requests: 2, perMs: 60_000 } })
    for (const subject of ['a', 'b', 'c']) lane.add(1, alertOf({ subject }))
    for (const now of [0, 10]) lane.settle(due(lane, now).entry, delivered, now, 0)
    expect(lane.next(20)).toEqual({ waitMs: 59_980 })
    expect(due(lane, 60_000)).toBeDefined()
  })

  it('tells an alert again while it fires where the target forgets, until it is over', () => {
    const lane = createLane({ resendMs: 60_000 })
    lane.add(1, alertOf({ id: 'a' }))
    expect(lane.settle(due(lane, 0).entry, delivered, 0, 0)).toEqual([]) // still in the outbox
    expect(lane.next(0)).toEqual({ waitMs: 60_000 })
    lane.settle(due(lane, 60_000).entry, delivered, 60_000, 0)
    expect(lane.add(2, alertOf({ id: 'a-over', status: 'resolved' }))).toEqual([1])
    expect(drained(lane, 60_000)).toEqual(['a-over'])
    expect(lane.next(1e9)).toEqual({ waitMs: null })
  })

  it.each<[string, Outcome]>([
    ['fails', refused],
    ['is taken', delivered],
  ])('tells it no more once its end came while it was under way again, whether that %s', (_, outcome) => {
    const lane = createLane({ resendMs: 60_000 })
    lane.add(1, alertOf({ id: 'a' }))
    expect(drained(lane)).toEqual(['a'])
    const again = due(lane, 60_000)
    lane.add(2, alertOf({ id: 'a-over', status: 'resolved' }))
    expect(lane.settle(again.entry, outcome, 70_000, 0)).toEqual([1])
    expect(drained(lane, 80_000)).toEqual(['a-over'])
    expect(lane.next(1e9)).toEqual({ waitMs: null })
  })

  it('forgets after a quarter of an hour what an earlier life left, unless this life confirms it', () => {
    const lane = createLane({ resendMs: 60_000, leftBelow: 10, heldUntil: 900_000 })
    lane.add(1, alertOf())
    lane.settle(due(lane, 0).entry, delivered, 0, 0)
    expect(lane.settle(due(lane, 900_001).entry, delivered, 900_001, 0)).toEqual([1])
    lane.add(10, alertOf())
    lane.settle(due(lane, 900_002).entry, delivered, 900_002, 0)
    expect(lane.next(900_002)).toEqual({ waitMs: 60_000 })
  })

  it('goes on telling what an earlier life left while this life reports the same', () => {
    const lane = createLane({ resendMs: 60_000, leftBelow: 10, heldUntil: 0, isConfirmed: id => id === 'same' })
    lane.add(1, alertOf({ id: 'same' }))
    lane.settle(due(lane, 1).entry, delivered, 1, 0)
    expect(lane.next(1)).toEqual({ waitMs: 60_000 })
  })

  it('never gives up on one that was taken once', () => {
    const lane = createLane({ resendMs: 60_000 })
    const days = 24 * 3600_000
    lane.add(1, alertOf({ at: new Date(0).toISOString() }))
    lane.settle(due(lane, 0).entry, delivered, 0, 0)
    for (let failures = 0; failures < 6; failures++) {
      const { entry } = due(lane, 4 * days + failures * 120_000)
      expect(withPatience(refused, entry, 4 * days)).toBe(refused)
      lane.settle(entry, refused, 4 * days + failures * 120_000, 0)
    }
  })

  it('gives up after three days of trying, not before', () => {
    const old = { n: 1, alert: alertOf({ at: new Date(0).toISOString() }), failures: 9, notBefore: 0 }
    const day = 24 * 3600_000
    expect(withPatience(refused, old, 2 * day)).toBe(refused)
    expect(withPatience(refused, old, 4 * day).kind).toBe('give-up')
  })

  it('whatever fails, ends each subject with its newest state, after a firing, in order within an incident', () => {
    const step = fc.record({
      subject: fc.constantFrom('a', 'b'),
      incident: fc.constantFrom('1', '2'),
      over: fc.boolean(),
      /** What becomes of up to three attempts after it was added. */
      outcomes: fc.array(fc.boolean(), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), steps => {
        const lane = createLane()
        const told: { n: number; thread: string; incident: string; status: string }[] = []
        let now = 0
        const attempt = (ok: boolean): void => {
          now += 1e6
          const next = lane.next(now)
          if (!('entry' in next)) return
          const { incident, subject, status } = next.alert
          if (ok) told.push({ n: next.entry.n, thread: incident + subject, incident, status })
          lane.settle(next.entry, ok ? delivered : refused, now, 0)
        }
        for (const [n, { subject, incident, over, outcomes }] of steps.entries()) {
          lane.add(n, alertOf({ subject, incident, status: over ? 'resolved' : 'firing' }))
          for (const ok of outcomes) attempt(ok)
        }
        while (lane.pending().length > 0) attempt(true)
        const newest = new Map(steps.map(({ incident, subject }, n) => [incident + subject, n]))
        for (const [thread, n] of newest) {
          const own = told.filter(one => one.thread === thread)
          expect(own.at(-1)?.n).toBe(n)
          const hadFiring = steps.some(one => one.incident + one.subject === thread && !one.over)
          const firstIsFiring = steps.find(one => one.incident + one.subject === thread)?.over === false
          if (hadFiring && firstIsFiring) expect(own[0]!.status).toBe('firing')
        }
        for (const incident of ['1', '2']) {
          const order = told.filter(one => one.incident === incident).map(one => one.n)
          expect(order).toEqual(order.toSorted((a, b) => a - b))
        }
      }),
    )
  })
})
