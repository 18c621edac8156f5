import type { Notification } from '../deliver/policy/notifications.ts'

/** Hands notifications to delivery, in order, each when its cause is on record. */
interface RecordBeforeSend {
  readonly send: (notification: Notification) => void
  /** Resolves when all that was sent so far is handed over. */
  readonly settled: () => Promise<void>
}

export function createRecordBeforeSend(options: {
  /** Puts what was observed so far on record; resolves within a bound of its own. */
  readonly onRecord: () => Promise<void>
  /** Durable when it returns. */
  readonly deliver: (notification: Notification) => void
}): RecordBeforeSend {
  let waiting: Notification[] = []
  let work = Promise.resolve()

  const handOver = (): void => {
    const notifications = waiting
    waiting = []
    for (const notification of notifications) options.deliver(notification)
  }

  return {
    send: notification => {
      waiting.push(notification)
      // Several of one moment need one flush.
      if (waiting.length === 1) work = work.then(options.onRecord).then(handOver, handOver)
    },
    settled: () => work,
  }
}
