/** What one consumer of memory used at a moment. */
export interface Reading {
  readonly key: string
  readonly KiB: number
  /** How it was measured: figures of two kinds are not compared. */
  readonly from: string
  /** When its oldest process started, where that is known. */
  readonly bornAt?: number
}

/** How the consumers of memory have changed over ten minutes. */
export interface UsageHistory {
  /** Whether the next reading is due: one every ten seconds. */
  readonly isDue: (at: number) => boolean
  readonly observe: (at: number, readings: readonly Reading[]) => void
  /**
   * Against ten minutes ago, or as long as it is watched; null where nothing is watched for a minute, unless it started
   * within that minute.
   */
  readonly change: (reading: Reading, at: number) => number | null
  /** Growth in which the latest minute counts most: what grows now comes before what has grown. */
  readonly recentGrowth: (reading: Reading, at: number) => number
  /** When its growth of the last ten minutes began; null where it does not grow. */
  readonly growingSince: (reading: Reading, at: number) => number | null
  /** What it had last, also where it is gone by now. */
  readonly last: (key: string) => Reading | undefined
}

interface Track {
  from: string
  /** It started while others were watched already: it began at nothing. */
  readonly isWhole: boolean
  readonly points: { at: number; KiB: number }[]
  recentGrowth: number
  recentGrowthAt: number
}

/** Bounded: sixty-odd readings of 256 consumers at most, some 200 KiB. */
export function createUsageHistory(): UsageHistory {
  const tracks = new Map<string, Track>()
  let startedAt: number | null = null
  let observedAt = -Infinity

  const observe = (at: number, readings: readonly Reading[]): void => {
    if (at < observedAt) tracks.clear() // the clock was set back
    startedAt = startedAt === null || at < observedAt ? at : startedAt
    observedAt = at
    // A node's processes are read in turns, and it takes a minute until all have been: till then nothing has grown.
    const isWarm = at - startedAt >= warmUpMs
    const seen = new Set<string>()
    for (const reading of readings.slice(0, keptHolders)) {
      seen.add(reading.key)
      add(reading, at, isWarm)
    }
    for (const [key, track] of tracks) {
      if (seen.has(key)) continue
      if (track.points.at(-1)!.KiB > 0) add({ key, KiB: 0, from: track.from }, at, isWarm)
      else if (track.points.at(-1)!.at < at - windowMs) tracks.delete(key)
    }
  }

  const add = (reading: Reading, at: number, isWarm: boolean): void => {
    const { key, KiB, from } = reading
    let track = tracks.get(key)
    if (!track || track.from !== from) {
      if (!track && tracks.size >= keptHolders) return
      const isBorn = !track && isBornSince(reading)
      // What appears once all are known began at nothing; what is measured otherwise from now on began where it is.
      const began = isBorn ? reading.bornAt! : !track && isWarm ? at - everyMs : null
      const points = began === null ? [] : [{ at: Math.min(began, at), KiB: 0 }]
      track = { from, isWhole: isBorn, points, recentGrowth: 0, recentGrowthAt: at }
      tracks.set(key, track)
    }
    if (!isWarm && !track.isWhole) track.points.length = 0
    const last = track.points.at(-1)
    track.recentGrowth = faded(track, at) + (last ? KiB - last.KiB : 0)
    track.recentGrowthAt = at
    track.points.push({ at, KiB })
    while (track.points[0]!.at < at - windowMs) track.points.shift()
  }

  /** Its readings, where there are any of the same kind. */
  const trackOf = ({ key, from }: Reading): Track | undefined => {
    const track = tracks.get(key)
    return track?.from === from ? track : undefined
  }

  const isBornSince = ({ bornAt }: Reading): boolean =>
    startedAt !== null && bornAt !== undefined && bornAt > startedAt + bootDoubtMs

  const isWatched = (reading: Reading, at: number): boolean =>
    startedAt !== null && (at - startedAt >= leastMs || (tracks.get(reading.key)?.isWhole ?? isBornSince(reading)))

  return {
    isDue: at => at - observedAt >= everyMs || at < observedAt,
    observe,
    change: (reading, at) => {
      if (!isWatched(reading, at)) return null
      const track = trackOf(reading)
      // New since the last reading: all of it is growth.
      if (!track) return tracks.has(reading.key) ? null : reading.KiB
      return Math.round(reading.KiB - track.points[0]!.KiB)
    },
    recentGrowth: (reading, at) => {
      if (!isWatched(reading, at)) return 0
      const track = trackOf(reading)
      if (!track) return tracks.has(reading.key) ? 0 : reading.KiB
      return faded(track, at) + reading.KiB - track.points.at(-1)!.KiB
    },
    growingSince: (reading, at) => {
      const track = isWatched(reading, at) ? trackOf(reading) : undefined
      if (!track) return null
      const grown = reading.KiB - track.points[0]!.KiB
      if (grown <= 0) return null
      // From the last moment at which it stood within a tenth of where it began.
      const floor = track.points[0]!.KiB + grown / 10
      return (track.points.findLast(({ KiB }) => KiB <= floor) ?? track.points[0]!).at
    },
    last: key => {
      const track = tracks.get(key)
      return track && { key, KiB: track.points.at(-1)!.KiB, from: track.from }
    },
  }
}

const everyMs = 10_000
const windowMs = 10 * 60_000
const warmUpMs = 30_000
const leastMs = 60_000
const keptHolders = 256
/** When the node was booted, and so when a process started, is known to the second in places. */
const bootDoubtMs = 1_000
/** After this long half of a growth is forgotten. */
const halfLifeMs = 30_000

function faded({ recentGrowth, recentGrowthAt }: Track, at: number): number {
  return recentGrowth * 2 ** (-(at - recentGrowthAt) / halfLifeMs)
}
