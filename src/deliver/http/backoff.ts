/** The first wait is up to 1 s, each further one up to twice as long, never more than a minute (Retry-After may ask for more). */
const firstWaitMs = 1_000
export const longestWaitMs = 60_000
/** A receiver that asks for more than this is asked again anyway: an alert of yesterday is no warning. */
const longestRetryAfterMs = 15 * 60_000

interface Failure {
  /** Failures in a row, this one included; 1 or more. */
  readonly failures: number
  /** What the receiver asked for, milliseconds from now. */
  readonly retryAfterMs?: number
  /** From 0 up to 1. */
  readonly random: number
}

/**
 * Returns the milliseconds to wait before the next attempt: exponential with full jitter, so that a fleet of agents
 * that fail in the same second does not retry in the same second. `Retry-After` is a floor, the jitter lies above
 * it: a receiver sends the same figure to everybody.
 */
export function retryDelayMs({ failures, retryAfterMs = 0, random }: Failure): number {
  const ceilingMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - 1, 20))
  const floorMs = Math.min(Math.max(retryAfterMs, 0), longestRetryAfterMs)
  const leastMs = ceilingMs / 10
  return Math.round(floorMs + leastMs + random * (ceilingMs - leastMs))
}
