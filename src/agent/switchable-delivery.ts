import type { Delivery } from '../deliver/delivery.ts'
import { createOpenAlerts } from '../deliver/open-alerts.ts'
import type { Alert } from '../types.ts'

/** Where alerts leave: a delivery that can be exchanged while the agent runs, or the terminal where there is none. */
export interface Outlet {
  /** Durable when it returns, but for the moment of an exchange. */
  readonly accept: (alert: Alert) => void
  /** Takes an alert that was told and still fires: no receiver is to let it lapse. */
  readonly confirm: (alert: Alert) => void
  readonly current: () => Delivery | null
  /**
   * Ends the delivery that is, and goes on with the one that `open` makes; alerts of the meantime are kept in memory.
   * Where that cannot be opened or started it goes on as before, and throws.
   */
  readonly exchange: (open: OpenDelivery) => Promise<void>
}

export type OpenDelivery = () => Delivery | null

/** Opens the first delivery; it is started by whoever asked for it. */
export function createOutlet(first: OpenDelivery, print: (alert: Alert) => void): Outlet {
  let open = first
  let delivery = open()
  let meanwhile: Alert[] | null = null
  const fires = createOpenAlerts()

  const accept = (alert: Alert): void => {
    fires.take(alert)
    if (meanwhile) meanwhile.push(alert)
    else if (delivery) delivery.accept(alert)
    else print(alert)
  }

  const confirm = (alert: Alert): void => {
    fires.take(alert)
    if (delivery?.wasAccepted(alert.id)) delivery.accept(alert)
  }

  const handOver = (): void => {
    const kept = meanwhile ?? []
    meanwhile = null
    for (const alert of kept) accept(alert)
  }

  const replaceBy = async (openNext: OpenDelivery): Promise<void> => {
    meanwhile ??= []
    // Both would keep the same outbox: the one must have let go of it.
    await delivery?.stop()
    delivery = null
    delivery = openNext()
    // It takes them for those of a run that is over, as it found them in the outbox.
    for (const alert of fires.list()) confirm(alert)
    handOver()
    await delivery?.start()
  }

  return {
    accept,
    confirm,
    current: () => delivery,
    exchange: async openNext => {
      try {
        await replaceBy(openNext)
        open = openNext
      } catch (error) {
        await replaceBy(open).catch((cause: Error) => {
          handOver()
          const why = `${(error as Error).message}; what was before cannot be opened again either (${cause.message})`
          throw new Error(`${why}: nothing is sent until the next start`, { cause })
        })
        throw error
      }
    },
  }
}
