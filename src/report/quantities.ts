/** 5265332 → `5.0 GiB`; null → `?`. */
export function sizeText(KiB: number | null): string {
  if (KiB === null) return '?'
  const sign = KiB < 0 ? '-' : ''
  const size = Math.abs(KiB)
  if (size >= 1024 * 1024) return `${sign}${(size / 1024 / 1024).toFixed(1)} GiB`
  if (size >= 1024) return `${sign}${Math.round(size / 1024)} MiB`
  return `${sign}${Math.round(size)} KiB`
}

/** 43.2 → `43 s`, 270 → `4 min 30 s`, 7320 → `2 h 2 min`; null → `?`. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return '?'
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`
  const whole = Math.round(seconds)
  if (whole < 120) return `${whole} s`
  if (whole < 7200) return two(Math.floor(whole / 60), 'min', whole % 60, 's')
  return two(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min')
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/** `2023-06-15 16:50:50 UTC`. */
export function timeText(at: number | null): string {
  return at === null ? 'an unknown time' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
