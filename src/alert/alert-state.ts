import { scopeOf } from '../detect/verdict-scope.ts'
import type { AttributedKill, Severity, SignName, Verdict, World } from '../types.ts'

/**
 * Alerts that belong together from the first sign to recovery: of the node, of one workload at its own limit, or of the
 * agent.
 */
export interface Incident {
  readonly id: string
  readonly scope: 'node' | 'workload' | 'agent'
  /** The workload that a workload incident is about; else empty. */
  readonly subject: string
  /** Number of its newest alert. */
  sequence: number
  /** Alerts in it that were resolved: when, after which kill, and how many resolutions did not last. */
  readonly closed: Map<string, Closed>
  /** By the steady clock; null while an alert in it is open. */
  endedAt: number | null
  reopenedAt: number
  /** Start of the day after which the next reminder is due, by the steady clock. */
  dayFrom: number
  /** When it was last handed over, by the steady clock. */
  handedOverAt: number
}

export interface Closed {
  readonly at: number
  readonly kill: AttributedKill | null
  readonly ends: number
}

/** One alert by type and subject: it fires, changes, and is resolved. */
export interface AlertState {
  readonly key: string
  /** The incident that it began in. Its alerts carry this id to their end, so that receivers close what they opened. */
  readonly home: Incident
  /** The incident that it belongs to now: a workload's loop that turns node-level joins the node's. */
  incident: Incident
  /** Wall time at which its condition began to hold. */
  readonly startsAt: number
  /** The newest verdict that fired. */
  verdict: Verdict
  /** OOM events since it fired; one event can kill several processes. */
  events: number
  /** What its detector counted in episodes before this one: it counts from its condition's beginning. */
  earlier: number
  /** Whether its condition holds now, as far as its detector says. */
  holds: boolean
  /** When its condition ceased, by the steady clock. */
  ceasedAt: number
  /** Newest kill that it is about, by the steady clock. */
  lastKillAt: number
  /** Newest change, by the steady clock. */
  changedAt: number
  muted: boolean
  /** Its newest published alert; null: none yet. */
  published: Published | null
  readonly reopened: boolean
  /** How often it was resolved within the previous incident, and fired again within the loop window. */
  readonly ends: number
}

interface Published {
  readonly severity: Severity
  /** Its size at that time: see `weightOf`. */
  readonly weight: number
  readonly signs: readonly SignName[]
  /** The incident that it belonged to. */
  readonly incident: string
}

export function keyOf({ type, subject }: Pick<Verdict, 'type' | 'subject'>): string {
  return `${type}\n${subject}`
}

interface Opening {
  readonly incident: Incident
  readonly at: number
  readonly muted: boolean
  readonly ends: number
  readonly reopened: boolean
}

export function createAlertState(verdict: Verdict, { incident, at, muted, ends, reopened }: Opening): AlertState {
  // A process that something else stopped counts as well, although the kernel did not kill it.
  const isAboutKill =
    verdict.kill !== null ||
    verdict.loop !== null ||
    (verdict.type === 'memory-exhaustion' && verdict.subject !== 'node')
  return {
    key: keyOf(verdict),
    home: incident,
    incident,
    startsAt: verdict.since,
    verdict,
    events: isAboutKill ? 1 : 0,
    earlier: 0,
    holds: true,
    ceasedAt: -Infinity,
    lastKillAt: isAboutKill ? at : -Infinity,
    changedAt: at,
    muted,
    published: null,
    reopened,
    ends,
  }
}

/** Takes what the detector reports now. */
export function follow(state: AlertState, verdict: Verdict, at: number): void {
  if (!verdict.firing) {
    if (state.holds) state.ceasedAt = at - (verdict.quietMs ?? 0)
    state.holds = false
    return
  }
  if (verdict.loop !== null && verdict.loop.lastKillAt !== state.verdict.loop?.lastKillAt) state.lastKillAt = at
  if (verdict.kill !== null && !isSameKill(verdict, state.verdict)) {
    state.lastKillAt = at
    if (verdict.kill.kill.event !== state.verdict.kill?.kill.event) state.events++
  }
  if (verdict.since !== state.verdict.since) state.earlier += countOf(state.verdict)
  state.holds = true
  state.verdict = verdict
  state.changedAt = at
}

/** Whether two verdicts are about the same kill. A verdict that was restored after a restart is another object. */
export function isSameKill({ kill: a }: Pick<Verdict, 'kill'>, { kill: b }: Pick<Verdict, 'kill'>): boolean {
  if (a === b) return true
  return a !== null && b !== null && a.kill.event === b.kill.event && a.kill.pid === b.kill.pid && a.at === b.at
}

/** The size of an alert: restarts of a loop, otherwise events. A group that is killed by one decision counts once. */
export function weightOf({ verdict, earlier, events }: AlertState): number {
  return Math.max(events, earlier + countOf(verdict))
}

function countOf({ loop, facts }: Verdict): number {
  if (loop) return loop.respawns + 1
  return 'nodeLevelKills' in facts ? facts.nodeLevelKills : (facts.events ?? facts.kills ?? 0)
}

/** How many processes were killed. */
export function killsOf({ verdict: { loop, facts }, events }: AlertState): number {
  return Math.max(events, loop?.kills ?? facts.kills ?? 0)
}

/** It belongs to the node as a whole, so it is over when the node has recovered. */
export function isNodeWide(verdict: Verdict): boolean {
  return scopeOf(verdict) === 'node'
}

/** No kill for this long ends a loop: one and a half times its longest period may be a pause. */
export function quietMs({ loop }: Verdict, { host, settings }: World): number {
  if (host.sight === 'log') return settings.logQuietMs
  return Math.max(settings.quietMs, 2.5 * (loop?.longestPeriodSeconds ?? 0) * 1000)
}

/**
 * If a resolution did not last, the next one takes twice as long, so that flapping is reported as one ongoing alert.
 */
export function patienceWith({ ends }: AlertState): number {
  return 2 ** Math.min(ends, 3)
}

export const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** Of one or more. */
export function worstOf(severities: readonly Severity[]): Severity {
  return severities.reduce((worst, each) => (rank[each] > rank[worst] ? each : worst))
}
