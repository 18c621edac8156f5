/** Remembers the kills of a log, so that a line which only quotes one adds none. */
interface Quotations {
  readonly isNew: (text: string, isQuotation: boolean) => boolean
}

export function createQuotations(): Quotations {
  const seen = new Set<string>()
  return {
    isNew: (text, isQuotation) => {
      const key = /Killed process \d+.{0,200}?total-vm:\d+kB, anon-rss:\d+kB/.exec(text)?.[0]
      if (key === undefined) return true
      if (isQuotation && seen.has(key)) return false
      if (seen.size < 100_000) seen.add(key)
      return true
    },
  }
}
