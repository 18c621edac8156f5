import type { WallTime } from './log-time-zone.ts'
import { createLocalClock } from './log-time-zone.ts'

export interface LogTimeOptions {
  /** The year of the first line without one. */
  readonly year?: number
  /** IANA name, or an offset (`+02:00`); default: the zone of the host that reads. */
  readonly timeZone?: string
  /** When the log was last written, ms: its newest line is not later than that. */
  readonly modifiedAt?: number
}

export interface LogTime {
  /** Milliseconds since the epoch; null where it has no year and none is known. */
  readonly epoch: (time: WallTime) => number | null
  /** What was assumed of year and time zone. */
  readonly notes: () => readonly TimeNote[]
}

/** What was assumed of a log's times. */
export type TimeNote =
  | { readonly note: 'yearGiven' | 'yearAssumed'; readonly year: number }
  | { readonly note: 'noYear' }
  | { readonly note: 'zoneGiven' | 'zoneAssumed'; readonly zone: string }
  /** An abbreviation that several zones share. */
  | { readonly note: 'zoneAmbiguous'; readonly abbreviation: string; readonly zone: string }

/**
 * Turns a log's wall times into milliseconds. A year that is missing is the given one, counted up where the log passes
 * New Year; else it is the one that puts the line before the file's own time.
 */
export function createLogTime(options: LogTimeOptions): LogTime {
  // Where each line says its offset no zone is ever asked for, which takes 11 ms the first time.
  let asked: ReturnType<typeof createLocalClock> | undefined
  const clock = (): ReturnType<typeof createLocalClock> => {
    asked ??= createLocalClock(options.timeZone)
    return asked
  }
  const notes = new Map<string, TimeNote>()
  const add = (note: TimeNote): void => {
    if (notes.size < 10) notes.set(JSON.stringify(note), note)
  }
  let last: WallTime | undefined
  const newest = (): WallTime | undefined => {
    if (options.modifiedAt !== undefined) last ??= clock().wall(options.modifiedAt + dayMs)
    return last
  }
  let year = options.year
  let lastDay = -1
  let lastAt = Number.NEGATIVE_INFINITY

  const yearOf = (time: WallTime): number | undefined => {
    if (options.year !== undefined) {
      const day = time.month * 31 + time.day
      const jump = lastDay < 0 ? 0 : day - lastDay
      // Half a year back is New Year; a few days back are lines out of order.
      if (jump < -186) year = year! + 1
      const isBeforeNewYear = jump > 186
      if (!isBeforeNewYear) lastDay = day
      add({ note: 'yearGiven', year: options.year })
      return isBeforeNewYear ? year! - 1 : year
    }
    const before = newest()
    if (!before) return undefined
    add({ note: 'yearAssumed', year: before.year! })
    const isAfter = time.month > before.month || (time.month === before.month && time.day > before.day)
    return isAfter ? before.year! - 1 : before.year
  }

  const epoch = (time: WallTime): number | null => {
    const said = time.year ?? yearOf(time)
    if (said === undefined) {
      add({ note: 'noYear' })
      return null
    }
    const whole = { ...time, year: time.year ?? leapYear(said, time) }
    if (time.offsetMinutes !== undefined) return utc(whole) - time.offsetMinutes * 60_000
    if (options.timeZone) add({ note: 'zoneGiven', zone: clock().name })
    else if (time.zoneName === undefined) add({ note: 'zoneAssumed', zone: clock().name })
    else add({ note: 'zoneAmbiguous', abbreviation: time.zoneName, zone: clock().name })
    lastAt = inOrder(clock().epoch(whole), whole)
    return lastAt
  }

  /**
   * In autumn an hour comes twice on the wall. The first time of the two is taken, until that would set the log back by
   * more than lines out of order do.
   */
  const inOrder = (at: number, time: WallTime): number => {
    const twins = [at - hourMs, at, at + hourMs].filter(each => isSame(clock().wall(each), time))
    return twins.find(each => each >= lastAt - outOfOrderMs) ?? twins.at(-1) ?? at
  }

  return { epoch, notes: () => [...notes.values()] }
}

const dayMs = 86_400_000
const hourMs = 3_600_000
const outOfOrderMs = 60_000

function isSame(wall: WallTime, time: WallTime): boolean {
  return wall.minute === time.minute && wall.hour === time.hour && wall.day === time.day
}

/** 29 February names its year by itself, to within four. */
function leapYear(year: number, { month, day }: WallTime): number {
  if (month !== 1 || day !== 29) return year
  for (let candidate = year; candidate > year - 8; candidate--) {
    if (new Date(Date.UTC(candidate, 1, 29)).getUTCMonth() === 1) return candidate
  }
  return year
}

function utc(time: WallTime): number {
  return Date.UTC(time.year!, time.month, time.day, time.hour, time.minute, time.second, time.millisecond)
}
