import { createLocalClock } from './log-time-zone.ts'

/** A wall time as a log writes it. */
export interface WallTime {
  /** Absent in classic syslog. */
  readonly year?: number
  /** 0 to 11. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** Minutes east of UTC, where the log says so; absent = local to the host that wrote it. */
  readonly offsetMinutes?: number
}

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
  /** What was assumed, in words. */
  readonly notes: () => readonly string[]
}

/**
 * Turns a log's wall times into milliseconds. A year that is missing is the given one, counted up where the log passes
 * New Year; else it is the one that puts the line before the file's own time.
 */
export function createLogTime(options: LogTimeOptions): LogTime {
  const clock = createLocalClock(options.timeZone)
  const notes = new Set<string>()
  const newest = options.modifiedAt === undefined ? undefined : clock.wall(options.modifiedAt + dayMs)
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
      notes.add(`no year in the log: taken as ${options.year} at its first line, as told`)
      return isBeforeNewYear ? year! - 1 : year
    }
    if (!newest) return undefined
    notes.add(`no year in the log: taken as ${newest.year} or the year before, from the file's own time`)
    const isAfter = time.month > newest.month || (time.month === newest.month && time.day > newest.day)
    return isAfter ? newest.year! - 1 : newest.year
  }

  const epoch = (time: WallTime): number | null => {
    const said = time.year ?? yearOf(time)
    if (said === undefined) {
      notes.add('no year in the log, and none is known: its times are unknown')
      return null
    }
    const whole = { ...time, year: time.year ?? leapYear(said, time) }
    if (time.offsetMinutes !== undefined) return utc(whole) - time.offsetMinutes * 60_000
    notes.add(`times without a zone are read as ${clock.name}${options.timeZone ? ', as told' : ", this host's zone"}`)
    lastAt = inOrder(clock.epoch(whole), whole)
    return lastAt
  }

  /**
   * In autumn an hour comes twice on the wall. The first time of the two is taken, until that would set the log back by
   * more than lines out of order do.
   */
  const inOrder = (at: number, time: WallTime): number => {
    const twins = [at - hourMs, at, at + hourMs].filter(each => isSame(clock.wall(each), time))
    return twins.find(each => each >= lastAt - outOfOrderMs) ?? twins.at(-1) ?? at
  }

  return { epoch, notes: () => [...notes] }
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
