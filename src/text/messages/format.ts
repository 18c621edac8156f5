/* Numbers as the ecosystem writes them, the same in every language. */

/** 5265332 → `5.0 GiB`, 75196 → `73 MiB`, null → `?`. */
export function sizeText(KiB: number | null): string {
  if (KiB === null) return '?'
  const size = Math.abs(KiB)
  const sign = KiB < 0 ? '-' : ''
  if (size >= 1024 * 1024) return `${sign}${(size / 1024 / 1024).toFixed(1)} GiB`
  if (size >= 1024) return `${sign}${Math.round(size / 1024)} MiB`
  return `${sign}${Math.round(size)} KiB`
}

/** `157–251 MiB`, `12 MiB – 1.5 GiB`, `5.0 GiB`. */
export function sizeRangeText(leastKiB: number, mostKiB: number): string {
  const [least, most] = [sizeText(leastKiB), sizeText(mostKiB)]
  const unit = most.slice(-4)
  if (least === most) return most
  return least.endsWith(unit) ? `${least.slice(0, -4)}–${most}` : `${least} – ${most}`
}

/** `+12 MiB`, `-3.1 GiB`, `±0`. */
export function sizeChangeText(KiB: number): string {
  return KiB === 0 ? '±0' : `${KiB > 0 ? '+' : ''}${sizeText(KiB)}`
}

/** 0.124 → `12%`, 0.015 → `1.5%`, null → `?`. */
export function percentText(ratio: number | null): string {
  if (ratio === null) return '?'
  const percent = ratio * 100
  return `${percent > 0 && percent < 1.95 ? percent.toFixed(1) : Math.round(percent)}%`
}

/** As a setting of Kubernetes takes it, rounded up to what a person would write: `700Mi`, `1536Mi`. */
export function quantity(KiB: number): string {
  const MiB = KiB / 1024
  const step = MiB < 128 ? 16 : MiB < 1024 ? 64 : 256
  return `${Math.max(step, Math.ceil(MiB / step) * step)}Mi`
}

interface DurationUnits {
  readonly ms: (count: number) => string
  readonly s: (count: number) => string
  readonly min: (count: number) => string
  readonly h: (count: number) => string
  readonly d: (count: number) => string
  /** Between two units: `4m30s`, `4 分钟 30 秒`. */
  readonly separator: string
}

/**
 * Durations as kubectl prints ages: two units where the second one matters (4m30s, 1h24m, 2d7h), one elsewhere (101s,
 * 46m, 24h). Below ten seconds with a tenth (1.5s), below one in milliseconds.
 */
export function formatDuration(seconds: number, { ms, s, min, h, d, separator }: DurationUnits): string {
  const milliseconds = Math.round(seconds * 1000)
  if (milliseconds > 0 && milliseconds < 1000) return ms(milliseconds)
  if (seconds < 9.95) return s(Math.round(seconds * 10) / 10)
  const whole = Math.round(seconds)
  const minutes = Math.round(seconds / 60)
  const hours = Math.round(seconds / 3600)
  const two = (large: string, rest: number, small: (count: number) => string) =>
    rest === 0 ? large : `${large}${separator}${small(rest)}`
  if (whole < 120) return s(whole)
  if (whole < 600) return two(min(Math.floor(whole / 60)), whole % 60, s)
  if (minutes < 60) return min(minutes)
  if (minutes < 8 * 60) return two(h(Math.floor(minutes / 60)), minutes % 60, min)
  if (hours < 48) return h(hours)
  return two(d(Math.floor(hours / 24)), hours % 24, h)
}
