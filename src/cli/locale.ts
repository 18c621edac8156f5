import { type Locale, locales } from '../text/messages/catalogues.ts'

/** The language of help and errors, known before any setting is read: `--locale`, else $OOMLOOP_LOCALE, else English. */
export function localeOf(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Locale {
  const at = args.indexOf('--locale')
  const flag = at >= 0 ? args[at + 1] : args.find(arg => arg.startsWith('--locale='))?.slice('--locale='.length)
  return (
    locales.find(locale => locale === flag) ?? locales.find(locale => locale === environment.OOMLOOP_LOCALE) ?? 'en'
  )
}
