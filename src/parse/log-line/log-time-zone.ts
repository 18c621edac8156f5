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
  /** The zone's abbreviation, where the log writes one. */
  readonly zoneName?: string
}

/** A wall clock: date and time without an instant. */
interface LocalClock {
  readonly name: string
  /** Milliseconds since the epoch of a wall time with a year. */
  readonly epoch: (time: WallTime) => number
  readonly wall: (at: number) => WallTime
}

/** Whether a name can be given as a time zone: IANA (`Europe/Berlin`), `UTC`, or an offset (`+02:00`). */
export function isTimeZone(name: string): boolean {
  if (fixedOffset(name) !== undefined) return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // it says so by throwing
  }
}

/** The clock of a zone, or of this host; a name that is none counts as UTC (settings refuse it before). */
export function createLocalClock(timeZone?: string): LocalClock {
  const asked = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const name = isTimeZone(asked) ? asked : 'UTC'
  const fixed = fixedOffset(name)
  const offsetAt = fixed === undefined ? createOffsets(name) : () => fixed

  const epoch = (time: WallTime): number => {
    const { year, month, day, hour, minute, second, millisecond } = time
    const asUtc = Date.UTC(year!, month, day, hour, minute, second, millisecond)
    // The offset is that of the moment itself, which is not known yet: two steps settle it. Of the hour that comes twice
    // in autumn, one is taken; of the hour that spring leaves out, the one after it.
    const guess = asUtc - offsetAt(asUtc) * 60_000
    return asUtc - offsetAt(guess) * 60_000
  }

  const wall = (at: number): WallTime => {
    const date = new Date(at + offsetAt(at) * 60_000)
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth(),
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      millisecond: date.getUTCMilliseconds(),
    }
  }

  return { name, epoch, wall }
}

/** `+02:00`, `-0530`, `Z`, `UTC`, in minutes; undefined for anything else. */
export function fixedOffset(name: string): number | undefined {
  if (name === 'Z' || name === 'UTC' || name === 'GMT') return 0
  const match = /^([+-])(\d\d):?(\d\d)$/.exec(name)
  if (!match) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3])
  // No place on earth is farther off than that.
  if (minutes > 14 * 60 || Number(match[3]) > 59) return undefined
  return match[1] === '-' ? -minutes : minutes
}

/** Minutes east of UTC, asked of Intl once a quarter of an hour of log time (it takes 5 µs, and zones change then). */
function createOffsets(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const known = new Map<number, number>()
  return at => {
    const quarter = Math.floor(at / 900_000)
    const hit = known.get(quarter)
    if (hit !== undefined) return hit
    if (known.size > 4096) known.clear()
    const part = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    const offset = fixedOffset(part.slice('GMT'.length)) ?? 0
    known.set(quarter, offset)
    return offset
  }
}
