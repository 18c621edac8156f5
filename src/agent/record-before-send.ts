import type { Notification } from '../deliver/policy/notifications.ts'

/** Hands notifications to the delivery in order, each as soon as its cause is on disk. */
interface RecordBeforeSend {
  readonly send: (notification: Notification) => void
  /** Resolves when all that was sent so far is handed over. */
  readonly settled: () => Promise<void>
}

export function createRecordBeforeSend(options: {
  /** Writes the observations so far to disk; resolves within a time limit. */
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
