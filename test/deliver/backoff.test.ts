import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longestWaitMs, retryDelayMs } from '../../src/deliver/http/backoff.ts'
import { deliveryLogMessages as t } from '../../src/deliver/http/delivery-error.ts'
import { delivered, excerpt, outcomeOfStatus, parseRetryAfter } from '../../src/deliver/http/outcome.ts'

describe('the wait before the next attempt', () => {
  it('doubles its ceiling with each failure, up to a minute', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 100, 1e9].map(failures => retryDelayMs({ failures, random: 1 }))
    expect(ceilings).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
  })

  it('is spread over almost the whole range, so that a fleet does not retry at the same moment', () => {
    expect(retryDelayMs({ failures: 5, random: 0 })).toBe(1600)
    expect(retryDelayMs({ failures: 5, random: 0.5 })).toBe(8800)
  })

  it('is never shorter than what the receiver asks for, and spread above it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 900_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, retryAfterMs, random) => {
          const wait = retryDelayMs({ failures, retryAfterMs, random })
          expect(wait).toBeGreaterThan(retryAfterMs)
          expect(wait).toBeLessThanOrEqual(retryAfterMs + longestWaitMs)
        },
      ),
    )
    expect(retryDelayMs({ failures: 1, retryAfterMs: 30_000, random: 0 })).not.toBe(
      retryDelayMs({ failures: 1, retryAfterMs: 30_000, random: 0.9 }),
    )
  })

  it('does not follow a receiver that asks for more than a quarter of an hour', () => {
    expect(retryDelayMs({ failures: 1, retryAfterMs: 86_400_000, random: 0 })).toBe(15 * 60_000 + 100)
  })
})

describe('an answer is judged by its status:', () => {
  const answer = (status: number, headers: Record<string, string> = {}) => ({ status, headers, body: '' })

  it.each([200, 201, 202, 204])('%i is delivered', status => {
    expect(outcomeOfStatus(answer(status), { now: 0, t })).toBe(delivered)
  })

  it.each<[number, string]>([
    [301, 'retry'],
    [400, 'give-up'],
    [404, 'give-up'],
    [408, 'retry'],
    [410, 'disable'],
    [422, 'give-up'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'retry'],
    [503, 'retry'],
    [504, 'retry'],
  ])('%i is %s', (status, kind) => {
    expect(outcomeOfStatus(answer(status), { now: 0, t }).kind).toBe(kind)
  })

  it('Retry-After is read as seconds and as a date, and ignored where it is neither', () => {
    const now = Date.parse('2026-11-23T20:00:00Z')
    expect(parseRetryAfter('120', now)).toBe(120_000)
    expect(parseRetryAfter('0.65', now)).toBe(650)
    expect(parseRetryAfter('Mon, 23 Nov 2026 20:01:30 GMT', now)).toBe(90_000)
    expect(parseRetryAfter('Mon, 23 Nov 2026 19:00:00 GMT', now)).toBe(0)
    for (const text of [undefined, '', 'soon', '-5', '1e9', '99999999999'])
      expect(parseRetryAfter(text, now)).toBeUndefined()
    expect(outcomeOfStatus(answer(429, { 'retry-after': '7' }), { now, t })).toMatchObject({ afterMs: 7000 })
  })

  it('what the receiver says reaches the log on one line and bounded', () => {
    expect(excerpt(`a\n\u001b[31mb\u202e${'x'.repeat(1000)}`)).toMatch(/^a \[31mb x{1,200}$/)
  })
})
