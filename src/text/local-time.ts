/* Times as people write them. Machine formats keep ISO 8601 in UTC. */

/** A moment on a wall clock. */
interface LocalTime {
  /** `2026-11-28` */
  readonly date: string
  /** `21:14:03` */
  readonly time: string
  /** `UTC`, `+08:00` */
  readonly zone: string
}

/** The moment on the clocks of a zone; a zone that is none counts as UTC. */
export function localTime(at: number, zone: string): LocalTime {
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return { date: '?', time: '?', zone: 'UTC' }
  const offset = offsetMinutes(at, zone)
  const [date, time] = new Date(at + offset * 60_000).toISOString().split(/[T.]/)
  return { date: date!, time: time!, zone: offsetText(offset) }
}

/** `2026-11-28 21:14:03 +08:00` */
export function localTimeText(at: number | string, zone: string): string {
  const { date, time, zone: offset } = localTime(typeof at === 'string' ? Date.parse(at) : at, zone)
  return `${date} ${time} ${offset}`
}

/** IANA (`Asia/Shanghai`), `UTC`, or an offset (`+08:00`). */
export function isZone(name: string): boolean {
  return name === 'UTC' || name === ownZone || formatterOf(name) !== undefined
}

function offsetText(offset: number): string {
  if (offset === 0) return 'UTC'
  const size = Math.abs(Math.round(offset))
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

function offsetMinutes(at: number, zone: string): number {
  if (zone === 'UTC') return 0
  // The clock of this process: Intl costs the agent 8 MiB, and is only asked for another zone.
  if (zone === ownZone) return -new Date(at).getTimezoneOffset()
  const formatter = formatterOf(zone)
  if (!formatter) return 0
  const part = Object.fromEntries(formatter.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const wall = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second)
  return Math.round((wall - Math.floor(at / 1000) * 1000) / 60_000)
}

/** The zone that this process runs in, where it is known. */
let ownZone: string | undefined

/** Sets the zone of this process. Its times then need no Intl formatter. */
export function setOwnZone(zone: string): void {
  ownZone = zone
}

/** Made once for a zone: that is slow. Bounded, since a name may come from a file. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formatters.get(zone)
  if (known) return known
  try {
    const made = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    if (formatters.size >= 20) formatters.clear()
    formatters.set(zone, made)
    return made
  } catch {
    return undefined // Intl throws for a name that is no zone
  }
}
