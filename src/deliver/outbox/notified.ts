import { keepNewest } from '../../keep-newest.ts'
import type { Alert } from '../../types.ts'
import { withoutLists } from '../policy/digest.ts'
import { alertKey } from '../policy/policy.ts'

/** Alerts that each receiver has and that are not resolved yet, so that a later boot can resolve them. */
export interface NotifiedMemory {
  readonly add: (alert: Alert, queues: Iterable<string>) => void
  /** A queue is done with a message: delivered, or not. */
  readonly settle: (
    message: { readonly alert: Alert; readonly closes: readonly string[] },
    queue: string,
    isDelivered: boolean,
  ) => void
  readonly list: () => readonly Notified[]
}

export interface Notified {
  /** Without its lists: enough to send its end. */
  readonly alert: Alert
  readonly queues: readonly string[]
}

/** Limited, because names come from users of the node: the oldest are dropped. */
const mostNotified = 1_000

export function createNotified(): NotifiedMemory {
  const notified = new Map<string, { alert: Alert; readonly queues: Set<string> }>()

  const add = (alert: Alert, added: Iterable<string>): void => {
    const key = alertKey(alert)
    const queues = notified.get(key)?.queues ?? new Set<string>()
    for (const queue of added) queues.add(queue)
    keepNewest(notified, key, { alert: withoutLists(alert), queues }, mostNotified)
  }

  const remove = (key: string, queue: string): void => {
    const entry = notified.get(key)
    entry?.queues.delete(queue)
    if (entry?.queues.size === 0) notified.delete(key)
  }

  return {
    add,
    settle: ({ alert, closes }, queue, isDelivered) => {
      if (alert.status === 'firing' && isDelivered) add(alert, [queue])
      // A receiver that refuses a resolution will refuse it later too.
      if (alert.status === 'resolved') remove(alertKey(alert), queue)
      for (const key of closes) remove(key, queue)
    },
    list: () => [...notified.values()].map(({ alert, queues }) => ({ alert, queues: [...queues] })),
  }
}
