import type { Alert } from '../types.ts'

/** What fires, by the newest alert of each subject of each incident. */
export interface OpenAlerts {
  readonly take: (alert: Alert) => void
  readonly isEmpty: () => boolean
  /** In the order in which they began to fire. */
  readonly list: () => readonly Alert[]
}

export function createOpenAlerts(): OpenAlerts {
  const open = new Map<string, Alert>()
  return {
    take: alert => {
      const thread = threadOf(alert)
      if (alert.status === 'firing') open.set(thread, alert)
      else open.delete(thread)
    },
    isEmpty: () => open.size === 0,
    list: () => [...open.values()],
  }
}

/** What replaces what: the same subject of the same incident. */
export function threadOf({ incident, type, subject }: Alert): string {
  return `${incident}\n${type}\n${subject}`
}
