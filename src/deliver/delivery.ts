import { hostname, release, totalmem, type } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { logMessages } from '../text/messages/catalogues.ts'
import type { Alert, AlertNode, Locale, WebhookSettings } from '../types.ts'
import { loadFormat } from './format/load-format.ts'
import { createHeartbeat } from './heartbeat.ts'
import { type Connection, createConnection } from './http/connection.ts'
import { createOpenKeys } from './outbox/open-alerts.ts'
import { openOutbox } from './outbox/outbox.ts'
import { alertKey } from './policy/policy.ts'
import { isWanted } from './policy/routing.ts'
import { warmUp } from './prepare-connection.ts'
import { createSender, type DeliveryEvent, type Sender } from './sender.ts'
import { createStallAlert } from './stall-alert.ts'

export type { DeliveryEvent } from './sender.ts'

export interface Delivery {
  /**
   * Takes an alert. Sending begins in the same turn, and the outbox is written meanwhile. An id that was taken before, also
   * by an earlier run, is not sent again; it confirms that the alert still holds.
   */
  readonly accept: (alert: Alert, how?: Routed) => void
  /** Alerts that were sent or will be, and are not resolved, also from earlier runs and boots. By webhook. */
  readonly notified: () => readonly { readonly webhook: string; readonly alert: Alert }[]
  /** Alerts that an earlier run sent and that still fire, so that no receiver lets them expire. */
  readonly confirm: (keys: Iterable<string>) => void
  /** Resolves when every accepted alert would survive the end of this process, or the disk refuses. */
  readonly written: () => Promise<void>
  /** The state directory was removed or replaced: keeps what is open in the directory that is there now. */
  readonly reopen: () => Promise<void>
  /** Was an alert of this id accepted before, also by an earlier run? Remembers the newest thousand. */
  readonly wasAccepted: (id: string) => boolean
  /** Loads the formats, opens the connections, warms the code path, and sends pending alerts of the last run. */
  readonly start: () => Promise<void>
  readonly state: () => DeliveryState
  /** Waits until everything is delivered or refused, at most this long. */
  readonly drain: (deadlineMs: number) => Promise<void>
  /** Stops within a second, also while a webhook hangs. Undelivered alerts stay in the outbox. */
  readonly stop: () => Promise<void>
}

/** Receivers that the policy chose; without it, the routes decide. */
export interface Routed {
  /** Names of webhooks. */
  readonly to: readonly string[]
  /** Keys of the alerts that are over with this message, besides its own. */
  readonly closes?: readonly string[]
}

interface DeliveryState {
  readonly pending: number
  readonly delivered: number
  /** Attempts that failed, each counted. */
  readonly failed: number
  /** Alerts that the disk had no room for. */
  readonly memoryOnly: number
  readonly perWebhook: readonly {
    readonly webhook: string
    readonly pending: number
    readonly delivered: number
    readonly failed: number
    /** Alerts that are not tried again: refused for good, or not taken for three days. */
    readonly givenUp: number
    readonly lastError: string | null
    readonly disabled: boolean
  }[]
}

export interface DeliveryOptions {
  readonly webhooks: readonly WebhookSettings[]
  readonly stateDir: string
  readonly log: Log
  readonly agentVersion: string
  /** Language of errors; default en. */
  readonly locale?: Locale
  /** Called after every attempt. */
  readonly onOutcome?: (event: DeliveryEvent) => void
  /** 0 or absent: no heartbeat. */
  readonly heartbeatMs?: number
  /** Is memory so short at this moment that tasks wait for it? Asked before a stall alert is sent; absent: always. */
  readonly isShortOfMemory?: () => boolean
  /** Node facts of a heartbeat; default: from the operating system. */
  readonly node?: () => AlertNode
  readonly outboxBytes?: number
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly now?: () => number
  readonly random?: () => number
}

/** Opens the outbox and prepares delivery. Throws OOMLOOP_STATE_DIR, and OOMLOOP_SETTINGS for a certificate. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the outbox and the senders
export function createDelivery(options: DeliveryOptions): Delivery {
  const { log, now = Date.now, random = Math.random } = options
  const routes = options.webhooks.flatMap(webhook =>
    webhook.urls.map((url, index) => ({
      queue: index === 0 ? webhook.name : `${webhook.name}/${index}`,
      webhook,
      url,
    })),
  )
  // Before the outbox: where a certificate cannot be read, no file stays open.
  const connections = createConnections(routes, options.environment ?? process.env)
  const outbox = openOutbox({
    stateDir: options.stateDir,
    log,
    locale: options.locale,
    ...(options.outboxBytes !== undefined && { bytes: options.outboxBytes }),
  })
  const senders = new Map<string, Sender>()
  /** Accepted before start() had loaded the formats. */
  const early: { readonly n: number; readonly alert: Alert; readonly queues: readonly string[] }[] = []
  const leftIds = new Map(outbox.left.map(({ alert }) => [alert.id, alertKey(alert)]))
  const confirmed = new Set<string>()
  const open = createOpenKeys()
  const heartbeat = createHeartbeat({
    intervalMs: options.heartbeatMs ?? 0,
    now,
    random,
    send: beat => {
      for (const sender of senders.values()) void sender.heartbeat(beat)
    },
    isIncident: () => !open.isEmpty(),
    pending: () => outbox.state().open,
    node: options.node ?? (() => thisNode(options.agentVersion)),
  })
  const stallAlert = createStallAlert({
    isShortOfMemory: options.isShortOfMemory ?? (() => true),
    send: (alert, stalledMs) => {
      log.warn({ id: alert.id, stalledMs: Math.round(stalledMs) }, logMessages.stallAlert)
      accept({ ...alert, at: new Date(now()).toISOString() })
    },
  })
  let stopped = false

  const accept: Delivery['accept'] = (alert, how) => {
    send(alert, how)
    braceFor(alert, how?.closes ?? [])
  }

  const send = (alert: Alert, how: Routed | undefined): void => {
    if (outbox.knows(alert.id)) {
      const key = leftIds.get(alert.id)
      if (key !== undefined) confirmed.add(key)
      return
    }
    const queues = routes
      .filter(({ queue, webhook }) =>
        how ? how.to.includes(webhook.name) : isWanted(alert, webhook) || senders.get(queue)?.queue.knows(alert),
      )
      .map(({ queue }) => queue)
    if (queues.length === 0) return
    const n = outbox.accept(alert, queues, how?.closes)
    if (senders.size === 0) early.push({ n, alert, queues })
    for (const queue of queues) senders.get(queue)?.add(n, alert)
  }

  /** From the first sign to recovery connections are always kept open, because the next alert may be the last one. */
  const braceFor = (alert: Alert, closes: readonly string[]): void => {
    open.take(alert)
    open.close(closes)
    stallAlert.take(alert)
    for (const connection of connections.values()) connection.brace(!open.isEmpty())
    heartbeat.changed()
  }

  const start = async (): Promise<void> => {
    const formats = await Promise.all(routes.map(({ webhook }) => loadFormat(webhook.format)))
    await warmUp(routes.map((route, index) => ({ ...route, format: formats[index]! })))
    const leftBelow = outbox.left.at(-1) ? outbox.left.at(-1)!.n + 1 : 0
    routes.forEach(({ queue, webhook, url }, index) => {
      const sender = createSender({
        webhook,
        url,
        format: formats[index]!,
        connection: connections.get(connectionKey(url, webhook))!,
        agentVersion: options.agentVersion,
        log,
        now,
        random,
        leftBelow,
        isConfirmed: alert => confirmed.has(alertKey(alert)),
        notified: new Map(
          outbox.delivered
            .filter(({ queues }) => queues.includes(queue))
            .map(({ alert }) => [alertKey(alert), alert.severity]),
        ),
        onSettled: (n, isDelivered) => outbox.settle(n, queue, isDelivered),
        onOutcome: event => options.onOutcome?.(event),
      })
      senders.set(queue, sender)
    })
    resume()
    await within(Promise.all([...connections.values()].map(({ warm }) => warm())), 1000)
    if (stopped) return
    for (const sender of senders.values()) sender.start()
    heartbeat.start()
  }

  const resume = (): void => {
    if (outbox.left.length > 0) log.info({ alerts: outbox.left.length }, logMessages.leftAlerts)
    for (const { n, alert, queues } of outbox.left) {
      for (const queue of [...queues]) {
        const sender = senders.get(queue)
        if (sender) sender.add(n, alert)
        else {
          log.warn({ webhook: queue, id: alert.id }, logMessages.webhookRemoved)
          outbox.settle(n, queue, false)
        }
      }
    }
    for (const { n, alert, queues } of early.splice(0)) for (const queue of queues) senders.get(queue)!.add(n, alert)
  }

  const state = (): DeliveryState => {
    const perWebhook = [...senders].map(([name, { queue, counts }]) => ({
      webhook: name,
      pending: queue.pending().length,
      disabled: queue.isDisabled(),
      ...counts(),
    }))
    const sum = (field: 'pending' | 'delivered' | 'failed') =>
      perWebhook.reduce((total, each) => total + each[field], 0)
    return {
      pending: senders.size > 0 ? sum('pending') : outbox.state().open,
      delivered: sum('delivered'),
      failed: sum('failed'),
      memoryOnly: outbox.state().memoryOnly,
      perWebhook,
    }
  }

  const drain = async (deadlineMs: number): Promise<void> => {
    const until = performance.now() + deadlineMs
    while (!stopped && state().pending > 0 && performance.now() < until) await pause(5)
    await within(outbox.synced(), Math.max(0, until - performance.now()))
  }

  const stop = async (): Promise<void> => {
    if (stopped) return
    stopped = true
    heartbeat.stop()
    stallAlert.stop()
    for (const sender of senders.values()) sender.stop()
    await within(Promise.allSettled([...[...connections.values()].map(({ close }) => close()), outbox.close()]), 800)
  }

  return {
    accept,
    notified: () => {
      const webhooks = new Map(routes.map(({ queue, webhook }) => [queue, webhook.name]))
      return outbox.notified().flatMap(({ alert, queues }) => {
        const names = new Set(queues.flatMap(queue => webhooks.get(queue) ?? []))
        return [...names].map(webhook => ({ webhook, alert }))
      })
    },
    confirm: keys => {
      for (const key of keys) confirmed.add(key)
    },
    written: outbox.written,
    reopen: outbox.reopen,
    wasAccepted: outbox.knows,
    start,
    state,
    drain,
    stop,
  }
}

/** One connection per origin and identity: a small receiver may serve one at a time. */
function createConnections(
  routes: readonly { readonly url: string; readonly webhook: WebhookSettings }[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, Connection> {
  const connections = new Map<string, Connection>()
  for (const { url, webhook } of routes) {
    const key = connectionKey(url, webhook)
    if (!connections.has(key)) connections.set(key, createConnection(url, webhook, environment))
  }
  return connections
}

function connectionKey(url: string, { caFile, certFile, keyFile }: WebhookSettings): string {
  return [new URL(url).origin, caFile, certFile, keyFile].join('\n')
}

function thisNode(agentVersion: string): AlertNode {
  const memTotalKiB = Math.round(totalmem() / 1024)
  return { name: hostname(), kernel: release(), os: type(), memTotalKiB, bootId: null, agentVersion, labels: {} }
}

/** Waits for the work, but no longer than this. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    work,
    new Promise(resolve => {
      timer = setTimeout(resolve, ms)
    }),
  ])
  clearTimeout(timer)
}
