import { OomloopError } from '../errors.ts'
import { isTimeZone } from '../parse/log-line/log-time-zone.ts'
import { type Locale, messagesOf } from '../text/messages/catalogues.ts'

/** The value of --tz. Throws OOMLOOP_USAGE where it is none. */
export function zoneOf(value: unknown, locale: Locale = 'en'): string | undefined {
  if (value === undefined) return undefined
  const zone = String(value)
  if (isTimeZone(zone)) return zone
  const { cli } = messagesOf(locale)
  throw new OomloopError(
    'OOMLOOP_USAGE',
    cli.flagIs({ flag: 'tz', value: JSON.stringify(zone.slice(0, 60)), mustBe: cli.mustBe.zone }),
  )
}
