import type { Locale } from '../types.ts'

/** 5265332 → `5.0 GiB`; null → `?`. */
export function sizeText(KiB: number | null): string {
  if (KiB === null) return '?'
  const sign = KiB < 0 ? '−' : ''
  const size = Math.abs(KiB)
  if (size >= 1024 * 1024) return `${sign}${(size / 1024 / 1024).toFixed(1)} GiB`
  if (size >= 1024) return `${sign}${Math.round(size / 1024)} MiB`
  return `${sign}${Math.round(size)} KiB`
}

/** `157–251 MiB`, `12 MiB – 1.5 GiB`, `5.0 GiB`. */
export function rangeText(leastKiB: number, mostKiB: number): string {
  const [least, most] = [sizeText(leastKiB), sizeText(mostKiB)]
  const unit = most.slice(-4)
  if (least === most) return most
  return least.endsWith(unit) ? `${least.slice(0, -4)}–${most}` : `${least} – ${most}`
}

/** `+12 MiB`, `−3.1 GiB`, `±0`. */
export function changeText(KiB: number): string {
  return KiB === 0 ? '±0' : `${KiB > 0 ? '+' : ''}${sizeText(KiB)}`
}

/** 43.2 → `43 s`, 270 → `4 min 30 s`, 7320 → `2 h 2 min`, 200000 → `2 d 7 h`; null → `?`. */
export function secondsText(seconds: number | null, locale: Locale = 'en'): string {
  if (seconds === null) return '?'
  const [day, hour, minute, second] = units[locale]
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} ${second}`
  const whole = Math.round(seconds)
  if (whole < 120) return `${whole} ${second}`
  if (whole < 7200) return two(Math.floor(whole / 60), minute, whole % 60, second)
  if (whole < 2 * 86_400) return two(Math.floor(whole / 3600), hour, Math.floor((whole % 3600) / 60), minute)
  return two(Math.floor(whole / 86_400), day, Math.floor((whole % 86_400) / 3600), hour)
}

const units = { en: ['d', 'h', 'min', 's'], 'zh-CN': ['天', '小时', '分', '秒'] } as const

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** 0.123 → `12 %`, 0.004 → `0.4 %`. */
export function percentText(ratio: number | null): string {
  if (ratio === null) return '?'
  const percent = ratio * 100
  return `${percent > 0 && percent < 1 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** `2023-06-15`. All times are UTC: a node, a cluster and a person seldom share a zone. */
export function dayText(at: number): string {
  return isoText(at).slice(0, 10)
}

/** `15 June 2023`, `2023年6月15日`. */
export function dateText(at: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(isoText(at)),
  )
}

/** `2023-06-15 16:50:50 – 18:15:09 UTC`. */
export function spanText(from: number, until: number): string {
  return `${dayText(from)} ${clockText(from)} – ${dayText(from) === dayText(until) ? '' : `${dayText(until)} `}${clockText(until)} UTC`
}

/** `16:50:50`. */
export function clockText(at: number): string {
  return isoText(at).slice(11, 19)
}

/** `2023-06-15 16:50:50 UTC`. */
export function timeText(at: number): string {
  return `${dayText(at)} ${clockText(at)} UTC`
}

// The end of the year 9999: a time beyond it comes from a broken clock or a hostile file, and has another form.
const lastDateMs = 253_402_300_799_000

export function isoText(at: number): string {
  return new Date(Number.isFinite(at) ? Math.max(0, Math.min(lastDateMs, at)) : 0).toISOString()
}
