import type { Alert, Locale } from '../types.ts'

/** The alert with all its texts in one language: a webhook receives whole messages in its own. */
export function inLocale({ translations, ...alert }: Alert, locale: Locale): Alert {
  return { ...alert, ...translations?.[locale] }
}
