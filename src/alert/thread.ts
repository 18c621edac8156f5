import type { Severity, Verdict, World } from '../types.ts'

/** One type and subject within an incident, as a receiver follows it: fired, told again, over. */
export interface Thread {
  readonly key: string
  /** The newest verdict that fired. */
  verdict: Verdict
  /** OOM events since it fired; several may die of one. */
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
  told: { severity: Severity; weight: number } | null
  /** How severe it was when an alert listed it as a member. */
  listed: Severity | null
  readonly reopened: boolean
  /** How often it was over within the incident before, and came back within the loop window. */
  readonly ends: number
}

export function threadKey({ type, subject }: Verdict): string {
  return `${type}\n${subject}`
}

export function createThread(
  verdict: Verdict,
  at: number,
  muted: boolean,
  { ends, reopened }: Pick<Thread, 'ends' | 'reopened'>,
): Thread {
  // A process that something else ended is no kill of the kernel's, and yet a death.
  const isAboutKill = verdict.kill !== null || (verdict.type === 'memory-exhaustion' && verdict.subject !== 'node')
  return {
    key: threadKey(verdict),
    verdict,
    events: isAboutKill ? 1 : 0,
    earlier: 0,
    holds: true,
    ceasedAt: -Infinity,
    lastKillAt: isAboutKill ? at : -Infinity,
    changedAt: at,
    muted,
    told: null,
    listed: null,
    reopened,
    ends,
  }
}

/** Takes what the detector says now. */
export function follow(thread: Thread, verdict: Verdict, at: number): void {
  if (!verdict.firing) {
    if (thread.holds) thread.ceasedAt = at
    thread.holds = false
    return
  }
  if (verdict.kill !== null && verdict.kill !== thread.verdict.kill) {
    thread.lastKillAt = at
    if (verdict.kill.kill.event !== thread.verdict.kill?.kill.event) thread.events++
  }
  if (verdict.since !== thread.verdict.since) thread.earlier += countOf(thread.verdict)
  thread.holds = true
  thread.verdict = verdict
  thread.changedAt = at
}

/** How far it has gone: a loop's generations, otherwise events. A group that dies of one decision counts once. */
export function weightOf({ verdict, earlier, events }: Thread): number {
  return Math.max(events, earlier + countOf(verdict))
}

function countOf({ loop, facts }: Verdict): number {
  const count = loop ? loop.respawns + 1 : facts.events
  return typeof count === 'number' ? count : 0
}

/** Who died of it. */
export function killsOf({ verdict: { loop, facts }, events }: Thread): number {
  const kills = loop?.kills ?? facts.kills
  return Math.max(events, typeof kills === 'number' ? kills : 0)
}

/** It belongs to the node as a whole, so it is over when the node has recovered. */
export function isNodeWide({ verdict: { type, loop } }: Thread): boolean {
  return type !== 'agent-impaired' && (type !== 'respawn-loop' || (loop?.nodeLevel ?? false))
}

/** No kill for this long ends a loop: once and a half its longest period may be a pause. */
export function quietMs({ verdict: { loop } }: Thread, { host, settings }: World): number {
  if (host.sight === 'log') return settings.logQuietMs
  return Math.max(settings.quietMs, 2.5 * (loop?.longestPeriodSeconds ?? 0) * 1000)
}

export const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** Of one or more. */
export function worstOf(severities: readonly Severity[]): Severity {
  return severities.reduce((worst, each) => (rank[each] > rank[worst] ? each : worst))
}
