import type { Source } from '../../types.ts'

export interface Clock extends Source {
  /** Longest time since start in which the event loop did not run, beyond the tick itself, ms. */
  readonly longestGapMs: () => number
  /** Finds out whether the clock was set since the last look, before anything is dated by it; by how much, ms. */
  readonly check: () => number
  /** By how much the clock seems to have been set while `onStep` cannot confirm it yet, ms; 0 after five seconds. */
  readonly unconfirmedMs: () => number
}

interface ClockOptions {
  readonly tickMs?: number
  /** The host's clock seems to have been set, or the host slept. Asked for at each tick until it returns true. */
  readonly onStep?: (at: number) => boolean
}

/**
 * Passes the time to the core once a second, and measures how late it is: an agent that is starved of CPU is a sign.
 * Start times in /proc count from boot: when the clock is set they are another time of day, and the core has to be informed.
 */
export function createClock({ tickMs = 1000, onStep }: ClockOptions = {}): Clock {
  let timer: NodeJS.Timeout | undefined
  let longestGapMs = 0
  let lastAt = performance.now()
  let offsetMs = Date.now() - lastAt
  let triedAt = Number.NEGATIVE_INFINITY
  let noticedAt: number | null = null

  const check = (): number => {
    const at = performance.now()
    const movedMs = Date.now() - at - offsetMs
    if (!onStep || Math.abs(movedMs) <= stepMs) {
      noticedAt = null
      return 0
    }
    noticedAt ??= at
    if (at - triedAt < retryMs) return 0
    triedAt = at
    if (!onStep(Date.now())) return 0
    triedAt = Number.NEGATIVE_INFINITY
    noticedAt = null
    offsetMs += movedMs
    return movedMs
  }

  return {
    name: 'clock',
    start: emit => {
      timer = setInterval(() => {
        const at = performance.now()
        longestGapMs = Math.max(longestGapMs, at - lastAt - tickMs)
        lastAt = at
        check()
        emit({ kind: 'tick', at: Date.now() })
      }, tickMs)
    },
    stop: () => clearInterval(timer),
    longestGapMs: () => longestGapMs,
    check,
    unconfirmedMs: () => {
      const at = performance.now()
      return noticedAt === null || at - noticedAt > longestUnconfirmedMs ? 0 : Date.now() - at - offsetMs
    },
  }
}

/** Then the new time counts, confirmed or not. */
const longestUnconfirmedMs = 5000

/** On a node that thrashes the answer may take too long to be of use: it is asked for again, but not at every turn. */
const retryMs = 100

/** Less is no step: births are compared with deaths within a tenth of a second. */
export const stepMs = 50
