import type { Delivery } from '../deliver/delivery.ts'
import type { Alert } from '../types.ts'

/** Where alerts leave: a delivery that can be exchanged while the agent runs, or the terminal where there is none. */
export interface Outlet {
  /** Durable when it returns, but for the moment of an exchange. */
  readonly accept: (alert: Alert) => void
  readonly current: () => Delivery | null
  /** Ends the delivery that is, and goes on with the one that `open` makes; alerts of the meantime are kept in memory. */
  readonly exchange: (open: () => Delivery | null) => Promise<void>
}

export function createOutlet(first: Delivery | null, print: (alert: Alert) => void): Outlet {
  let delivery = first
  let meanwhile: Alert[] | null = null

  const accept = (alert: Alert): void => {
    if (meanwhile) meanwhile.push(alert)
    else if (delivery) delivery.accept(alert)
    else print(alert)
  }

  return {
    accept,
    current: () => delivery,
    exchange: async open => {
      meanwhile = []
      try {
        // Both would keep the same outbox: the one must have let go of it.
        await delivery?.stop()
        delivery = null
        delivery = open()
      } finally {
        const kept = meanwhile
        meanwhile = null
        for (const alert of kept) accept(alert)
      }
      await delivery?.start()
    },
  }
}
