import { sanitiseText } from './sanitise.ts'

/** HTML that is safe to put into a page. Only `html` makes it, and it escapes whatever is put in. */
export interface Html {
  readonly html: string
}

type Part = Html | string | number | null | undefined | false | readonly Part[]

/** Template tag: every value is escaped unless it is Html itself; lists are joined; null and false are nothing. */
export function html(texts: TemplateStringsArray, ...values: readonly Part[]): Html {
  return {
    html: texts.reduce((page, text, index) => page + text + (index < values.length ? partText(values[index]) : ''), ''),
  }
}

function partText(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (typeof part === 'object' && 'html' in part) return part.html
  if (Array.isArray(part)) return part.map(partText).join('')
  return escapeText(String(part))
}

/**
 * Escapes for text and quoted attributes. Characters that cannot be seen or that turn text around become visible
 * escapes, as in an alert: a process name must not rearrange the page.
 */
function escapeText(text: string): string {
  const visible = isPlain.test(text) ? text : sanitiseText(text, longestEscape * text.length)
  return visible
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** `\\u{e0041}`: bounding lengths is left to the author of the text. */
const longestEscape = 9
const isPlain = /^[\x20-\x7e]*$/

/** Cuts a text that has no end. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
