import { sanitiseText } from './sanitise.ts'

/** How many columns of a terminal a text takes: wide for East Asian letters and pictures, none for marks on a letter. */
export function cellsOf(text: string): number {
  if (isPlain.test(text)) return text.length
  let cells = 0
  for (const character of text) cells += markPattern.test(character) ? 0 : widePattern.test(character) ? 2 : 1
  return cells
}

/** Exactly `width` columns: cut with an ellipsis, or filled with blanks at the end (or the start). */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cells = cellsOf(text)
  if (cells <= width) {
    const blanks = ' '.repeat(width - cells)
    return align === 'left' ? text + blanks : blanks + text
  }
  if (width <= 0) return ''
  let kept = ''
  let used = 0
  for (const character of text) {
    const its = cellsOf(character)
    if (used + its > width - 1) break
    kept += character
    used += its
  }
  return `${kept}…${' '.repeat(width - 1 - used)}`
}

/** Makes a name safe for one line of a terminal: no control characters, limited length. */
export function harmless(text: string, most = 200): string {
  return sanitiseText(text.length > most ? text.slice(0, most) : text, most)
}

const isPlain = /^[\x20-\x7e]*$/
const markPattern = /^[\p{Mn}\p{Me}]$/u
const widePattern =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u
