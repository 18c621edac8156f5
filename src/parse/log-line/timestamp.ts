import type { WallTime } from './log-time-zone.ts'
import { fixedOffset } from './log-time-zone.ts'
import { monthBeside, monthOf } from './month-names.ts'
import { zoneOffset } from './zone-names.ts'

/** A wall time at the start of a line, and where the rest begins. */
interface LeadingTime {
  readonly time: WallTime
  readonly end: number
  /** dmesg writes the fraction after a comma, and no host after it. */
  readonly hasComma?: boolean
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const monthNames = months.join('|')

const classic = new RegExp(
  `^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(${monthNames}) {1,2}(\\d{1,2}) (?:(\\d{4}) )?(\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,9}))?(?: (\\d{4}))?(?: |$)`,
)

/** `Jun 11 01:43:49 `, `Jul 3 16:26:47 `, with or without a year before or after the clock. */
export function classicTime(line: string): LeadingTime | undefined {
  const match = classic.exec(line)
  if (!match) return undefined
  const year = match[3] ?? match[8]
  return {
    time: {
      ...(year !== undefined && { year: Number(year) }),
      month: months.indexOf(match[1]!),
      day: Number(match[2]),
      hour: Number(match[4]),
      minute: Number(match[5]),
      second: Number(match[6]),
      millisecond: milliseconds(match[7]),
    },
    end: match[0].length,
  }
}

const iso =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:([.,])(\d{1,9}))?(?: ?(Z|[+-]\d\d:?\d\d)| ([A-Z]{3,5}))?(?= |$|\])/

/** `2026-02-08T00:40:07.136582+00:00`, `2026-09-23T10:44:45,123456+00:00`, `Wed 2026-09-23 10:44:45 UTC`. */
export function isoTime(line: string): LeadingTime | undefined {
  const match = iso.exec(line)
  if (!match) return undefined
  const [offset, zoneName] = [match[9], match[10]]
  const offsetMinutes = offset === undefined ? zoneOffset(zoneName ?? '') : fixedOffset(offset)
  return {
    time: {
      year: Number(match[1]),
      month: Number(match[2]) - 1,
      day: Number(match[3]),
      hour: Number(match[4]),
      minute: Number(match[5]),
      second: Number(match[6]),
      millisecond: milliseconds(match[8]),
      // There are three CSTs: then the zone is the log's own.
      ...(typeof offsetMinutes === 'number' && { offsetMinutes }),
      ...(zoneName !== undefined && { zoneName }),
    },
    end: match[0].length,
    hasComma: match[7] === ',',
  }
}

/**
 * What `dmesg -T` writes between brackets, in whatever language: `Wed Sep 23 10:44:45 2026`, `二 9月  3 05:57:48 2024`.
 * null where it is such a time, but the month is not certain.
 */
export function ctime(text: string): WallTime | null | undefined {
  const match = /^(\S{1,20}) +(.{1,24}?) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(text)
  if (!match) return undefined
  const byName = monthOf(match[2]!)
  const month = byName === null ? monthBeside(match[2]!, match[1]!) : byName
  if (month == null) return null
  return {
    year: Number(match[7]),
    month,
    day: Number(match[3]),
    hour: Number(match[4]),
    minute: Number(match[5]),
    second: Number(match[6]),
    millisecond: 0,
  }
}

function milliseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000)
}
