import type { Alert } from '../types.ts'

/** Hands alerts to whoever delivers them, in order, each when its cause is on record. */
export interface Telling {
  readonly tell: (alert: Alert) => void
  /** Resolves when all that was told so far is handed over. */
  readonly settled: () => Promise<void>
}

export function createTelling(options: {
  /** Puts what was observed so far on record; resolves within a bound of its own. */
  readonly onRecord: () => Promise<void>
  /** Durable when it returns. */
  readonly hand: (alert: Alert) => void
}): Telling {
  let waiting: Alert[] = []
  let work = Promise.resolve()

  const handOver = (): void => {
    const alerts = waiting
    waiting = []
    for (const alert of alerts) options.hand(alert)
  }

  return {
    tell: alert => {
      waiting.push(alert)
      // Several alerts of one moment need one flush.
      if (waiting.length === 1) work = work.then(options.onRecord).then(handOver, handOver)
    },
    settled: () => work,
  }
}
