import { afterEach, expect, it, vi } from 'vitest'
import { createClock } from '../../src/input/live/clock.ts'
import type { Observation } from '../../src/types.ts'

afterEach(() => void vi.useRealTimers())

it('reports that the clock was set until the host facts are dated again, and does not report that time goes by', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date', 'performance'], now: 1_000_000 })
  const steps: number[] = []
  let isNoted = false
  const seen: Observation[] = []
  const clock = createClock({
    onStep: at => {
      steps.push(at)
      return isNoted
    },
  })
  clock.start(observation => void seen.push(observation))
  vi.advanceTimersByTime(3_000)
  expect(seen).toHaveLength(3)
  expect(steps).toEqual([])

  vi.setSystemTime(Date.now() + 3_600_000)
  vi.advanceTimersByTime(2_000)
  expect(steps).toHaveLength(2)
  isNoted = true
  vi.advanceTimersByTime(3_000)
  expect(steps).toHaveLength(3)

  vi.setSystemTime(Date.now() - 60_000)
  vi.advanceTimersByTime(1_000)
  expect(steps).toHaveLength(4)
  expect(clock.longestGapMs()).toBe(0)
  clock.stop()
})
