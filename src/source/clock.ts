import type { Source } from '../types.ts'

export interface Clock extends Source {
  /** Longest time since start in which the event loop did not come round, beyond the tick itself, ms. */
  readonly longestGapMs: () => number
}

export interface ClockOptions {
  readonly tickMs?: number
  /** The host's clock seems to have been set, or the host slept. Asked for at each tick until it returns true. */
  readonly onStep?: (at: number) => boolean
}

/**
 * Tells the core the time once a second, and measures how late it could: an agent that does not get to run is a sign.
 * Start times in /proc count from boot: when the clock is set they are another time of day, and somebody has to say so.
 */
export function createClock({ tickMs = 1000, onStep }: ClockOptions = {}): Clock {
  let timer: NodeJS.Timeout | undefined
  let longestGapMs = 0
  let lastAt = performance.now()
  let offsetMs = Date.now() - lastAt
  return {
    name: 'clock',
    start: emit => {
      timer = setInterval(() => {
        const at = performance.now()
        longestGapMs = Math.max(longestGapMs, at - lastAt - tickMs)
        lastAt = at
        const wall = Date.now()
        if (onStep && Math.abs(wall - at - offsetMs) > stepMs && onStep(wall)) offsetMs = wall - at
        emit({ kind: 'tick', at: wall })
      }, tickMs)
    },
    stop: () => clearInterval(timer),
    longestGapMs: () => longestGapMs,
  }
}

/** Less is no step: births are compared with deaths within a tenth of a second. */
export const stepMs = 50
