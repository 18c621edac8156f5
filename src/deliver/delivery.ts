import { hostname, release, totalmem, type } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../host/log.ts'
import type { Alert, AlertNode, WebhookSettings } from '../types.ts'
import { type Connection, createConnection } from './connection.ts'
import { loadFormat } from './format/formats.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createLastWords } from './last-words.ts'
import { createOpenAlerts } from './open-alerts.ts'
import { openOutbox } from './outbox.ts'
import { isWanted } from './routing.ts'
import { createSender, type DeliveryEvent, type Sender } from './sender.ts'
import { warmUp } from './warm-up.ts'

export type { DeliveryEvent } from './sender.ts'

export interface Delivery {
  /**
   * Takes an alert: when it returns, the end of this process does not lose it. Sending begins in the same turn. An id
   * that was taken before, also by an earlier run, is not sent again; it confirms that the alert still holds.
   */
  readonly accept: (alert: Alert) => void
  /** Was an alert of this id accepted before, also by an earlier run? Remembers the newest thousand. */
  readonly wasAccepted: (id: string) => boolean
  /** Loads the formats, opens the connections, warms the code path, and sends what the last run left. */
  readonly start: () => Promise<void>
  readonly state: () => DeliveryState
  /** Waits until everything is delivered or refused, at most this long. */
  readonly drain: (deadlineMs: number) => Promise<void>
  /** Ends within a second, also while a webhook hangs; what was not delivered stays in the outbox. */
  readonly stop: () => Promise<void>
}

export interface DeliveryState {
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
  /** Told of every attempt. */
  readonly onOutcome?: (event: DeliveryEvent) => void
  /** 0 or absent: no heartbeat. */
  readonly heartbeatMs?: number
  /** What a heartbeat says of the node; default: what the operating system says of this one. */
  readonly node?: () => AlertNode
  readonly outboxBytes?: number
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly now?: () => number
  readonly random?: () => number
}

/** Opens the outbox and prepares delivery. Throws OOMLOOP_STATE_DIR, and OOMLOOP_SETTINGS for a certificate. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { log, now = Date.now, random = Math.random } = options
  const routes = options.webhooks.flatMap(webhook =>
    webhook.urls.map((url, index) => ({ lane: index === 0 ? webhook.name : `${webhook.name}/${index}`, webhook, url })),
  )
  // Before the outbox: where a certificate cannot be read, no file stays open.
  const connections = createConnections(routes, options.environment ?? process.env)
  const outbox = openOutbox({
    stateDir: options.stateDir,
    log,
    now,
    ...(options.outboxBytes !== undefined && { bytes: options.outboxBytes }),
  })
  const senders = new Map<string, Sender>()
  /** Accepted before start() had loaded the formats. */
  const early: { readonly n: number; readonly alert: Alert }[] = []
  const leftIds = new Set(outbox.left.map(({ alert }) => alert.id))
  const confirmed = new Set<string>()
  const open = createOpenAlerts()
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
  const lastWords = createLastWords({
    speak: (alert, stalledMs) => {
      log.warn({ id: alert.id, stalledMs: Math.round(stalledMs) }, 'this node stalls: last words are sent')
      accept({ ...alert, at: new Date(now()).toISOString() })
    },
  })
  let stopped = false

  const accept = (alert: Alert): void => {
    send(alert)
    braceFor(alert)
  }

  const send = (alert: Alert): void => {
    if (outbox.knows(alert.id)) {
      if (leftIds.has(alert.id)) confirmed.add(alert.id)
      return
    }
    const lanes = routes.filter(({ lane, webhook }) => isWanted(alert, webhook) || senders.get(lane)?.lane.knows(alert))
    if (lanes.length === 0) return
    const n = outbox.accept(
      alert,
      lanes.map(({ lane }) => lane),
    )
    if (senders.size === 0) early.push({ n, alert })
    for (const { lane } of lanes) senders.get(lane)?.add(n, alert)
  }

  /** From the first sign to recovery connections are kept open at any price: the next alert may be the last. */
  const braceFor = (alert: Alert): void => {
    open.take(alert)
    lastWords.heed(alert)
    for (const connection of connections.values()) connection.brace(!open.isEmpty())
    heartbeat.changed()
  }

  const start = async (): Promise<void> => {
    const formats = await Promise.all(routes.map(({ webhook }) => loadFormat(webhook.format)))
    await warmUp(routes.map((route, index) => ({ ...route, format: formats[index]! })))
    const leftBelow = outbox.left.at(-1) ? outbox.left.at(-1)!.n + 1 : 0
    routes.forEach(({ lane, webhook, url }, index) => {
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
        isConfirmed: id => confirmed.has(id),
        onSettled: n => outbox.settle(n, lane),
        onOutcome: event => options.onOutcome?.(event),
      })
      senders.set(lane, sender)
    })
    resume()
    await within(Promise.all([...connections.values()].map(({ warm }) => warm())), 1000)
    if (stopped) return
    for (const sender of senders.values()) sender.start()
    heartbeat.start()
  }

  const resume = (): void => {
    if (outbox.left.length > 0) log.info({ alerts: outbox.left.length }, 'alerts of the last run are sent now')
    for (const { n, alert, lanes } of outbox.left) {
      for (const lane of [...lanes]) {
        const sender = senders.get(lane)
        if (sender) sender.add(n, alert)
        else {
          log.warn({ webhook: lane, id: alert.id }, 'alert let go: its webhook is no longer configured')
          outbox.settle(n, lane)
        }
      }
    }
    for (const { n, alert } of early.splice(0)) {
      for (const { lane, webhook } of routes) if (isWanted(alert, webhook)) senders.get(lane)!.add(n, alert)
    }
  }

  const state = (): DeliveryState => {
    const perWebhook = [...senders].map(([lane, { lane: queue, counts }]) => ({
      webhook: lane,
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
    lastWords.stop()
    for (const sender of senders.values()) sender.stop()
    await within(Promise.allSettled([...[...connections.values()].map(({ close }) => close()), outbox.synced()]), 800)
    outbox.close()
  }

  return { accept, wasAccepted: outbox.knows, start, state, drain, stop }
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
