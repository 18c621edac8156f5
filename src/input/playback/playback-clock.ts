/** The clock of a playback: recorded time passes again, at another speed. */
export interface PlaybackClock {
  /** Waits until it is this moment of the recording; returns at once where it is past, or where all is over. */
  readonly until: (at: number) => Promise<void>
  readonly toggle: () => void
  readonly faster: () => void
  readonly slower: () => void
  readonly speed: () => number
  readonly state: () => 'running' | 'paused' | 'ended'
  readonly stop: () => void
}

export function createPlaybackClock(initialSpeed: number): PlaybackClock {
  let speed = initialSpeed
  let state: ReturnType<PlaybackClock['state']> = 'running'
  /** The moment of the recording that it was at a moment of ours. */
  let anchor: { readonly recorded: number; readonly real: number } | undefined

  const nowRecorded = (): number =>
    anchor && state === 'running' ? anchor.recorded + (performance.now() - anchor.real) * speed : anchor!.recorded

  const change = (how: () => void): void => {
    if (anchor) anchor = { recorded: nowRecorded(), real: performance.now() }
    how()
    if (anchor) anchor = { recorded: anchor.recorded, real: performance.now() }
  }

  return {
    until: async at => {
      anchor ??= { recorded: at, real: performance.now() }
      // A clock that was set back, or another run: the recording's time is what it says.
      if (at < nowRecorded() - 60_000) anchor = { recorded: at, real: performance.now() }
      for (;;) {
        if (state === 'ended') return
        const waitMs = state === 'paused' ? turnMs : (at - nowRecorded()) / speed
        if (waitMs <= 0) return
        await new Promise(resolve => setTimeout(resolve, Math.min(turnMs, waitMs)))
      }
    },
    toggle: () => {
      if (state !== 'ended') change(() => (state = state === 'paused' ? 'running' : 'paused'))
    },
    faster: () => change(() => (speed = Math.min(1e6, speed * 2))),
    slower: () => change(() => (speed = Math.max(0.125, speed / 2))),
    speed: () => speed,
    state: () => state,
    stop: () => (state = 'ended'),
  }
}

/** A key is answered within this. */
const turnMs = 100
