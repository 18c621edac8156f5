import type { Log } from '../log.ts'
import { createSteadyClock } from '../monotonic-clock.ts'
import { logMessages } from '../text/messages/catalogues.ts'
import type { Alert, Severity, WebhookSettings } from '../types.ts'
import type { Connection } from './http/connection.ts'
import { deliveryLogMessages } from './http/delivery-error.ts'
import type { Format, FormatContext, FormatRequest, Heartbeat } from './http/format.ts'
import type { Outcome } from './http/outcome.ts'
import { headersFor, outcomeOfError, post } from './http/post.ts'
import { createRedactor } from './http/redact.ts'
import { inLocale } from './in-locale.ts'
import {
  createWebhookQueue,
  type Due,
  mostPending,
  type QueuedAlert,
  type WebhookQueue,
  withPatience,
} from './webhook-queue.ts'

/** What became of one attempt, for log, metrics and tests. */
export interface DeliveryEvent {
  readonly webhook: string
  /** The receiver's host; never its path, which may be a secret. */
  readonly host: string
  readonly id: string
  readonly kind: Outcome['kind']
  readonly why: string
  readonly attempt: number
  readonly ms: number
}

/** Sends what its queue says is due, one at a time, until it is stopped. */
export interface Sender {
  readonly webhook: WebhookSettings
  readonly queue: WebhookQueue
  readonly add: (n: number, alert: Alert) => void
  /** Begins to send; before it, alerts wait. */
  readonly start: () => void
  readonly heartbeat: (heartbeat: Heartbeat) => Promise<void>
  readonly counts: () => {
    readonly delivered: number
    readonly failed: number
    readonly givenUp: number
    readonly lastError: string | null
  }
  readonly stop: () => void
}

interface SenderOptions {
  readonly webhook: WebhookSettings
  readonly url: string
  readonly format: Format
  readonly connection: Connection
  readonly agentVersion: string
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
  /** Entries below this number were left by an earlier run. */
  readonly leftBelow: number
  /** Does this run report an alert that was left by an earlier one? */
  readonly isConfirmed: (alert: Alert) => boolean
  /** What earlier runs have sent here and not the end of: severity by key. */
  readonly notified: ReadonlyMap<string, Severity>
  /** This queue is done with a message; `isDelivered`: because its receiver has it. */
  readonly onSettled: (n: number, isDelivered: boolean) => void
  readonly onOutcome: (event: DeliveryEvent) => void
}

/** How long an alert of an earlier run is sent again to a target that forgets, unless this run confirms it. */
const heldMs = 15 * 60_000

/** An alert must not wait behind a heartbeat that hangs. */
const heartbeatTimeoutMs = 2_000

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the queue of one receiver
export function createSender(options: SenderOptions): Sender {
  const { webhook, url, format, connection, log, now, random } = options
  // A clock that is set back by an hour must not put the next attempt off by an hour.
  const steady = createSteadyClock()
  const steadyNow = (): number => steady(now())
  const { host } = new URL(url)
  const queue = createWebhookQueue({
    ...(format.resendMs !== undefined && { resendMs: format.resendMs }),
    ...(format.limit && { limit: format.limit }),
    heldUntil: steadyNow() + heldMs,
    leftBelow: options.leftBelow,
    isConfirmed: options.isConfirmed,
    notified: options.notified,
  })
  const headers = headersFor(webhook, options.agentVersion)
  const hide = createRedactor(webhook)
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | null = null
  let started = false
  let busy = false
  let heartbeatsAreTaken = true
  let delivered = 0
  let failed = 0
  let givenUp = 0
  let lastError: string | null = null

  const kick = (): void => {
    if (!started || busy || stopping.signal.aborted) return
    if (timer) clearTimeout(timer)
    timer = null
    const due = queue.next(steadyNow())
    if ('entry' in due) void send(due)
    else if (due.waitMs !== null) timer = setTimeout(kick, Math.min(due.waitMs, 2 ** 31 - 1))
  }

  const send = async ({ entry, alert, notifiedSeverity }: Due): Promise<void> => {
    busy = true
    const begunAt = performance.now()
    const outcome = withPatience(await request(alert, notifiedSeverity), entry, now())
    busy = false
    if (stopping.signal.aborted) return // it stays in the outbox, and is sent again with the same id
    settle(entry, outcome, performance.now() - begunAt)
    kick()
  }

  const request = async (alert: Alert, notifiedSeverity: Alert['severity'] | null): Promise<Outcome> => {
    const context: FormatContext = { webhook, url, now: now(), notifiedSeverity }
    let message: FormatRequest
    try {
      message = format.request(inLocale(alert, webhook.locale), context)
    } catch (error) {
      const why = (error as Error).message.slice(0, 200)
      return { kind: 'give-up', why: deliveryLogMessages.formatFailed({ format: webhook.format, why }) }
    }
    return hand(message)
  }

  const hand = async (message: FormatRequest, timeoutMs = webhook.timeoutMs): Promise<Outcome> => {
    const result = await post({
      agent: connection.agent,
      message,
      headers,
      timeoutMs,
      signal: stopping.signal,
      hide,
    })
    return 'error' in result ? outcomeOfError(result) : format.outcome(result, { now: now(), t: deliveryLogMessages })
  }

  const settle = (entry: QueuedAlert, outcome: Outcome, ms: number): void => {
    const done = queue.settle(entry, outcome, steadyNow(), random())
    report(entry, outcome, ms)
    for (const n of done) options.onSettled(n, n === entry.n && outcome.kind === 'delivered')
  }

  const report = ({ alert, failures }: QueuedAlert, outcome: Outcome, ms: number): void => {
    const why = 'why' in outcome ? outcome.why : ''
    const fields = { webhook: webhook.name, host, id: alert.id, attempt: failures + 1, ms: Math.round(ms) }
    if (outcome.kind === 'delivered') {
      delivered++
      lastError = null
      log.info(fields, logMessages.alertSent)
    } else {
      failed++
      if (outcome.kind === 'give-up') givenUp++
      lastError = why
      if (outcome.kind === 'retry') log.warn({ ...fields, why }, logMessages.alertNotAccepted)
      else if (outcome.kind === 'give-up') log.error({ ...fields, why }, logMessages.alertRefused)
      else log.error({ ...fields, why }, logMessages.webhookGone)
    }
    options.onOutcome({ ...fields, kind: outcome.kind, why })
  }

  // A webhook that takes none is wrong before the first alert is due: said when that begins, and when it is over.
  const reportHeartbeat = (outcome: Outcome): void => {
    const isTaken = outcome.kind === 'delivered'
    const fields = { webhook: webhook.name, host }
    if (isTaken && !heartbeatsAreTaken) log.info(fields, logMessages.heartbeatAccepted)
    if (!isTaken && heartbeatsAreTaken) log.warn({ ...fields, why: outcome.why }, logMessages.heartbeatNotAccepted)
    heartbeatsAreTaken = isTaken
  }

  return {
    webhook,
    queue,
    add: (n, alert) => {
      for (const stale of queue.add(n, alert)) options.onSettled(stale, false)
      if (queue.pending().length === mostPending)
        log.error({ webhook: webhook.name, host, pending: mostPending }, logMessages.queueFull)
      kick()
    },
    start: () => {
      started = true
      kick()
    },
    heartbeat: async heartbeat => {
      // A delivery under way is sign of life enough, and a failing receiver needs no more load.
      if (!format.heartbeat || busy || !started || queue.isDisabled() || stopping.signal.aborted) return
      busy = true
      const context: FormatContext = { webhook, url, now: now(), notifiedSeverity: null }
      const outcome = await hand(format.heartbeat(heartbeat, context), Math.min(webhook.timeoutMs, heartbeatTimeoutMs))
      busy = false
      if (!stopping.signal.aborted) reportHeartbeat(outcome)
      kick()
    },
    counts: () => ({ delivered, failed, givenUp, lastError }),
    stop: () => {
      if (timer) clearTimeout(timer)
      stopping.abort()
    },
  }
}
