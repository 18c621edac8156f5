import { isZone } from '../text/local-time.ts'
import type { Messages } from '../text/messages/catalogues.ts'
import { choicesOf, type Setting } from './table.ts'
import { parseAddress, parseDurationMs, parseSizeBytes } from './units.ts'

/** A checked value, or what the value must be instead. */
type Checked = { readonly value: unknown } | { readonly mustBe: string }

/** Checks one scalar value by its row of the table. Lists and maps are read by readers of their own. */
export function checkValue(row: Setting, value: unknown, t: Messages['settings']): Checked {
  const text = String(value)
  const mustBe = t.mustBe
  switch (row.kind) {
    case 'text':
    case 'path':
      return typeof value === 'object' || text === '' ? { mustBe: mustBe.text } : { value: text }
    case 'address':
      return parseAddress(text) ? { value: text } : { mustBe: mustBe.address }
    case 'zone':
      return isZone(text) ? { value: text } : { mustBe: mustBe.zone }
    case 'duration':
      return checkDuration(row, text, t)
    case 'size': {
      const bytes = parseSizeBytes(text)
      return bytes === undefined ? { mustBe: mustBe.size } : { value: bytes }
    }
    case 'count': {
      const count = Number(text)
      const { min = 0, max = 1e9 } = row
      const isWithin = Number.isInteger(count) && count >= Number(min) && count <= Number(max)
      return isWithin ? { value: count } : { mustBe: mustBe.count({ min, max }) }
    }
    case 'boolean':
      if (text === 'true' || text === 'false') return { value: text === 'true' }
      return { mustBe: mustBe.boolean }
    case 'choice':
    case 'locale': {
      const choices = choicesOf(row) ?? []
      return choices.includes(text) ? { value: text } : { mustBe: mustBe.choice({ choices }) }
    }
    case 'labels':
    case 'mute':
    case 'webhooks':
      return { value }
  }
}

function checkDuration(row: Setting, text: string, { mustBe }: Messages['settings']): Checked {
  const ms = parseDurationMs(text)
  if (ms === undefined) return { mustBe: mustBe.duration }
  const { min = '0', max = '365d', zeroIsOff = false } = row
  const isWithin = ms >= parseDurationMs(String(min))! && ms <= parseDurationMs(String(max))!
  if (isWithin || (zeroIsOff && ms === 0)) return { value: ms }
  return { mustBe: mustBe.within({ min, max, zeroIsOff }) }
}
