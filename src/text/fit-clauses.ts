/** One clause of a summary: its sentences from the longest to the shortest; the lower its worth, the sooner it is shortened. */
export interface Clause {
  readonly texts: readonly string[]
  readonly worth: number
  /** A shorter last resort: used only if the text does not fit even without clauses of lower worth. */
  readonly lastResort?: string
}

export const longestSummary = 240

/**
 * Joins clauses to a text of at most 240 characters. Where it is too long, fillers are left out, then every clause is
 * shortened, then the clauses of the least worth are left out; before one that has a last resort, that is tried.
 */
export function fitClauses(clauses: readonly Clause[], separator: string): string {
  const kept = clauses
    .filter(({ texts }) => texts[0] !== undefined && texts[0] !== '')
    .map(({ texts, worth, lastResort }) => ({ texts: [...texts], worth, lastResort, at: 0 }))
  const text = () =>
    kept
      .map(({ texts, at }) => texts[at] ?? '')
      .filter(Boolean)
      .join(separator)
  for (;;) {
    const now = text()
    if (now.length <= longestSummary) return now
    const byWorth = kept.toSorted((a, b) => a.worth - b.worth)
    const next =
      byWorth.find(({ texts, at, worth }) => at < texts.length && worth <= filler) ??
      byWorth.find(({ texts, at }) => at < texts.length - 1) ??
      byWorth.find(({ texts, at, worth }) => at < texts.length && worth < mustStay)
    if (!next) return `${now.slice(0, longestSummary - 1)}…`
    if (next.lastResort !== undefined && next.at === next.texts.length - 1) {
      next.texts.push(next.lastResort)
      next.lastResort = undefined
    }
    next.at++
  }
}

/** Clauses up to this worth are left out before any other is shortened. */
const filler = 55

/** What happened is never left out. */
export const mustStay = 100

/** A name within a sentence. */
export function cut(name: string): string {
  return name.length > 40 ? `${name.slice(0, 39)}…` : name
}
