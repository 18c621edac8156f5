/** Values of `memory.high` are multiples of this on every kernel: the largest page is 64 KiB. */
const unitBytes = 64 * 1024

/**
 * The values that `memory.high` takes while a container is held: a start and equal steps above it. They are fixed and on
 * disk before the first is written, so that each raise needs no disk, and every value of ours can be recognised later.
 */
export interface Levels {
  readonly startBytes: number
  readonly stepBytes: number
  readonly steps: number
}

/** How often the level may be raised. */
export const raiseEveryMs = 10_000

/** A held container may grow by this share of its rate: it is slowed down, not frozen. */
const raisedShare = 1 / 20
/** What it may still grow at full speed: two seconds of its growth, at least 1 MiB. */
const freeSeconds = 2
const leastFreeBytes = 1024 * 1024

/** From what it uses and how fast it grew, for as long as it may be held. */
export function levelsOf({
  currentBytes,
  growthKiBPerSecond,
  limitMs,
}: {
  readonly currentBytes: number
  readonly growthKiBPerSecond: number
  readonly limitMs: number
}): Levels {
  const bytesPerSecond = growthKiBPerSecond * 1024
  const freeBytes = Math.max(leastFreeBytes, bytesPerSecond * freeSeconds)
  return {
    startBytes: roundedUp(currentBytes + freeBytes),
    stepBytes: roundedUp((bytesPerSecond * raisedShare * raiseEveryMs) / 1000),
    steps: Math.ceil(limitMs / raiseEveryMs),
  }
}

export function levelAt({ startBytes, stepBytes, steps }: Levels, raises: number): number {
  return startBytes + stepBytes * Math.min(raises, steps)
}

/** It uses nearly all that the level allows. */
export function isAtLevel(levels: Levels, raises: number, currentBytes: number): boolean {
  return currentBytes >= levelAt(levels, raises) - levels.stepBytes
}

/** Whether a value of `memory.high` is one that was written here: `max` and what another program wrote are not. */
export function isOurs({ startBytes, stepBytes, steps }: Levels, text: string): boolean {
  if (!/^\d+$/.test(text)) return false
  const above = Number(text) - startBytes
  return above >= 0 && above <= stepBytes * steps && above % stepBytes === 0
}

function roundedUp(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes)) * unitBytes
}

/** By how much less a container grew than it would have at its rate, KiB. */
export function savedKiB({
  seconds,
  growthKiBPerSecond,
  grewKiB,
}: {
  readonly seconds: number
  readonly growthKiBPerSecond: number
  readonly grewKiB: number
}): number {
  return Math.max(0, Math.round(growthKiBPerSecond * seconds - Math.max(0, grewKiB)))
}
