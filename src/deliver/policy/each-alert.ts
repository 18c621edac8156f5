import { alertKey, type Message, type NotificationPolicy } from './policy.ts'

/** `grouping: none`: every change at once; the end of everything that was sent, and of nothing else. */
export function createEachAlertPolicy(): NotificationPolicy {
  const open = new Set<string>()

  return {
    take: (alert, isWanted) => {
      const key = alertKey(alert)
      const message: Message = { alert, closes: [] }
      if (alert.status === 'resolved') {
        const isNotice = isWanted && alert.notes.includes('previous-boot')
        return open.delete(key) || isNotice ? [message] : []
      }
      if (!isWanted && !open.has(key)) return []
      open.add(key)
      return [message]
    },
    tick: () => [],
    adopt: alert => void open.add(alertKey(alert)),
    isOpen: alert => open.has(alertKey(alert)),
    save: () => [...open],
    restore: memory => {
      open.clear()
      for (const key of memory as readonly string[]) open.add(key)
    },
  }
}
