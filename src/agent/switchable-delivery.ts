import type { Delivery, Routed } from '../deliver/delivery.ts'
import { createOpenKeys } from '../deliver/outbox/open-alerts.ts'
import { alertKey } from '../deliver/policy/policy.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { Alert, Locale } from '../types.ts'

/** A delivery that can be exchanged while the agent runs, or the terminal where there is none. */
export interface SwitchableDelivery {
  /** Durable when it returns, but for the moment of an exchange. */
  readonly accept: (alert: Alert, how?: Routed) => void
  /** Keys of alerts that were sent and still fire, so that no receiver lets them expire. */
  readonly confirm: (keys: readonly string[]) => void
  readonly current: () => Delivery | null
  /**
   * Ends the delivery that is, and goes on with the one that `open` makes; alerts of the meantime are kept in memory.
   * Where that cannot be opened or started it goes on as before, and throws.
   */
  readonly exchange: (open: OpenDelivery) => Promise<void>
}

type OpenDelivery = () => Delivery | null

/** Opens the first delivery; the caller starts it. */
export function createSwitchableDelivery(
  first: OpenDelivery,
  print: (alert: Alert) => void,
  locale: Locale = 'en',
): SwitchableDelivery {
  let open = first
  let delivery = open()
  let meanwhile: { readonly alert: Alert; readonly how: Routed | undefined }[] | null = null
  /** Sent by an earlier run, and still firing when this one began. */
  let earlier: readonly string[] = []
  const fires = createOpenKeys()

  const accept: SwitchableDelivery['accept'] = (alert, how) => {
    fires.take(alert)
    fires.close(how?.closes ?? [])
    if (alert.status === 'resolved') earlier = earlier.filter(key => key !== alertKey(alert))
    if (meanwhile) meanwhile.push({ alert, how })
    else if (delivery) delivery.accept(alert, how)
    else print(alert)
  }

  const confirm = (keys: readonly string[]): void => {
    earlier = keys
    delivery?.confirm(keys)
  }

  const handOver = (): void => {
    const kept = meanwhile ?? []
    meanwhile = null
    for (const { alert, how } of kept) accept(alert, how)
  }

  const replaceBy = async (openNext: OpenDelivery): Promise<void> => {
    meanwhile ??= []
    // Both would use the same outbox, so the first must have closed it.
    await delivery?.stop()
    delivery = null
    delivery = openNext()
    // It takes them for those of a run that is over, as it found them in the outbox.
    delivery?.confirm([...earlier, ...fires.keys()])
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
          const why = (error as Error).message
          throw new Error(messagesOf(locale).agent.reopenFailed({ why, cause: cause.message }), { cause })
        })
        throw error
      }
    },
  }
}
