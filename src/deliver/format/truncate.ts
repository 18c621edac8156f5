import type { ChatPart } from './chat-text.ts'

/**
 * Keeps a message below its target's limit: leaves out the pieces of least worth, and shortens the last one that is
 * left. `render` makes the whole message, `measure` says how large it is (characters or bytes, as the target counts).
 */
export function fitParts<T>(options: {
  readonly parts: readonly ChatPart[]
  readonly render: (parts: readonly ChatPart[]) => T
  readonly measure: (rendered: T) => number
  readonly limit: number
}): T {
  const { render, measure, limit } = options
  let parts = options.parts
  let rendered = render(parts)
  while (measure(rendered) > limit && parts.length > 1) {
    const least = parts.reduce((worst, part) => (part.worth < worst.worth ? part : worst))
    parts = parts.filter(part => part !== least)
    rendered = render(parts)
  }
  while (measure(rendered) > limit && parts[0] && parts[0].text.length > 1) {
    const [first] = parts
    parts = [{ ...first, text: shorten(first.text, Math.floor(first.text.length / 2)) }]
    rendered = render(parts)
  }
  return rendered
}

/** At most `longest` UTF-16 units, cut between characters, with an ellipsis where something is missing. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text
  return `${text.slice(0, Math.max(0, longest - 1)).replace(/[\ud800-\udbff]$/, '')}…`
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text)
}

/**
 * Makes text inert for receivers without an escape: characters that start a mention, a tag or a link become full-width
 * characters, which look the same and have no effect.
 */
export function escapeMarkup(text: string): string {
  return text.replaceAll('<', '＜').replaceAll('>', '＞').replaceAll('@', '＠').replaceAll('://', ':／／')
}
