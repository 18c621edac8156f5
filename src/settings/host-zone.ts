import { readlinkSync } from 'node:fs'
import { setOwnZone } from '../text/local-time.ts'

/**
 * The time zone of this host: TZ, else where /etc/localtime leads, else UTC. Intl would know it too, and costs the agent
 * 8 MiB.
 */
export function hostZone(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  readLink: (path: string) => string = readlinkSync,
): string {
  const zone = zoneIn(environment.TZ?.replace(/^:/, '')) ?? zoneIn(linkOf('/etc/localtime', readLink)) ?? 'UTC'
  if (environment === process.env) setOwnZone(zone)
  return zone
}

/** `/usr/share/zoneinfo/Europe/Berlin` → `Europe/Berlin` */
function zoneIn(text: string | undefined): string | undefined {
  const name = text?.replace(/^.*zoneinfo\/(?:posix\/|right\/)?/, '')
  if (name === undefined || !/^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(name)) return undefined
  return /^(Etc\/)?(UTC|UCT|Universal|Zulu)$/.test(name) ? 'UTC' : name
}

function linkOf(path: string, readLink: (path: string) => string): string | undefined {
  try {
    return readLink(path)
  } catch {
    return undefined // a copy, or none: as in most images
  }
}
