import { localTime } from '../../text/local-time.ts'

/* Times on the clocks of a zone, as people write them. Where a log has no dates, they count from the start of its node. */

/**
 * Whether a time is one of the wall clock. A log without dates counts from the start of its node (the kernel's stamps),
 * or has no times at all: then every time is 0. Earlier than 1980 is not a wall time.
 */
function isDated(at: number): boolean {
  return at >= 315_532_800_000
}

/** `2023-06-15`; empty where no date is known. */
export function dayText(at: number, zone: string): string {
  return isDated(at) ? localTime(bounded(at), zone).date : ''
}

/** `15 June 2023`, `2023 年 6 月 15 日`; null where no date is known. `dateLocale`: a language tag of Intl. */
export function dateText(at: number, dateLocale: string, zone: string): string | null {
  if (!isDated(at)) return null
  const day = new Date(`${dayText(at, zone)}T00:00:00Z`)
  const text = new Intl.DateTimeFormat(dateLocale, { dateStyle: 'long', timeZone: 'UTC' }).format(day)
  // Chinese texts have a space between Chinese and digits, here as elsewhere.
  return text.replaceAll(/(?<=\d)(?=\p{Script=Han})|(?<=\p{Script=Han})(?=\d)/gu, ' ')
}

/** `2023-06-15 16:50:50 – 18:15:09 +08:00`. */
export function spanText(from: number, until: number, zone: string): string {
  return `${dayText(from, zone)} ${clockSpanText(from, until, zone)}`.trim()
}

/** `16:50:50 – 18:15:09 +08:00`; with the day of the end where it is another one. */
export function clockSpanText(from: number, until: number, zone: string): string {
  const day = dayText(from, zone) === dayText(until, zone) ? '' : `${dayText(until, zone)} `
  return from === until ? clockAndZone(from, zone) : `${clockText(from, zone)} – ${day}${clockAndZone(until, zone)}`
}

/** `16:50:50`; `+90000.1s` since the node started, where no date is known; `--` where the log has no times. */
export function clockText(at: number, zone: string): string {
  if (isDated(at)) return localTime(bounded(at), zone).time
  return at <= 0 ? '--' : `+${(at / 1000).toFixed(1)}s`
}

/** `16:50:50 UTC`, `16:50:50 +08:00`. */
export function clockAndZone(at: number, zone: string): string {
  return isDated(at) ? `${clockText(at, zone)} ${zoneText(at, zone)}` : clockText(at, zone)
}

/** `2023-06-15 16:50:50 UTC`. */
export function timeText(at: number, zone: string): string {
  return `${dayText(at, zone)} ${clockAndZone(at, zone)}`.trim()
}

/** `UTC`, `+08:00`: what the clocks of a zone showed at a moment. */
export function zoneText(at: number, zone: string): string {
  return localTime(bounded(at), zone).zone
}

// The end of the year 9999: a time beyond it comes from a broken clock or a hostile file, and has another form.
const lastDateMs = 253_402_300_799_000

function bounded(at: number): number {
  return Number.isFinite(at) ? Math.max(0, Math.min(lastDateMs - 86_400_000, at)) : 0
}
