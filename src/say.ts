import type { Locale } from './types.ts'

/** Chooses between the two texts that everything said to a person is written in. */
export type Say = (en: string, zh: string) => string

export function createSay(locale: Locale): Say {
  return locale === 'zh-CN' ? (_en, zh) => zh : en => en
}

/** 5265332 → `5.0 GiB`, 75196 → `73 MiB`. */
export function sizeText(KiB: number): string {
  const size = Math.abs(KiB)
  const sign = KiB < 0 ? '-' : ''
  if (size >= 1024 * 1024) return `${sign}${(size / 1024 / 1024).toFixed(1)} GiB`
  if (size >= 1024) return `${sign}${Math.round(size / 1024)} MiB`
  return `${sign}${Math.round(size)} KiB`
}

/** 0.4 → `400 ms`, 43 → `43 s`, 270 → `5 min`, 86400 → `24 h`. */
export function durationText(seconds: number, say: Say): string {
  const ms = Math.round(seconds * 1000)
  if (ms > 0 && ms < 1000) return say(`${ms} ms`, `${ms} 毫秒`)
  if (seconds < 120) return say(`${Math.round(seconds)} s`, `${Math.round(seconds)} 秒`)
  if (seconds < 7200) return say(`${Math.round(seconds / 60)} min`, `${Math.round(seconds / 60)} 分钟`)
  return say(`${Math.round(seconds / 3600)} h`, `${Math.round(seconds / 3600)} 小时`)
}

export function percentText(ratio: number): string {
  const percent = ratio * 100
  return `${percent > 0 && percent < 1.95 ? percent.toFixed(1) : Math.round(percent)} %`
}

/** As a setting of Kubernetes takes it, rounded up to what a person would write: `700Mi`, `1536Mi`. */
export function quantity(KiB: number): string {
  const MiB = KiB / 1024
  const step = MiB < 128 ? 16 : MiB < 1024 ? 64 : 256
  return `${Math.max(step, Math.ceil(MiB / step) * step)}Mi`
}

/** `a, b and c`; beyond `most` the number of the others. */
export function listText(names: readonly string[], say: Say, most = 3): string {
  const shown = names.slice(0, most)
  const more = names.length - shown.length
  if (more > 0) return say(`${shown.join(', ')} and ${more} more`, `${shown.join('、')} 等 ${names.length} 个`)
  if (shown.length < 2) return shown.join('')
  return say(`${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`, shown.join('、'))
}
