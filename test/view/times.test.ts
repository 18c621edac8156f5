import { describe, expect, it } from 'vitest'
import { clockSpanText, clockText, dateText, spanText, timeText } from '../../src/view/incident/times.ts'

const at = Date.UTC(2026, 3, 16, 21, 8, 50)

describe('times of a story and a page', () => {
  it('are those on the clocks of the zone, with its offset', () => {
    expect(timeText(at, 'Asia/Shanghai')).toBe('2026-04-17 05:08:50 +08:00')
    expect(timeText(at, 'UTC')).toBe('2026-04-16 21:08:50 UTC')
    expect(timeText(at, '-03:30')).toBe('2026-04-16 17:38:50 -03:30')
    expect(dateText(at, 'en-GB', 'Asia/Shanghai')).toBe('17 April 2026')
  })

  it('name the day of an end that is another day in that zone', () => {
    expect(clockSpanText(at, at + 3_600_000 * 3, 'UTC')).toBe('21:08:50 – 2026-04-17 00:08:50 UTC')
    expect(spanText(at, at + 3_600_000 * 3, 'Asia/Shanghai')).toBe('2026-04-17 05:08:50 – 08:08:50 +08:00')
  })

  it('count from the start of the node where a log has no dates, in any zone', () => {
    expect(clockText(123_456, 'Asia/Shanghai')).toBe('+123.5s')
    expect(clockText(0, 'Asia/Shanghai')).toBe('--')
  })

  it('survive times that no clock shows', () => {
    expect(timeText(Number.POSITIVE_INFINITY, 'Asia/Shanghai')).toMatch(/\d|--/)
    expect(timeText(8e18, 'Asia/Shanghai')).toMatch(/^9999-/)
  })
})
