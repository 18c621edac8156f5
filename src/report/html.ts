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
 * Escapes for text and quoted attributes. Control characters and the marks that turn text around are shown as what they
 * are: a process name must not rearrange the page.
 */
export function escapeText(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** Cuts a text that has no end. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
