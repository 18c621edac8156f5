import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createLastWords } from '../../src/deliver/last-words.ts'
import type { Alert } from '../../src/types.ts'
import { startReceiver } from './receiver.ts'
import { alertOf, startDelivery, webhookOf } from './samples.ts'

const aboutNode = { type: 'memory-exhaustion', subject: 'node', workload: null, loop: null } as const

it('last words leave on the kept connection when the agent hardly gets to run during a critical alert', async () => {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const { delivery } = await startDelivery([webhookOf(receiver.url)])
  delivery.accept(alertOf({ id: 'a', ...aboutNode }))
  await delivery.drain(1000)
  // This process does not run, as on a thrashing node: no timer fires meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500)
  await receiver.until(2)
  const told = receiver.bodies() as unknown as Alert[]
  expect(told.map(({ id }) => id)).toEqual(['a', 'a-last-words'])
  expect(told[1]).toMatchObject({ status: 'firing', notes: ['last-words'], subject: 'node' })
  expect(receiver.connections()).toBe(1)
})

describe('last words', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** What is said when the clock shows that a timer fired so much too late. */
  function said(stalledMs: number, ...alerts: readonly Alert[]): string[] {
    const spoken: string[] = []
    let extraMs = 0
    const words = createLastWords({ speak: ({ id }) => spoken.push(id), monotonicMs: () => Date.now() + extraMs })
    for (const alert of alerts) {
      words.heed(alert)
      vi.advanceTimersByTime(3000)
      extraMs += stalledMs
      vi.advanceTimersByTime(3000)
    }
    words.stop()
    return spoken
  }

  it('are said after a stall, once an incident', () => {
    expect(said(2000, alertOf({ id: 'a', ...aboutNode }))).toEqual(['a-last-words'])
    expect(said(2000, alertOf({ id: 'a', ...aboutNode }), alertOf({ id: 'b', ...aboutNode }))).toEqual(['a-last-words'])
    const other = alertOf({ id: 'b', incident: 'other', ...aboutNode })
    expect(said(2000, alertOf({ id: 'a', ...aboutNode }), other)).toEqual(['a-last-words', 'b-last-words'])
  })

  it('are not said in a milder stall, below critical, at an own limit, or after the end', () => {
    expect(said(1000, alertOf(aboutNode))).toEqual([])
    expect(said(9000, alertOf({ ...aboutNode, severity: 'warning' }))).toEqual([])
    expect(
      said(9000, alertOf({ limit: { scope: 'memcg', level: 'container', path: '/x', usageKiB: 1, limitKiB: 1 } })),
    ).toEqual([])
    const words: Alert[] = []
    const lastWords = createLastWords({ speak: alert => words.push(alert), monotonicMs: () => Date.now() * 100 })
    lastWords.heed(alertOf(aboutNode))
    lastWords.heed(alertOf({ ...aboutNode, status: 'resolved' }))
    vi.advanceTimersByTime(60_000)
    expect(words).toEqual([])
  })
})
