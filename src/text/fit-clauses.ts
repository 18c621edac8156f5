/** A part of the sentence: its texts from the longest to the shortest; the lower its worth, the sooner it is shortened. */
export interface Part {
  readonly texts: readonly string[]
  readonly worth: number
}

export const longestSummary = 240

/** Puts the parts together; where it gets too long, what is mere filling goes, then all is said shorter, then the least worth goes. */
export function compose(parts: readonly Part[], separator: string, end: string): string {
  const kept = parts.filter(({ texts }) => texts[0] !== undefined && texts[0] !== '').map(part => ({ ...part, at: 0 }))
  const text = () =>
    kept
      .map(({ texts, at }) => texts[at] ?? '')
      .filter(Boolean)
      .join(separator) + end
  for (;;) {
    const now = text()
    if (now.length <= longestSummary) return capital(now)
    const byWorth = kept.toSorted((a, b) => a.worth - b.worth)
    const next =
      byWorth.find(({ texts, at, worth }) => at < texts.length && worth <= filler) ??
      byWorth.find(({ texts, at }) => at < texts.length - 1) ??
      byWorth.find(({ texts, at, worth }) => at < texts.length && worth < mustStay)
    if (!next) return `${capital(now).slice(0, longestSummary - 1)}…`
    next.at++
  }
}

/** Up to this worth it is said where there is room, before anything else is shortened. */
export const filler = 55

/** What happened is never left out. */
export const mustStay = 100

/** Names keep their own case: only a word of ours begins large. */
function capital(sentence: string): string {
  return /^(node|this) /.test(sentence) ? sentence[0]!.toUpperCase() + sentence.slice(1) : sentence
}

/** A name within a sentence. */
export function cut(name: string): string {
  return name.length > 40 ? `${name.slice(0, 39)}…` : name
}
