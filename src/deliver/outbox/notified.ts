import { keepNewest } from '../../keep-newest.ts'
import type { Alert } from '../../types.ts'
import { withoutLists } from '../policy/digest.ts'
import { alertKey } from '../policy/policy.ts'

/** What each receiver was sent and has not been sent the end of, so that also a later boot can end it. */
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

/** Bounded, since subjects come from strangers: the oldest go. */
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
      // A receiver that refuses an end will not take it later either.
      if (alert.status === 'resolved') remove(alertKey(alert), queue)
      for (const key of closes) remove(key, queue)
    },
    list: () => [...notified.values()].map(({ alert, queues }) => ({ alert, queues: [...queues] })),
  }
}
