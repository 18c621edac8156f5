/** How far back a trend is looked for, and in which of three resolutions. */
export type WindowName = '30m' | '1h' | '2h' | '4h' | '8h' | '12h' | '24h'

interface Window {
  readonly level: 0 | 1 | 2
  readonly bins: number
  /** Over how many bins the floor is taken, where garbage collection takes longer than one of them. */
  readonly floorOf: number
}

export const windows: Readonly<Record<WindowName, Window>> = {
  '30m': { level: 0, bins: 15, floorOf: 5 },
  '1h': { level: 0, bins: 30, floorOf: 5 },
  '2h': { level: 0, bins: 55, floorOf: 5 },
  '4h': { level: 1, bins: 30, floorOf: 2 },
  '8h': { level: 2, bins: 30, floorOf: 1 },
  '12h': { level: 2, bins: 45, floorOf: 1 },
  '24h': { level: 2, bins: 89, floorOf: 1 },
}

/** Length of a bin of the day, ms. */
export const binMs = 16 * 60_000
/** Bins of 16 minutes in a day. */
export const binsOfDay = 90

interface Level {
  readonly binMs: number
  readonly bins: number
  /** Where its bins begin among those of a workload. */
  readonly offset: number
}

/** The last two hours, four hours and the last day. */
export const levels: readonly [Level, Level, Level] = [
  { binMs: 2 * 60_000, bins: 60, offset: 0 },
  { binMs: 8 * 60_000, bins: 32, offset: 60 },
  { binMs, bins: binsOfDay, offset: 92 },
]
export const dayLevel = levels[2]
/** After the levels: what was usual at each of the 90 times of the day. */
export const usualOffset = dayLevel.offset + dayLevel.bins
/** Numbers that are kept of a workload. */
export const numbersOfWorkload = usualOffset + binsOfDay

export function windowMs(window: WindowName): number {
  const { level, bins } = windows[window]
  return bins * levels[level].binMs
}
