import type { HostFacts } from './types.ts'

/** Change of the boot time, ms: the clock was set by this much. */
export function clockSetByMs(before: HostFacts, after: HostFacts): number {
  if (before.bootId !== after.bootId || before.bootedAt === null || after.bootedAt === null) return 0
  return after.bootedAt - before.bootedAt
}

/**
 * Turns wall times into times that never go back: a clock that was set back by more than a moment goes on from where it
 * was, so that windows and periods stay what they are. A step forward looks like a quiet time, so the caller subtracts
 * it. `from`: where such a clock stood at a wall time, to go on with it after a restart.
 */
export function createSteadyClock(from?: {
  readonly wallMs: number
  readonly steadyMs: number
}): (wallMs: number) => number {
  let last = from?.steadyMs ?? -Infinity
  let offset = from ? from.steadyMs - from.wallMs : 0
  return wallMs => {
    // Sources differ by less than this, because times of the backlog are estimated. Such a difference is no clock
    // change.
    if (wallMs + offset < last - jitterMs) offset = last - wallMs
    last = Math.max(last, wallMs + offset)
    return last
  }
}

const jitterMs = 2_000
