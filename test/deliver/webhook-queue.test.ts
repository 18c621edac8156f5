import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delivered, type Outcome } from '../../src/deliver/http/outcome.ts'
import { createWebhookQueue, type Due, type WebhookQueue, withPatience } from '../../src/deliver/webhook-queue.ts'
import { alertOf } from './samples.ts'

const refused: Outcome = { kind: 'retry', why: '503' }

function due(queue: WebhookQueue, now: number): Due {
  const next = queue.next(now)
  if (!('entry' in next)) throw new Error(`nothing is due, wait ${next.waitMs}`)
  return next
}

/** What the queue sends when everything is taken: ids in their order. */
function drained(queue: WebhookQueue, now = 0): string[] {
  const ids: string[] = []
  for (let next = queue.next(now); 'entry' in next; next = queue.next(now)) {
    ids.push(next.alert.id)
    queue.settle(next.entry, delivered, now, 0)
  }
  return ids
}

describe('a queue', () => {
  it('sends in the order of acceptance', () => {
    const queue = createWebhookQueue()
    for (const id of ['a', 'b', 'c']) queue.add(1, alertOf({ id, subject: id }))
    expect(drained(queue)).toEqual(['a', 'b', 'c'])
  })

  it('has one alert under way at a time', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf())
    queue.add(2, alertOf({ incident: 'other' }))
    due(queue, 0)
    expect(queue.next(0)).toEqual({ waitMs: null })
  })

  it('lets the newest state overtake what was not sent yet, and says which became stale', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf({ id: 'first' }))
    expect(queue.add(2, alertOf({ id: 'worse' }))).toEqual([1])
    expect(drained(queue)).toEqual(['worse'])
  })

  it('does not let another subject or another incident overtake', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf({ id: 'a' }))
    expect(queue.add(2, alertOf({ id: 'b', subject: 'node' }))).toEqual([])
    expect(queue.add(3, alertOf({ id: 'c', incident: 'incident-2' }))).toEqual([])
    expect(drained(queue)).toEqual(['a', 'b', 'c'])
  })

  it('sends a firing alert that is over already as late, but not when it was sent before', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf({ id: 'a' }))
    queue.add(2, alertOf({ id: 'a-over', status: 'resolved' }))
    const first = due(queue, 0)
    expect(first.alert).toMatchObject({ id: 'a', notes: ['late'] })
    queue.settle(first.entry, delivered, 0, 0)
    expect(drained(queue)).toEqual(['a-over'])

    const told = createWebhookQueue()
    told.add(1, alertOf({ id: 'b' }))
    expect(drained(told)).toEqual(['b'])
    told.add(2, alertOf({ id: 'b-worse' }))
    expect(told.add(3, alertOf({ id: 'b-over', status: 'resolved' }))).toEqual([2])
    expect(drained(told)).toEqual(['b-over'])
  })

  it('waits longer after each failure, and no longer once something was taken', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf())
    const waits = [0, 1, 2, 3, 4].map(() => {
      const { entry } = due(queue, 1e9)
      queue.settle(entry, refused, 0, 0.999)
      return (queue.next(0) as { waitMs: number }).waitMs
    })
    expect(waits).toEqual([999, 1998, 3996, 7993, 15986])
  })

  it('waits as long as the receiver asks, and a little more', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf())
    queue.settle(due(queue, 0).entry, { kind: 'retry', why: '429', afterMs: 30_000 }, 0, 0)
    expect(queue.next(0)).toEqual({ waitMs: 30_100 })
  })

  it('an alert that its receiver does not accept does not delay other incidents', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf({ id: 'poison' }))
    queue.add(2, alertOf({ id: 'fine', incident: 'incident-2' }))
    queue.settle(due(queue, 0).entry, refused, 0, 0)
    const next = due(queue, 10_000)
    expect(next.alert.id).toBe('fine')
    queue.settle(next.entry, delivered, 10_000, 0)
    expect(due(queue, 10_000).alert.id).toBe('poison')
  })

  it('an alert that is refused for good is dropped, and the next one is sent', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf({ id: 'a' }))
    queue.add(2, alertOf({ id: 'b', subject: 'node' }))
    expect(queue.settle(due(queue, 0).entry, { kind: 'give-up', why: '400' }, 0, 0)).toEqual([1])
    expect(drained(queue)).toEqual(['b'])
  })

  it('sends nothing more once its webhook is gone, and keeps what is pending', () => {
    const queue = createWebhookQueue()
    queue.add(1, alertOf())
    expect(queue.settle(due(queue, 0).entry, { kind: 'disable', why: '410' }, 0, 0)).toEqual([])
    expect(queue.next(1e12)).toEqual({ waitMs: null })
    expect(queue.pending()).toHaveLength(1)
  })

  it('keeps the rate that its target takes', () => {
    const queue = createWebhookQueue({ limit: { requests: 2, perMs: 60_000 } })
    for (const subject of ['a', 'b', 'c']) queue.add(1, alertOf({ subject }))
    for (const now of [0, 10]) queue.settle(due(queue, now).entry, delivered, now, 0)
    expect(queue.next(20)).toEqual({ waitMs: 59_980 })
    expect(due(queue, 60_000)).toBeDefined()
  })

  it('sends an alert again while it fires where the target forgets, until it is over', () => {
    const queue = createWebhookQueue({ resendMs: 60_000 })
    queue.add(1, alertOf({ id: 'a' }))
    expect(queue.settle(due(queue, 0).entry, delivered, 0, 0)).toEqual([]) // still in the outbox
    expect(queue.next(0)).toEqual({ waitMs: 60_000 })
    queue.settle(due(queue, 60_000).entry, delivered, 60_000, 0)
    expect(queue.add(2, alertOf({ id: 'a-over', status: 'resolved' }))).toEqual([1])
    expect(drained(queue, 60_000)).toEqual(['a-over'])
    expect(queue.next(1e9)).toEqual({ waitMs: null })
  })

  it.each<[string, Outcome]>([
    ['fails', refused],
    ['is taken', delivered],
  ])('does not send an alert again once its end came during a resend, whether that %s', (_, outcome) => {
    const queue = createWebhookQueue({ resendMs: 60_000 })
    queue.add(1, alertOf({ id: 'a' }))
    expect(drained(queue)).toEqual(['a'])
    const again = due(queue, 60_000)
    queue.add(2, alertOf({ id: 'a-over', status: 'resolved' }))
    expect(queue.settle(again.entry, outcome, 70_000, 0)).toEqual([1])
    expect(drained(queue, 80_000)).toEqual(['a-over'])
    expect(queue.next(1e9)).toEqual({ waitMs: null })
  })

  it('forgets after a quarter of an hour what an earlier life left, unless this life confirms it', () => {
    const queue = createWebhookQueue({ resendMs: 60_000, leftBelow: 10, heldUntil: 900_000 })
    queue.add(1, alertOf())
    queue.settle(due(queue, 0).entry, delivered, 0, 0)
    expect(queue.settle(due(queue, 900_001).entry, delivered, 900_001, 0)).toEqual([1])
    queue.add(10, alertOf())
    queue.settle(due(queue, 900_002).entry, delivered, 900_002, 0)
    expect(queue.next(900_002)).toEqual({ waitMs: 60_000 })
  })

  it('keeps sending what an earlier run left while this run reports the same', () => {
    const queue = createWebhookQueue({
      resendMs: 60_000,
      leftBelow: 10,
      heldUntil: 0,
      isConfirmed: ({ id }) => id === 'same',
    })
    queue.add(1, alertOf({ id: 'same' }))
    queue.settle(due(queue, 1).entry, delivered, 1, 0)
    expect(queue.next(1)).toEqual({ waitMs: 60_000 })
  })

  it('an alert that was accepted once is never dropped', () => {
    const queue = createWebhookQueue({ resendMs: 60_000 })
    const days = 24 * 3600_000
    queue.add(1, alertOf({ at: new Date(0).toISOString() }))
    queue.settle(due(queue, 0).entry, delivered, 0, 0)
    for (let failures = 0; failures < 6; failures++) {
      const { entry } = due(queue, 4 * days + failures * 120_000)
      expect(withPatience(refused, entry, 4 * days)).toBe(refused)
      queue.settle(entry, refused, 4 * days + failures * 120_000, 0)
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
        const queue = createWebhookQueue()
        const told: { n: number; thread: string; incident: string; status: string }[] = []
        let now = 0
        const attempt = (ok: boolean): void => {
          now += 1e6
          const next = queue.next(now)
          if (!('entry' in next)) return
          const { incident, subject, status } = next.alert
          if (ok) told.push({ n: next.entry.n, thread: incident + subject, incident, status })
          queue.settle(next.entry, ok ? delivered : refused, now, 0)
        }
        for (const [n, { subject, incident, over, outcomes }] of steps.entries()) {
          queue.add(n, alertOf({ subject, incident, status: over ? 'resolved' : 'firing' }))
          for (const ok of outcomes) attempt(ok)
        }
        while (queue.pending().length > 0) attempt(true)
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
