import type { Alert } from '../types.ts'

/** Real names, lines and sentences are shorter: the kernel limits a record to 1 KiB of text. */
export const longestText = 2_000

/**
 * Makes every text of an alert safe to show: names come from strangers. Control characters and those that turn the
 * direction of writing or cannot be seen become visible escapes, line breaks become blanks, lengths are bounded.
 * Applied once, before formatting; applying it again changes nothing. Each format escapes what its receiver treats as
 * markup.
 */
export function sanitiseAlert(alert: Alert): Alert {
  return sanitiseValue(alert, 0) as Alert
}

/** One text made safe to show, on one line. */
export function sanitiseText(text: string, longest = longestText): string {
  // The length is limited before, because of the cost, and after, because an escape is longer than the character.
  const bounded = shortened(text, longest)
  const wellFormed = bounded.isWellFormed() ? bounded : bounded.toWellFormed()
  return risky.test(wellFormed) ? shortened(wellFormed.replace(allRisky, visible), longest) : wellFormed
}

function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…` : text
}

/**
 * Controls, format characters (direction marks and overrides, zero-width ones, soft hyphen, tags), line and paragraph
 * separators, and letters that look like nothing (Hangul fillers, grapheme joiner).
 */
const risky = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f/u
const allRisky = new RegExp(risky.source, 'gu')

function visible(character: string): string {
  if (character === '\n' || character === '\r' || character === '\t' || character === '\u2028') return ' '
  const code = character.codePointAt(0)!.toString(16)
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`
}

/** Returns the very same value where nothing had to change. */
function sanitiseValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return sanitiseText(value)
  if (typeof value !== 'object' || value === null || depth > 8) return value
  if (Array.isArray(value)) {
    const safe = value.map(item => sanitiseValue(item, depth + 1))
    return safe.some((item, index) => item !== value[index]) ? safe : value
  }
  return sanitiseRecord(value as Record<string, unknown>, depth)
}

function sanitiseRecord(record: Record<string, unknown>, depth: number): Record<string, unknown> {
  let changed = false
  const entries = Object.entries(record).map(([key, value]) => {
    const safeKey = sanitiseText(key, 200)
    const safe = sanitiseValue(value, depth + 1)
    changed ||= safe !== value || safeKey !== key
    return [safeKey, safe] as const
  })
  return changed ? Object.fromEntries(entries) : record
}
