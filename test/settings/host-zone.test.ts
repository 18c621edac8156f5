import { expect, it } from 'vitest'
import { hostZone } from '../../src/settings/host-zone.ts'

const link = (to: string) => () => to
const none = () => {
  throw new Error('ENOENT')
}

it.each([
  [{ TZ: 'Asia/Shanghai' }, link('/usr/share/zoneinfo/Europe/Berlin'), 'Asia/Shanghai'],
  [{ TZ: ':Europe/Paris' }, none, 'Europe/Paris'],
  [{}, link('/usr/share/zoneinfo/America/Argentina/Ushuaia'), 'America/Argentina/Ushuaia'],
  [{}, link('../usr/share/zoneinfo/Etc/UTC'), 'UTC'],
  [{}, none, 'UTC'],
  [{ TZ: '' }, link('/odd place'), 'UTC'],
])('the zone of a host with %o is read without Intl', (environment, readLink, zone) => {
  expect(hostZone(environment, readLink)).toBe(zone)
})
