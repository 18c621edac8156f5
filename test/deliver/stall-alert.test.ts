import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createStallAlert } from '../../src/deliver/stall-alert.ts'
import type { Alert } from '../../src/types.ts'
import { startReceiver } from './receiver.ts'
import { alertOf, startDelivery, webhookOf } from './samples.ts'

const aboutNode = { type: 'memory-exhaustion', subject: 'node', workload: null, loop: null } as const

it('the stall alert leaves on the kept connection when the agent barely runs during a critical alert', async () => {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const { delivery } = await startDelivery([webhookOf(receiver.url)])
  delivery.accept(alertOf({ id: 'a', ...aboutNode }))
  await delivery.drain(1000)
  // This process does not run, as on a thrashing node: no timer fires meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  await receiver.until(2)
  const sent = receiver.bodies() as unknown as Alert[]
  expect(sent.map(({ id }) => id)).toEqual(['a', 'a-last-words'])
  expect(sent[1]).toMatchObject({ status: 'firing', notes: ['last-words'], subject: 'node' })
  expect(receiver.connections()).toBe(1)
})

describe('the stall alert', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  let isShort = true

  /** What is sent when the clock shows that a timer fired so much too late. */
  function sentAfter(stalledMs: number, ...alerts: readonly Alert[]): string[] {
    const sent: string[] = []
    let extraMs = 0
    const stallAlert = createStallAlert({
      send: ({ id }) => sent.push(id),
      isShortOfMemory: () => isShort,
      monotonicMs: () => Date.now() + extraMs,
    })
    for (const alert of alerts) {
      stallAlert.take(alert)
      vi.advanceTimersByTime(3000)
      extraMs += stalledMs
      vi.advanceTimersByTime(3000)
    }
    stallAlert.stop()
    return sent
  }

  it('is sent after a stall, once an incident', () => {
    expect(sentAfter(2000, alertOf({ id: 'a', ...aboutNode }))).toEqual(['a-last-words'])
    expect(sentAfter(2000, alertOf({ id: 'a', ...aboutNode }), alertOf({ id: 'b', ...aboutNode }))).toEqual([
      'a-last-words',
    ])
    const other = alertOf({ id: 'b', incident: 'other', nodeIncident: 'other', ...aboutNode })
    expect(sentAfter(2000, alertOf({ id: 'a', ...aboutNode }), other)).toEqual(['a-last-words', 'b-last-words'])
  })

  it('is not sent in a milder stall, below critical, at an own limit, or after the end', () => {
    expect(sentAfter(1000, alertOf(aboutNode))).toEqual([])
    expect(sentAfter(9000, alertOf({ ...aboutNode, severity: 'warning' }))).toEqual([])
    expect(sentAfter(9000, alertOf({ nodeIncident: null }))).toEqual([])
    const sent: Alert[] = []
    const stallAlert = createStallAlert({
      send: alert => sent.push(alert),
      isShortOfMemory: () => true,
      monotonicMs: () => Date.now() * 100,
    })
    stallAlert.take(alertOf(aboutNode))
    stallAlert.take(alertOf({ ...aboutNode, status: 'resolved' }))
    vi.advanceTimersByTime(60_000)
    expect(sent).toEqual([])
  })

  it('is not sent for a timer that is late while memory is not short', () => {
    isShort = false
    expect(sentAfter(9000, alertOf(aboutNode))).toEqual([])
    isShort = true
  })
})
