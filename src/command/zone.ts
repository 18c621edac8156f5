import { OomloopError } from '../host/errors.ts'
import { isTimeZone } from '../parse/log-time-zone.ts'

/** The value of --tz. Throws OOMLOOP_USAGE where it is none. */
export function zoneOf(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const zone = String(value)
  if (!isTimeZone(zone))
    throw new OomloopError(
      'OOMLOOP_USAGE',
      `--tz is ${JSON.stringify(zone.slice(0, 60))}, but must be a time zone like Europe/Berlin, UTC or +08:00`,
    )
  return zone
}
