/**
 * Turns wall times into times that never go back: a clock that was set back by more than a moment goes on from where it
 * was, so that windows and periods stay what they are. A step forward cannot be told from a quiet hour and is let pass.
 */
export function createSteadyClock(): (wallMs: number) => number {
  let last = -Infinity
  let offset = 0
  return wallMs => {
    // Carriers differ by less than this (a backlog's times are estimated): that is no step, only a stand-still.
    if (wallMs + offset < last - jitterMs) offset = last - wallMs
    last = Math.max(last, wallMs + offset)
    return last
  }
}

const jitterMs = 2_000
