import type { Alert } from '../../types.ts'
import { alertKey } from '../policy/policy.ts'

/** What fires, by the newest alert of each subject of each incident. */
interface OpenAlerts {
  readonly take: (alert: Alert) => void
  /** Alerts that are resolved by a message about another one. */
  readonly close: (keys: Iterable<string>) => void
  readonly isEmpty: () => boolean
  /** In the order in which they began to fire. */
  readonly list: () => readonly Alert[]
}

export function createOpenAlerts(): OpenAlerts {
  const open = new Map<string, Alert>()
  return {
    take: alert => {
      const key = alertKey(alert)
      if (alert.status === 'firing') open.set(key, alert)
      else open.delete(key)
    },
    close: keys => {
      for (const key of keys) open.delete(key)
    },
    isEmpty: () => open.size === 0,
    list: () => [...open.values()],
  }
}

/** The keys alone of what fires: an alert with its lists is 4 KiB, and a thousand may fire. */
export function createOpenKeys(): Pick<OpenAlerts, 'take' | 'close' | 'isEmpty'> & {
  /** In the order in which they began to fire. */
  readonly keys: () => readonly string[]
} {
  const open = new Set<string>()
  return {
    take: alert => {
      if (alert.status === 'firing') open.add(alertKey(alert))
      else open.delete(alertKey(alert))
    },
    close: keys => {
      for (const key of keys) open.delete(key)
    },
    isEmpty: () => open.size === 0,
    keys: () => [...open],
  }
}
