import type { Alert, Severity } from '../types.ts'
import { retryDelayMs } from './backoff.ts'
import { threadOf } from './open-alerts.ts'
import type { Outcome } from './outcome.ts'

/** One alert on its way to one URL. */
export interface LaneEntry {
  readonly n: number
  readonly alert: Alert
  /** Failures so far. */
  readonly failures: number
  readonly notBefore: number
  /** It was taken once, and is sent again so that its receiver does not let it lapse. */
  readonly isTaken?: boolean
}

/** What to send next: the alert as it must be said now. */
export interface Due {
  readonly entry: LaneEntry
  readonly alert: Alert
  readonly toldSeverity: Severity | null
}

/**
 * The order in which one URL gets its alerts: one at a time, in order within an incident, the newest state of a subject
 * in place of older ones that were not sent yet. It moves no bytes and has no clock; `now` is one that never goes back.
 */
export interface Lane {
  /** Takes an alert in; returns the numbers of those that it makes stale. */
  readonly add: (n: number, alert: Alert) => readonly number[]
  /** What is due, or how long to wait (null = until something is added). */
  readonly next: (now: number) => Due | { readonly waitMs: number | null }
  /** Learns what became of the alert that `next` returned; returns the numbers that are done with. */
  readonly settle: (entry: LaneEntry, outcome: Outcome, now: number, random: number) => readonly number[]
  /** Was this subject told of on this lane, or is about to be? Then its end must be told too. */
  readonly knows: (alert: Alert) => boolean
  readonly pending: () => readonly LaneEntry[]
  readonly isDisabled: () => boolean
  /** Failures in a row, whatever was sent. */
  readonly failures: () => number
}

export interface LaneOptions {
  readonly resendMs?: number
  readonly limit?: { readonly requests: number; readonly perMs: number }
  /** Alerts left by an earlier life are told again only so long (ms since the epoch), unless they are confirmed. */
  readonly heldUntil?: number
  readonly leftBelow?: number
  /** Did this life report the same alert? */
  readonly isConfirmed?: (id: string) => boolean
}

/** Retried for three days: after that the incident is history, and a person has seen the log. */
export const longestPendingMs = 3 * 24 * 3600_000
/** Bounded, since subjects come from strangers. */
const mostTold = 2_000
/** More than the outbox can hold on disk; beyond it the oldest go, and the caller says so. */
export const mostPending = 1_000

export function createLane(options: LaneOptions = {}): Lane {
  let pending: LaneEntry[] = []
  let inFlight: LaneEntry | null = null
  const held = new Map<string, LaneEntry>()
  const told = new Map<string, Severity>()
  const sentAt: number[] = []
  let failures = 0
  let notBefore = 0
  let disabled = false

  const add = (n: number, alert: Alert): readonly number[] => {
    const thread = threadOf(alert)
    const stale: number[] = []
    const heldEntry = held.get(thread)
    if (heldEntry && heldEntry !== inFlight) {
      held.delete(thread)
      stale.push(heldEntry.n)
    }
    pending.push({ n, alert, failures: 0, notBefore: 0 })
    stale.push(...overtake(thread))
    if (pending.length > mostPending) stale.push(...pending.splice(0, pending.length - mostPending).map(({ n }) => n))
    return stale
  }

  /** Drops what a newer state of the same subject made stale. */
  const overtake = (thread: string): readonly number[] => {
    const states = pending.filter(entry => entry !== inFlight && threadOf(entry.alert) === thread)
    const newest = states.at(-1)
    if (!newest) return []
    const keep = new Set([newest])
    // A firing that nobody was told of is told even when it is over: it happened.
    if (newest.alert.status === 'resolved' && !told.has(thread)) {
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
    // The one that failed least goes first: an alert that its receiver chokes on holds up no other incident.
    const entry = candidates
      .filter(candidate => candidate.notBefore <= now)
      .reduce((best, candidate) => (candidate.failures < best.failures ? candidate : best))
    inFlight = entry
    sentAt.push(now)
    const thread = threadOf(entry.alert)
    const late = entry.alert.status === 'firing' && pending.some(later => isOver(later, entry, thread))
    return { entry, alert: late ? markedLate(entry.alert) : entry.alert, toldSeverity: told.get(thread) ?? null }
  }

  /** When the target's own limit lets the next one through. */
  const freeAt = (now: number): number => {
    const { limit } = options
    if (!limit) return 0
    while (sentAt.length > 0 && sentAt[0]! <= now - limit.perMs) sentAt.shift()
    return sentAt.length < limit.requests ? 0 : sentAt[sentAt.length - limit.requests]! + limit.perMs
  }

  const settle = (entry: LaneEntry, outcome: Outcome, now: number, random: number): readonly number[] => {
    inFlight = null
    if (!options.limit) sentAt.length = 0
    if (outcome.kind === 'delivered') return afterDelivery(entry, now)
    failures++
    const thread = threadOf(entry.alert)
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
      remove(entry, thread)
      return [entry.n]
    }
    notBefore = now + retryDelayMs({ ...wait, failures })
    // What came while it was under way says more, its end above all: sent again after that, it would fire for ever.
    if (entry.isTaken && pending.some(({ alert }) => threadOf(alert) === thread)) {
      held.delete(thread)
      return [entry.n, ...overtake(thread)]
    }
    const waiting = { ...entry, failures: entry.failures + 1, notBefore: now + retryDelayMs(wait) }
    if (held.get(thread) === entry) held.set(thread, waiting)
    else pending = pending.map(other => (other === entry ? waiting : other))
    return overtake(thread)
  }

  const afterDelivery = (entry: LaneEntry, now: number): readonly number[] => {
    const thread = threadOf(entry.alert)
    failures = 0
    notBefore = 0
    remove(entry, thread)
    // It takes alerts again: nobody need wait any longer.
    pending = pending.map(other => (other.notBefore > 0 ? { ...other, notBefore: 0 } : other))
    told.delete(thread)
    if (entry.alert.status === 'resolved') return [entry.n]
    told.set(thread, entry.alert.severity)
    if (told.size > mostTold) told.delete(told.keys().next().value!)
    const stale = overtake(thread)
    const newer = pending.some(other => threadOf(other.alert) === thread)
    if (!options.resendMs || newer || isForgotten(entry, now)) return [entry.n, ...stale]
    held.set(thread, { ...entry, failures: 0, notBefore: now + options.resendMs, isTaken: true })
    return stale
  }

  /** Left by an earlier life, and nobody said since that it still holds. */
  const isForgotten = (entry: LaneEntry, now: number): boolean =>
    entry.n < (options.leftBelow ?? 0) &&
    now > (options.heldUntil ?? 0) &&
    options.isConfirmed?.(entry.alert.id) !== true

  const remove = (entry: LaneEntry, thread: string): void => {
    if (held.get(thread) === entry) held.delete(thread)
    pending = pending.filter(other => other !== entry)
  }

  return {
    add,
    next,
    settle,
    knows: alert => {
      const thread = threadOf(alert)
      return told.has(thread) || pending.some(entry => threadOf(entry.alert) === thread)
    },
    pending: () => pending,
    isDisabled: () => disabled,
    failures: () => failures,
  }
}

/** Turns a retry into giving up once the alert is too old to help anybody. */
export function withPatience(outcome: Outcome, entry: LaneEntry, now: number): Outcome {
  if (entry.isTaken) return outcome
  const tooOld = outcome.kind === 'retry' && entry.failures > 3 && now - Date.parse(entry.alert.at) > longestPendingMs
  return tooOld ? { kind: 'give-up', why: `not taken for three days, last: ${outcome.why}` } : outcome
}

/** The oldest of each incident: order within an incident is kept, incidents do not wait for each other. */
function heads(pending: readonly LaneEntry[]): readonly LaneEntry[] {
  const first = new Map<string, LaneEntry>()
  for (const entry of pending) if (!first.has(entry.alert.incident)) first.set(entry.alert.incident, entry)
  return [...first.values()]
}

function isOver(later: LaneEntry, entry: LaneEntry, thread: string): boolean {
  return later.n > entry.n && later.alert.status === 'resolved' && threadOf(later.alert) === thread
}

function markedLate(alert: Alert): Alert {
  return alert.notes.includes('late') ? alert : { ...alert, notes: [...alert.notes, 'late'] }
}
