/**
 * Knows since when the event loop may not have run: after a SIGSTOP, a frozen cgroup or a paused machine everything that
 * happened meanwhile is read in one moment, and has to be dated by something other than that moment.
 */
export interface Responsiveness {
  /** How long ago the loop was last known to run with nothing left to read, ms of the monotonic clock. */
  readonly sinceMs: () => number
  /** Everything that there was has been read just now. */
  readonly caughtUp: () => void
  readonly stop: () => void
}

/** Less is the usual: what is read then has just happened. */
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
