import type { Log } from '../host/log.ts'
import { createSteadyClock } from '../steady-clock.ts'
import type { Alert, WebhookSettings } from '../types.ts'
import type { Connection } from './connection.ts'
import type { Format, FormatContext, FormatRequest, Heartbeat } from './format/format.ts'
import { createLane, type Due, type Lane, type LaneEntry, mostPending, withPatience } from './lane.ts'
import type { Outcome } from './outcome.ts'
import { headersFor, outcomeOfError, post } from './post.ts'
import { createRedactor } from './redact.ts'

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

/** Sends what its lane says is due, one at a time, until it is stopped. */
export interface Sender {
  readonly webhook: WebhookSettings
  readonly lane: Lane
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

export interface SenderOptions {
  readonly webhook: WebhookSettings
  readonly url: string
  readonly format: Format
  readonly connection: Connection
  readonly agentVersion: string
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
  /** Entries below this number were left by an earlier life. */
  readonly leftBelow: number
  /** Did this life report an alert that was left by an earlier one? */
  readonly isConfirmed: (id: string) => boolean
  readonly onSettled: (n: number) => void
  readonly onOutcome: (event: DeliveryEvent) => void
}

/** How long an alert of an earlier life is told again to a target that forgets, unless this life confirms it. */
const heldMs = 15 * 60_000

/** An alert must not wait behind a heartbeat that hangs. */
const heartbeatTimeoutMs = 2_000

export function createSender(options: SenderOptions): Sender {
  const { webhook, url, format, connection, log, now, random } = options
  // A clock that is set back by an hour must not put the next attempt off by an hour.
  const steady = createSteadyClock()
  const steadyNow = (): number => steady(now())
  const { host } = new URL(url)
  const lane = createLane({
    ...(format.resendMs !== undefined && { resendMs: format.resendMs }),
    ...(format.limit && { limit: format.limit }),
    heldUntil: steadyNow() + heldMs,
    leftBelow: options.leftBelow,
    isConfirmed: options.isConfirmed,
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
    const due = lane.next(steadyNow())
    if ('entry' in due) void send(due)
    else if (due.waitMs !== null) timer = setTimeout(kick, Math.min(due.waitMs, 2 ** 31 - 1))
  }

  const send = async ({ entry, alert, toldSeverity }: Due): Promise<void> => {
    busy = true
    const begunAt = performance.now()
    const outcome = withPatience(await tell(alert, toldSeverity), entry, now())
    busy = false
    if (stopping.signal.aborted) return // it stays in the outbox, and is sent again with the same id
    settle(entry, outcome, performance.now() - begunAt)
    kick()
  }

  const tell = async (alert: Alert, toldSeverity: Alert['severity'] | null): Promise<Outcome> => {
    const context: FormatContext = { webhook, url, now: now(), toldSeverity }
    let request: FormatRequest
    try {
      request = format.request(alert, context)
    } catch (error) {
      return { kind: 'give-up', why: `format ${webhook.format} failed: ${(error as Error).message.slice(0, 200)}` }
    }
    return hand(request)
  }

  const hand = async (message: FormatRequest, timeoutMs = webhook.timeoutMs): Promise<Outcome> => {
    const result = await post({
      dispatcher: connection.dispatcher,
      message,
      headers,
      timeoutMs,
      signal: stopping.signal,
      hide,
    })
    return 'error' in result ? outcomeOfError(result) : format.outcome(result, now())
  }

  const settle = (entry: LaneEntry, outcome: Outcome, ms: number): void => {
    const done = lane.settle(entry, outcome, steadyNow(), random())
    report(entry, outcome, ms)
    for (const n of done) options.onSettled(n)
  }

  const report = ({ alert, failures }: LaneEntry, outcome: Outcome, ms: number): void => {
    const why = 'why' in outcome ? outcome.why : ''
    const fields = { webhook: webhook.name, host, id: alert.id, attempt: failures + 1, ms: Math.round(ms) }
    if (outcome.kind === 'delivered') {
      delivered++
      lastError = null
      log.info(fields, 'alert sent')
    } else {
      failed++
      if (outcome.kind === 'give-up') givenUp++
      lastError = why
      if (outcome.kind === 'retry') log.warn({ ...fields, why }, 'alert not taken yet, trying again')
      else if (outcome.kind === 'give-up') log.error({ ...fields, why }, 'alert refused, not tried again')
      else log.error({ ...fields, why }, 'webhook is gone: nothing is sent there until the next start')
    }
    options.onOutcome({ ...fields, kind: outcome.kind, why })
  }

  // A webhook that takes none is wrong before the first alert is due: said when that begins, and when it is over.
  const reportHeartbeat = (outcome: Outcome): void => {
    const isTaken = outcome.kind === 'delivered'
    const fields = { webhook: webhook.name, host }
    if (isTaken && !heartbeatsAreTaken) log.info(fields, 'heartbeats are taken again')
    if (!isTaken && heartbeatsAreTaken) log.warn({ ...fields, why: outcome.why }, 'heartbeat not taken')
    heartbeatsAreTaken = isTaken
  }

  return {
    webhook,
    lane,
    add: (n, alert) => {
      for (const stale of lane.add(n, alert)) options.onSettled(stale)
      if (lane.pending().length === mostPending)
        log.error({ webhook: webhook.name, host, pending: mostPending }, 'too many alerts wait: the oldest are let go')
      kick()
    },
    start: () => {
      started = true
      kick()
    },
    heartbeat: async heartbeat => {
      // A delivery under way is sign of life enough, and a failing receiver needs no more load.
      if (!format.heartbeat || busy || !started || lane.isDisabled() || stopping.signal.aborted) return
      busy = true
      const context: FormatContext = { webhook, url, now: now(), toldSeverity: null }
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
