import type { Source } from '../types.ts'

export interface Clock extends Source {
  /** Longest time since start in which the event loop did not come round, beyond the tick itself, ms. */
  readonly longestGapMs: () => number
}

/** Tells the core the time once a second, and measures how late it could: an agent that does not get to run is a sign. */
export function createClock(tickMs = 1000): Clock {
  let timer: NodeJS.Timeout | undefined
  let longestGapMs = 0
  let lastAt = performance.now()
  return {
    name: 'clock',
    start: emit => {
      timer = setInterval(() => {
        const at = performance.now()
        longestGapMs = Math.max(longestGapMs, at - lastAt - tickMs)
        lastAt = at
        emit({ kind: 'tick', at: Date.now() })
      }, tickMs)
    },
    stop: () => clearInterval(timer),
    longestGapMs: () => longestGapMs,
  }
}
