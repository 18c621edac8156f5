/**
 * Tracks pauses of the event loop. After a SIGSTOP, a frozen cgroup or a paused machine, everything that happened
 * during the pause is read at one moment and must be dated in another way.
 */
export interface Responsiveness {
  /** How long ago the loop was last known to run with nothing left to read, ms of the monotonic clock. */
  readonly sinceMs: () => number
  /** Everything available has just been read. */
  readonly caughtUp: () => void
  readonly stop: () => void
}

/** Shorter pauses are normal: data that is read then has just been written. */
export const pausedMs = 1500
const everyMs = 500

/** `catchUp` reads what there is before the timer calls the loop responsive again. */
export function createResponsiveness(
  catchUp: () => void,
  monotonicMs: () => number = () => performance.now(),
): Responsiveness {
  let aliveAt = monotonicMs()
  const caughtUp = (): void => {
    aliveAt = monotonicMs()
  }
  let isOverdue = false
  const timer = setInterval(() => {
    catchUp()
    // After a pause this timer may come before what piled up has been read: the next one is the first to trust.
    isOverdue = !isOverdue && monotonicMs() - aliveAt >= pausedMs
    if (!isOverdue) caughtUp()
  }, everyMs)
  timer.unref()
  return { sinceMs: () => monotonicMs() - aliveAt, caughtUp, stop: () => clearInterval(timer) }
}
