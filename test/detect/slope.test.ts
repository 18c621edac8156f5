import { describe, expect, it } from 'vitest'
import { type Point, slopeKiBPerSecond } from '../../src/detect/memory/slope.ts'

function series(seconds: number, headroomKiB: (second: number) => number, everyMs = 1000): Point[] {
  const count = Math.floor((seconds * 1000) / everyMs)
  return Array.from({ length: count + 1 }, (_, index) => ({
    at: index * everyMs,
    headroomKiB: headroomKiB((index * everyMs) / 1000),
  }))
}

describe('slope', () => {
  it('is what a steady growth takes each second, whatever the interval of sampling', () => {
    for (const everyMs of [250, 1000, 3000]) {
      expect(
        slopeKiBPerSecond(
          series(60, second => 100_000 - 300 * second, everyMs),
          45_000,
        ),
      ).toBeCloseTo(-300)
    }
  })

  it('is unknown before the window is covered', () => {
    expect(
      slopeKiBPerSecond(
        series(30, second => second),
        45_000,
      ),
    ).toBe(null)
    expect(slopeKiBPerSecond([], 45_000)).toBe(null)
  })

  it('is not moved by a short burst that recovers', () => {
    expect(
      slopeKiBPerSecond(
        series(60, second => (second > 30 && second < 37 ? 20_000 : 100_000)),
        45_000,
      ),
    ).toBe(0)
  })

  it('is not moved by one odd value', () => {
    expect(
      slopeKiBPerSecond(
        series(60, second => (second === 60 ? 0 : 100_000)),
        45_000,
      ),
    ).toBe(0)
  })

  it('says over a short window that a step is over, when a long one still sees it', () => {
    const step = series(60, second => (second < 35 ? 100_000 : 20_000))
    expect(slopeKiBPerSecond(step, 45_000)).toBeLessThan(-1000)
    expect(slopeKiBPerSecond(step, 15_000)).toBe(0)
  })

  it('is known where some samples are missing, and not over a gap that is half the window', () => {
    const sparse = series(60, second => 100_000 - 300 * second).filter((_, index) => index % 7 !== 1 && index % 5 !== 2)
    expect(Math.abs(slopeKiBPerSecond(sparse, 15_000)! + 300)).toBeLessThan(30)
    const broken = series(60, second => 100_000 - 300 * second).filter(({ at }) => at <= 30_000 || at >= 58_000)
    expect(slopeKiBPerSecond(broken, 15_000)).toBe(null)
  })
})
