import type { Clock } from '../input/live/clock.ts'
import { pausedMs } from '../input/live/responsiveness.ts'
import type { Observation } from '../types.ts'

/**
 * Passes every observation of the live host to the core. Where the clock was set, the core learns of it before it sees
 * a time of the new clock; where the agent did not run for a while, kernel records of that while come first.
 */
export function createEmit(options: {
  readonly clock: Pick<Clock, 'check' | 'unconfirmedMs'>
  readonly emit: (observation: Observation) => void
  readonly catchUp: () => void
  readonly monotonicMs?: () => number
}): (observation: Observation) => void {
  const { clock, emit, catchUp, monotonicMs = () => performance.now() } = options
  let lastAt = monotonicMs()
  let step = { movedMs: 0, at: Number.NEGATIVE_INFINITY }
  return observation => {
    // It says that the clock was set, at a time of the new clock: the one that is confirmed by it.
    if (observation.kind === 'host') return emit(observation)
    const at = monotonicMs()
    const wasPaused = at - lastAt > pausedMs
    lastAt = at
    if (wasPaused && observation.kind !== 'kernel') catchUp()
    const movedMs = clock.check()
    if (movedMs !== 0) step = { movedMs, at }
    // Until the core knows about the clock change, a time of the new clock would resolve all open alerts.
    const unconfirmedMs = clock.unconfirmedMs()
    if (unconfirmedMs !== 0) return emit(redated(observation, -unconfirmedMs, Date.now() - unconfirmedMs))
    // One reading is several observations, and the first of them finds out.
    emit(at - step.at < readingMs ? redated(observation, step.movedMs) : observation)
  }
}

const readingMs = 2000

/** It was read a moment ago with the old clock or already with the new one; the current time is used. */
function redated(observation: Observation, movedMs: number, now = Date.now()): Observation {
  if (observation.at === null) return observation
  const isOfBefore = Math.abs(observation.at + movedMs - now) < Math.abs(observation.at - now)
  return isOfBefore ? { ...observation, at: Math.round(observation.at + movedMs) } : observation
}
