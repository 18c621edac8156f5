import { hostname } from 'node:os'
import { type Agent, createAgent } from '../../agent/agent.ts'
import { createRecordBeforeSend } from '../../agent/record-before-send.ts'
import { createSwitchableDelivery, type SwitchableDelivery } from '../../agent/switchable-delivery.ts'
import { createDeliveryToAll } from '../../deliver/all-webhooks.ts'
import type { Delivery } from '../../deliver/delivery.ts'
import { createNotifications, type Notifications } from '../../deliver/policy/notifications.ts'
import type { Log } from '../../log.ts'
import { createRecorder, type Recorder } from '../../recording/recorder.ts'
import type { Settings } from '../../settings/settings.ts'
import { version } from '../../version.ts'
import { createAlertPrinter } from './print-alerts.ts'

/** Connects the core, the recorder, the policies and the delivery: from an observation to a receiver. */
export interface AlertPath {
  readonly agent: Agent
  readonly delivery: SwitchableDelivery
  readonly notifications: () => Notifications
  readonly recorder: () => Recorder | null
  /** An alert is being sent: do not read the host at this moment. */
  readonly isAlerting: () => boolean
  /** Starts recording. Called after the recording of the earlier run was read. */
  readonly startRecording: (bootId: string | null) => void
  /** Called when state changed that a restart needs. */
  readonly onChange: (changed: () => void) => void
  /** Everything is evaluated and nothing is sent (setting observe). */
  readonly observe: () => boolean
  /** Puts changed settings into effect. */
  readonly apply: (next: Settings, changed: ReadonlySet<string>) => Promise<void>
  /** Resolves when every alert is handed to the delivery. */
  readonly settled: () => Promise<void>
}

export function createAlertPath(options: {
  readonly settings: Settings
  readonly log: Log
  readonly out: (line: string) => void
  /** Where recordings are kept. */
  readonly recordings: string
  /** The wall clock, ms since the epoch. */
  readonly now?: () => number
}): AlertPath {
  const { settings, log, out, recordings, now = Date.now } = options
  const printer = createAlertPrinter(settings, out)
  const open = (of: Settings) => openDelivery(of, log, () => agent.isShortOfMemory())
  let notifications = createNotifications(settings.webhooks, settings.locale)
  let recorder: Recorder | null = null
  let { observe } = settings
  let alertedAt = Number.NEGATIVE_INFINITY
  let onChange = (): void => {}
  const beforeSend = createRecordBeforeSend({
    onRecord: () => recorder?.flush() ?? Promise.resolve(),
    deliver: ({ alert, ...how }) => delivery.accept(alert, how),
  })
  const agent = createAgent({
    log,
    record: observation => recorder?.write(observation),
    notifications: () => notifications,
    onAlert: printer.everyAlert,
    send: notification => {
      alertedAt = performance.now()
      beforeSend.send(notification)
    },
    observe: () => observe,
    // The disk takes the record while the kill is judged.
    onKill: () => void recorder?.flush(),
    now,
    onChange: () => onChange(),
  })
  const delivery = createSwitchableDelivery(() => open(settings), printer.print, settings.locale)

  return {
    agent,
    delivery,
    notifications: () => notifications,
    observe: () => observe,
    recorder: () => recorder,
    // Does not wait for a receiver that does not respond.
    isAlerting: () => {
      const ms = performance.now() - alertedAt
      return ms < handingOverMs || (ms < deliveringMs && (delivery.current()?.state().pending ?? 0) > 0)
    },
    startRecording: bootId => {
      const maxBytes = settings.recordSizeBytes
      const { locale } = settings
      if (maxBytes > 0)
        recorder = createRecorder({ dir: recordings, maxBytes, agentVersion: version, bootId, log, locale, now })
    },
    onChange: changed => {
      onChange = changed
    },
    apply: async (next, changed) => {
      if (['webhooks', 'heartbeat', 'observe'].some(key => changed.has(key))) await delivery.exchange(() => open(next))
      if (changed.has('webhooks')) {
        const saved = notifications.save()
        notifications = createNotifications(next.webhooks, next.locale)
        notifications.restore(saved)
        for (const { webhook, alert } of delivery.current()?.notified() ?? []) notifications.adopt(webhook, alert)
      }
      observe = next.observe
    },
    settled: beforeSend.settled,
  }
}

// On record within a quarter of a second, and then in the outbox; a post takes some tens of milliseconds, on a node that
// stalls a second.
const handingOverMs = 250
const deliveringMs = 1_500

function openDelivery(settings: Settings, log: Log, isShortOfMemory: () => boolean): Delivery | null {
  if (settings.webhooks.length === 0) return null
  return createDeliveryToAll({
    webhooks: settings.webhooks,
    nodeName: settings.nodeName ?? hostname(),
    stateDir: settings.stateDir,
    log,
    locale: settings.locale,
    isShortOfMemory,
    agentVersion: version,
    heartbeatMs: settings.observe ? 0 : settings.heartbeatMs, // with observe, nothing is sent, not even a heartbeat
  })
}
