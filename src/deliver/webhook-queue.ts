import { keepNewest } from '../keep-newest.ts'
import type { Alert, Severity } from '../types.ts'
import { retryDelayMs } from './http/backoff.ts'
import { deliveryLogMessages } from './http/delivery-error.ts'
import type { Outcome } from './http/outcome.ts'
import { alertKey } from './policy/policy.ts'

/** One alert on its way to one URL. */
export interface QueuedAlert {
  readonly n: number
  readonly alert: Alert
  /** Failures so far. */
  readonly failures: number
  readonly notBefore: number
  /** It was delivered once, and is sent again so that its receiver does not let it lapse. */
  readonly isTaken?: boolean
}

/** What to send next, as it must be sent now. */
export interface Due {
  readonly entry: QueuedAlert
  readonly alert: Alert
  readonly notifiedSeverity: Severity | null
}

/**
 * The order in which one URL gets its alerts: one at a time, in order within an incident, the newest state of a subject
 * in place of older ones that were not sent yet. It moves no bytes and has no clock; `now` is one that never goes back.
 */
export interface WebhookQueue {
  /** Takes an alert in; returns the numbers of those that it makes stale. */
  readonly add: (n: number, alert: Alert) => readonly number[]
  /** What is due, or how long to wait (null = until something is added). */
  readonly next: (now: number) => Due | { readonly waitMs: number | null }
  /** Learns what became of the alert that `next` returned; returns the numbers that are done with. */
  readonly settle: (entry: QueuedAlert, outcome: Outcome, now: number, random: number) => readonly number[]
  /** Was this alert sent here, or is about to be? Then its end must be sent too. */
  readonly knows: (alert: Alert) => boolean
  readonly pending: () => readonly QueuedAlert[]
  readonly isDisabled: () => boolean
  /** Failures in a row, whatever was sent. */
  readonly failures: () => number
}

interface WebhookQueueOptions {
  readonly resendMs?: number
  readonly limit?: { readonly requests: number; readonly perMs: number }
  /** Alerts left by an earlier run are sent again only so long (ms since the epoch), unless they are confirmed. */
  readonly heldUntil?: number
  readonly leftBelow?: number
  /** Does this run of the agent report the same alert? */
  readonly isConfirmed?: (alert: Alert) => boolean
  /** What earlier runs have sent here and not the end of: severity by key. */
  readonly notified?: ReadonlyMap<string, Severity>
}

/** Retried for three days: after that the incident is history, and a person has seen the log. */
const longestPendingMs = 3 * 24 * 3600_000
/** Bounded, since subjects come from strangers. */
const mostNotified = 2_000
/** More than the outbox can hold on disk; beyond it the oldest go, and the caller says so. */
export const mostPending = 1_000

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share one queue
export function createWebhookQueue(options: WebhookQueueOptions = {}): WebhookQueue {
  let pending: QueuedAlert[] = []
  let inFlight: QueuedAlert | null = null
  const held = new Map<string, QueuedAlert>()
  const notified = new Map<string, Severity>(options.notified)
  const sentAt: number[] = []
  let failures = 0
  let notBefore = 0
  let disabled = false

  const add = (n: number, alert: Alert): readonly number[] => {
    const key = alertKey(alert)
    const stale: number[] = []
    const heldEntry = held.get(key)
    if (heldEntry && heldEntry !== inFlight) {
      held.delete(key)
      stale.push(heldEntry.n)
    }
    pending.push({ n, alert, failures: 0, notBefore: 0 })
    stale.push(...overtake(key))
    if (pending.length > mostPending) stale.push(...pending.splice(0, pending.length - mostPending).map(({ n }) => n))
    return stale
  }

  /** Drops what a newer state of the same subject made stale. */
  const overtake = (key: string): readonly number[] => {
    const states = pending.filter(entry => entry !== inFlight && alertKey(entry.alert) === key)
    const newest = states.at(-1)
    if (!newest) return []
    const keep = new Set([newest])
    // A firing that was never sent is sent even when it is over: it happened.
    if (newest.alert.status === 'resolved' && !notified.has(key)) {
      const firing = states.findLast(({ alert }) => alert.status === 'firing')
      if (firing) keep.add(firing)
    }
    const stale = states.filter(entry => !keep.has(entry))
    if (stale.length > 0) pending = pending.filter(entry => !stale.includes(entry))
    return stale.map(({ n }) => n)
  }

  const next = (now: number): Due | { waitMs: number | null } => {
    if (disabled || inFlight) return { waitMs: null }
    const candidates = [...heads(pending), ...held.values()]
    if (candidates.length === 0) return { waitMs: null }
    const free = Math.max(notBefore, freeAt(now))
    const soonest = Math.min(...candidates.map(entry => entry.notBefore))
    if (Math.max(free, soonest) > now) return { waitMs: Math.max(free, soonest) - now }
    // The one that failed least goes first: an alert that its receiver does not accept delays no other incident.
    const entry = candidates
      .filter(candidate => candidate.notBefore <= now)
      .reduce((best, candidate) => (candidate.failures < best.failures ? candidate : best))
    inFlight = entry
    sentAt.push(now)
    const key = alertKey(entry.alert)
    const late = entry.alert.status === 'firing' && pending.some(later => isOver(later, entry, key))
    return { entry, alert: late ? markedLate(entry.alert) : entry.alert, notifiedSeverity: notified.get(key) ?? null }
  }

  /** When the target's own limit lets the next one through. */
  const freeAt = (now: number): number => {
    const { limit } = options
    if (!limit) return 0
    while (sentAt.length > 0 && sentAt[0]! <= now - limit.perMs) sentAt.shift()
    return sentAt.length < limit.requests ? 0 : sentAt[sentAt.length - limit.requests]! + limit.perMs
  }

  const settle = (entry: QueuedAlert, outcome: Outcome, now: number, random: number): readonly number[] => {
    inFlight = null
    if (!options.limit) sentAt.length = 0
    if (outcome.kind === 'delivered') return afterDelivery(entry, now)
    failures++
    const key = alertKey(entry.alert)
    if (outcome.kind === 'disable') {
      disabled = true
      return []
    }
    const wait = {
      failures: entry.failures + 1,
      random,
      ...(outcome.kind === 'retry' && { retryAfterMs: outcome.afterMs }),
    }
    if (outcome.kind === 'give-up') {
      remove(entry, key)
      return [entry.n]
    }
    notBefore = now + retryDelayMs({ ...wait, failures })
    // What came while it was under way says more, its end above all: sent again after that, it would fire for ever.
    if (entry.isTaken && pending.some(({ alert }) => alertKey(alert) === key)) {
      held.delete(key)
      return [entry.n, ...overtake(key)]
    }
    const waiting = { ...entry, failures: entry.failures + 1, notBefore: now + retryDelayMs(wait) }
    if (held.get(key) === entry) held.set(key, waiting)
    else pending = pending.map(other => (other === entry ? waiting : other))
    return overtake(key)
  }

  const afterDelivery = (entry: QueuedAlert, now: number): readonly number[] => {
    const key = alertKey(entry.alert)
    failures = 0
    notBefore = 0
    remove(entry, key)
    // It accepts alerts again: no other alert needs to wait any longer.
    pending = pending.map(other => (other.notBefore > 0 ? { ...other, notBefore: 0 } : other))
    notified.delete(key)
    if (entry.alert.status === 'resolved') return [entry.n]
    keepNewest(notified, key, entry.alert.severity, mostNotified)
    const stale = overtake(key)
    const newer = pending.some(other => alertKey(other.alert) === key)
    if (!options.resendMs || newer || isForgotten(entry, now)) return [entry.n, ...stale]
    held.set(key, { ...entry, failures: 0, notBefore: now + options.resendMs, isTaken: true })
    return stale
  }

  /** Left by an earlier run, and not confirmed since. */
  const isForgotten = (entry: QueuedAlert, now: number): boolean =>
    entry.n < (options.leftBelow ?? 0) && now > (options.heldUntil ?? 0) && options.isConfirmed?.(entry.alert) !== true

  const remove = (entry: QueuedAlert, key: string): void => {
    if (held.get(key) === entry) held.delete(key)
    pending = pending.filter(other => other !== entry)
  }

  return {
    add,
    next,
    settle,
    knows: alert => {
      const key = alertKey(alert)
      return notified.has(key) || pending.some(entry => alertKey(entry.alert) === key)
    },
    pending: () => pending,
    isDisabled: () => disabled,
    failures: () => failures,
  }
}

/** Turns a retry into giving up once the alert is too old to be useful. */
export function withPatience(outcome: Outcome, entry: QueuedAlert, now: number): Outcome {
  if (entry.isTaken) return outcome
  const tooOld = outcome.kind === 'retry' && entry.failures > 3 && now - Date.parse(entry.alert.at) > longestPendingMs
  return tooOld ? { kind: 'give-up', why: deliveryLogMessages.tooOld(outcome) } : outcome
}

/** The oldest of each incident: order within an incident is kept, incidents do not wait for each other. */
function heads(pending: readonly QueuedAlert[]): readonly QueuedAlert[] {
  const first = new Map<string, QueuedAlert>()
  for (const entry of pending) if (!first.has(entry.alert.incident)) first.set(entry.alert.incident, entry)
  return [...first.values()]
}

function isOver(later: QueuedAlert, entry: QueuedAlert, key: string): boolean {
  return later.n > entry.n && later.alert.status === 'resolved' && alertKey(later.alert) === key
}

function markedLate(alert: Alert): Alert {
  return alert.notes.includes('late') ? alert : { ...alert, notes: [...alert.notes, 'late'] }
}
