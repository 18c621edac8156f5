import { OomloopError } from '../errors.ts'
import { type Locale, messagesOf } from '../text/messages/catalogues.ts'

/** The value of --year. Throws OOMLOOP_USAGE where it is none. */
export function yearOf(value: unknown, locale: Locale = 'en'): number | undefined {
  if (value === undefined) return undefined
  const year = Number(value)
  if (Number.isInteger(year) && year >= 1990 && year <= 9999) return year
  const { cli } = messagesOf(locale)
  throw new OomloopError(
    'OOMLOOP_USAGE',
    cli.flagIs({ flag: 'year', value: JSON.stringify(value), mustBe: cli.mustBe.year }),
  )
}
