import type { Alert, Locale } from '../types.ts'

const summaryLimit = 240

/** The alert with another summary, in each language that it has. */
export function withSummary<Of extends Pick<Alert, 'summary' | 'translations'>>(
  alert: Of,
  locale: Locale,
  summaryIn: (locale: Locale, before: string) => string,
): Of {
  const others = Object.entries(alert.translations ?? {}).map(([other, texts]) => [
    other,
    { ...texts, summary: shortened(summaryIn(other as Locale, texts.summary)) },
  ])
  return {
    ...alert,
    summary: shortened(summaryIn(locale, alert.summary)),
    ...(alert.translations && { translations: Object.fromEntries(others) }),
  }
}

/** Cut between words, and after 240 characters at the latest, as any summary. */
function shortened(text: string): string {
  return text.length <= summaryLimit ? text : `${text.slice(0, summaryLimit - 1).replace(/\s+\S*$/, '')}…`
}
