import type { WallTime } from '../log-time-zone.ts'
import { fixedOffset } from '../log-time-zone.ts'
import { monthOf } from '../month-names.ts'
import { zoneOffset } from '../zone-names.ts'

/** A time that stands somewhere in a text, and where. */
export interface WrittenTime {
  /** null: it is a time, but which one is not certain (`4/5/2026`, a month that languages disagree on). */
  readonly time: WallTime | { readonly epochMs: number } | null
  readonly start: number
  readonly end: number
}

/**
 * Finds the times in what stands before a kernel's text, in the order of the text.
 *
 *     2026-04-16T21:08:50.123Z    2026/04/16 21:08:50    Apr 16 21:08:50    16 avril 2026 21:08:50
 *     4/16/2026, 9:08:50.000 PM   Apr 16, 2026 @ 21:08:50.000   04-16 21:08:50.123   1713301730.123456   I0416 21:08:50.123456
 */
export function writtenTimes(text: string): readonly WrittenTime[] {
  const found: WrittenTime[] = []
  let rest = 0
  for (let guard = 0; guard < 6; guard++) {
    const next = earliest(text, rest)
    if (!next) break
    found.push(next)
    rest = Math.max(next.end, rest + 1)
  }
  return found
}

interface Form {
  readonly pattern: RegExp
  readonly read: (match: RegExpExecArray) => WrittenTime['time'] | undefined
}

function earliest(text: string, from: number): WrittenTime | undefined {
  let best: WrittenTime | undefined
  for (const { pattern, read } of forms) {
    pattern.lastIndex = from
    for (let match = pattern.exec(text), tries = 0; match && tries < 4; match = pattern.exec(text), tries++) {
      const time = read(match)
      if (time === undefined) continue
      const one = { time, start: match.index, end: match.index + match[0].length }
      if (!best || one.start < best.start || (one.start === best.start && one.end > best.end)) best = one
      break
    }
  }
  return best
}

const clock = String.raw`(\d{1,2}):(\d\d):(\d\d)(?:[.,:](\d{1,9}))?`
// 10时11分12秒, and the half of the day before the clock
const eastern = String.raw`(?:\s?[(（]?(?:(?:星期|周|週|礼拜)[一二三四五六日天]|[日月火水木金土](?:曜日?)?|[월화수목금토일](?:요일)?)[)）]?,?\s?)?(?:(上午|午前|오전|凌晨|早上)|(下午|午後|오후|晚上|中午))?\s?(\d{1,2})(?::|\s?[时時시点點]\s?)(\d\d)(?::|\s?[分분]\s?)(\d\d)(?:[.,](\d{1,9}))?\s?[秒초]?`
const zone = String.raw`(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d(?!\d))| ([A-Z]{3,5})(?= |\]|\)|$|[,:;|]))?`
const half = String.raw`(?: ?([AaPp])\.?[Mm]\b\.?)?`
const name = String.raw`(\d{1,2}[月월]|\d{1,2}(?:-?р)?[^\S\n]сар|(?:thg?|tháng) ?\d{1,2}|[\p{L}\p{M}][\p{L}\p{M}.’'॰׳״]{0,20})`

const forms: readonly Form[] = [
  {
    // 2026年03月02日 10时11分12秒, 2026年 3月 2日 星期一 上午10:11:12 CST, 2026년 3월 2일 (월) 오전 10:11:12
    pattern: new RegExp(
      String.raw`(?<![\d-])(\d{4})[年년]\s?(\d{1,2})[月월]\s?(\d{1,2})[日일号號]?,?\s?${eastern}${zone}`,
      'gu',
    ),
    read: ([, year, month, day, early, late, hour, minute, second, fraction, offset, zoneName]) =>
      wall({
        ...{ year, month: Number(month) - 1, day, hour, minute, second, fraction, offset, zoneName },
        noon: early ? 'a' : late && 'p',
      }),
  },
  {
    // 2026-04-16T21:08:50,123456+00:00, 2026/04/16 21:08:50, with a weekday before it or not
    pattern: new RegExp(
      String.raw`(?<![\d-])(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T _,;\t]|, |\. | @ |",")\s?${clock}${half}${zone}`,
      'gu',
    ),
    read: ([, year, month, day, hour, minute, second, fraction, noon, offset, zoneName]) =>
      wall({ year, month: Number(month) - 1, day, hour, minute, second, fraction, noon, offset, zoneName }),
  },
  {
    // Apr 16 21:08:50, Apr 16 2026 21:08:50.123, April 16, 2026 @ 21:08:50.000, Thu Apr 16 21:08:50 2026
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{M}])${name} {1,2}(\d{1,2}),?(?: (\d{4}),?)?(?: @| at)? ${clock}${half}(?:(?: ([A-Z]{3,5}))? (\d{4})(?!\d|-))?${zone}`,
      'giu',
    ),
    read: ([, month, day, before, hour, minute, second, fraction, noon, early, after, offset, late]) =>
      named(month!, {
        year: before ?? after,
        day,
        hour,
        minute,
        second,
        fraction,
        noon,
        offset,
        zoneName: early ?? late,
      }),
  },
  {
    // 16 avril 2026 21:08:50, 16/Apr/2026:21:08:50 +0000, 16. Apr 21:08:50
    pattern: new RegExp(
      String.raw`(?<!\d)(\d{1,2})(?:\.? (?:de )?|[-/])${name}(?:[ /-](?:de )?(\d{4}))?(?:[ :]|, | @ )${clock}${half}${zone}`,
      'giu',
    ),
    read: ([, day, month, year, hour, minute, second, fraction, noon, offset, zoneName]) =>
      named(month!, { year, day, hour, minute, second, fraction, noon, offset, zoneName }),
  },
  {
    // 4/16/2026, 9:08:50.000 PM; 16.04.2026 21:08:50: which of the two is the month is certain only where one is above 12
    pattern: new RegExp(
      String.raw`(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?:[ T]|, | @ )${clock}${half}${zone}`,
      'g',
    ),
    read: ([, first, separator, second_, year, hour, minute, second, fraction, noon, offset, zoneName]) => {
      const isDayFirst = Number(first) > 12 || separator === '.'
      const isSure = isDayFirst || Number(second_) > 12 || first === second_
      const time = wall({
        year: year!.length === 2 ? `20${year}` : year,
        month: Number(isDayFirst ? second_ : first) - 1,
        day: isDayFirst ? first : second_,
        hour,
        minute,
        second,
        fraction,
        noon,
        offset,
        zoneName,
      })
      return time && isSure ? time : time === undefined ? undefined : null
    },
  },
  {
    // logcat: 04-16 21:08:50.123
    pattern: /(?<![\d-])(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3,6})(?=[\s\]])/g,
    read: ([, month, day, hour, minute, second, fraction]) =>
      wall({ month: Number(month) - 1, day, hour, minute, second, fraction }),
  },
  {
    // klog: I0416 21:08:50.123456
    pattern: /(?<!\w)[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6})(?=\s)/g,
    read: ([, month, day, hour, minute, second, fraction]) =>
      wall({ month: Number(month) - 1, day, hour, minute, second, fraction }),
  },
  {
    // 1713301730.123456, 1713301730123 (never a kernel's stamp: it would be 30 years of uptime)
    pattern: /(?<![\w.,-])(1\d{9})(?:\.(\d{1,9})|(\d{3})(?:\d{3}(?:\d{3})?)?)?(?=[\s\]),;:"|]|$)/g,
    read: ([, seconds, fraction, milli]) => ({
      epochMs: Number(seconds) * 1000 + Number(milli ?? `${fraction ?? ''}000`.slice(0, 3)),
    }),
  },
]

interface Parts {
  readonly year?: string | undefined
  readonly month: number
  readonly day: string | undefined
  readonly hour: string | undefined
  readonly minute: string | undefined
  readonly second: string | undefined
  readonly fraction?: string | undefined
  readonly noon?: string | undefined
  readonly offset?: string | undefined
  readonly zoneName?: string | undefined
}

function named(month: string, parts: Omit<Parts, 'month'>): WrittenTime['time'] | undefined {
  const at = monthOf(month)
  return at === undefined ? undefined : at === null ? null : wall({ ...parts, month: at })
}

function wall(parts: Parts): WallTime | undefined {
  const { year, month, fraction, noon, offset, zoneName } = parts
  const [day, minute, second] = [Number(parts.day), Number(parts.minute), Number(parts.second)]
  const hour = noon === undefined ? Number(parts.hour) : (Number(parts.hour) % 12) + (/p/i.test(noon) ? 12 : 0)
  if (month < 0 || month > 11 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined
  if (year !== undefined && (Number(year) < 1990 || Number(year) > 2100)) return undefined
  const offsetMinutes =
    offset === undefined
      ? zoneName === undefined
        ? undefined
        : zoneOffset(zoneName)
      : fixedOffset(/^[+-]\d\d$/.test(offset) ? `${offset}00` : offset)
  return {
    ...(year !== undefined && { year: Number(year) }),
    month,
    day,
    hour,
    minute,
    second,
    millisecond: fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000),
    ...(typeof offsetMinutes === 'number' && { offsetMinutes }),
    ...(zoneName !== undefined && { zoneName }),
  }
}
