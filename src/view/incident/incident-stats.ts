import { nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import type { Action, Alert, Cause, Severity } from '../../types.ts'
import type { IncidentHistory, IncidentKill } from './timeline-data.ts'

/** The figures of an incident, which the page and the text report are made of. */
export interface IncidentStats {
  /** `node`: node-level kills; `own-limit`: workloads at their own limits only; `strain`: no kill but alerts. */
  readonly kind: 'quiet' | 'shortage' | 'own-limit' | 'node'
  readonly severity: Severity | null
  readonly nodeKills: readonly IncidentKill[]
  readonly ownKills: readonly IncidentKill[]
  readonly kills: readonly IncidentKill[]
  /** Kills that the kernel counted and no source has shown. */
  readonly unseenKills: number
  readonly firstKillAt: number | null
  readonly lastKillAt: number | null
  /** The first warning, and how long before the first node-level kill it was sent; null if it was not earlier. */
  readonly warnedAt: number | null
  readonly leadSeconds: number | null
  readonly incidents: number
  /** When the last of them was over; null while one goes on. */
  readonly overAt: number | null
  /** The log or recording ended before that. */
  readonly openEnd: boolean
  readonly stallingSince: number | null
  readonly notReadySince: number | null
  readonly lowest: { readonly KiB: number; readonly at: number } | null
  readonly worstMemoryFull: number | null
  readonly worstIoFull: number | null
  /** The node's own services that were killed. */
  readonly daemons: readonly string[]
  /** One per workload, from its newest alert; most kills first. */
  readonly loops: readonly LoopStats[]
  /** Including those that are only members of other alerts. */
  readonly loopsTotal: number
  /** Kills of processes that used almost nothing, of those whose size is known. */
  readonly small: { readonly kills: number; readonly of: number; readonly belowKiB: number } | null
  /** Every cause that an alert named, from its newest alert. */
  readonly causes: readonly Cause[]
  /** What to do now, as the most severe alert had it last. */
  readonly actions: readonly Action[]
  /** The alert that was raised when it was worst: the top memory consumers at that time. */
  readonly worst: Alert | null
}

/** The figures of a loop that an alert and a verdict share. */
type LoopFigures = Omit<NonNullable<Alert['loop']>, 'firstKillAt' | 'lastKillAt'>

export interface LoopStats {
  readonly alert: Alert
  readonly loop: LoopFigures
  readonly label: string
  /** All kills of the workload, also those after the newest alert about its loop. */
  readonly kills: number
  readonly isOwnLimit: boolean
}

/** A loop that frees no more than this per cycle does not stop on its own. */
export const freesNothingKiB = 10 * 1024

export function incidentStats(history: IncidentHistory): IncidentStats {
  const { alerts, kills } = history
  const nodeKills = kills.filter(kill => kill.nodeLevel)
  const ownKills = kills.filter(kill => !kill.nodeLevel)
  const firing = alerts.filter(alert => alert.status === 'firing' && alert.type !== 'agent-impaired')
  const warned = firing.find(alert => alert.severity !== 'info')
  const warnedAt = warned ? Date.parse(warned.at) : null
  const firstNodeKill = nodeKills[0]?.at ?? null
  const leadSeconds =
    warnedAt === null || firstNodeKill === null || firstNodeKill - warnedAt < 1000
      ? null
      : (firstNodeKill - warnedAt) / 1000
  return {
    kind: nodeKills.length > 0 ? 'node' : ownKills.length > 0 ? 'own-limit' : firing.length > 0 ? 'shortage' : 'quiet',
    severity: firing.reduce<Severity | null>((worst, { severity }) => moreSevere(worst, severity), null),
    nodeKills,
    ownKills,
    kills,
    unseenKills: history.runs.reduce(
      (sum, { coverage }) => sum + Math.max(0, (coverage.counted ?? 0) - coverage.seen),
      0,
    ),
    firstKillAt: kills[0]?.at ?? null,
    lastKillAt: kills.at(-1)?.at ?? null,
    warnedAt,
    leadSeconds,
    ...endOf(firing, alerts),
    stallingSince: signSince(alerts, 'stalling'),
    notReadySince: signSince(alerts, 'not-ready-presumed'),
    lowest: lowestOf(history),
    worstMemoryFull: greatest(history.samples.map(sample => sample.memoryFull)),
    worstIoFull: greatest(history.samples.map(sample => sample.ioFull)),
    daemons: [
      ...new Set(firing.filter(alert => alert.type === 'node-daemon-killed').map(its => nameOfKey(its.subject))),
    ],
    loops: loopsOf(history),
    loopsTotal: loopSubjects(history).size,
    small: smallKills(nodeKills, history.host.memTotalKiB),
    causes: causesOf(firing),
    actions: actionsOf(firing),
    worst: worstOf(firing),
  }
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

function moreSevere(a: Severity | null, b: Severity): Severity {
  return a !== null && rank[a] >= rank[b] ? a : b
}

function endOf(
  firing: readonly Alert[],
  alerts: readonly Alert[],
): Pick<IncidentStats, 'incidents' | 'overAt' | 'openEnd'> {
  const lastOfAlert = new Map<string, Alert>()
  for (const alert of alerts) {
    if (alert.type !== 'agent-impaired') lastOfAlert.set(`${alert.incident} ${alert.type} ${alert.subject}`, alert)
  }
  const last = [...lastOfAlert.values()]
  const isOver = last.length > 0 && last.every(alert => alert.status === 'resolved')
  return {
    incidents: new Set(firing.map(alert => alert.incident)).size,
    overAt: isOver ? Math.max(...last.map(alert => Date.parse(alert.at))) : null,
    openEnd: alerts.some(alert => alert.notes.includes('open-end') || alert.notes.includes('handover')),
  }
}

function signSince(alerts: readonly Alert[], sign: Alert['signs'][number]['sign']): number | null {
  const times = alerts.flatMap(alert => alert.signs.filter(its => its.sign === sign).map(its => Date.parse(its.since)))
  return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b))
}

function lowestOf({ samples }: IncidentHistory): IncidentStats['lowest'] {
  let lowest: IncidentStats['lowest'] = null
  for (const { headroomKiB: KiB, at } of samples) {
    if (KiB === null || (lowest && lowest.KiB <= KiB)) continue
    lowest = { KiB, at }
  }
  return lowest
}

function greatest(values: readonly (number | null)[]): number | null {
  return values.reduce((a, b) => (a === null || b === null ? (a ?? b) : Math.max(a, b)), null)
}

function loopSubjects({ alerts, openLoops }: IncidentHistory): ReadonlySet<string> {
  const all = [...alerts, ...alerts.flatMap(({ members }) => members), ...openLoops]
  return new Set(all.filter(({ type }) => type === 'respawn-loop').map(({ subject }) => subject))
}

function loopsOf({ alerts, workloads, openLoops }: IncidentHistory): readonly LoopStats[] {
  const newest = new Map<string, LoopStats>()
  for (const alert of alerts) {
    if (alert.type !== 'respawn-loop' || alert.loop === null) continue
    const row = workloads.find(its => its.key === alert.subject)
    // Not every cycle causes an alert. The verdict of a loop that is still open is newer than its last alert.
    const open = openLoops.find(verdict => verdict.subject === alert.subject)?.loop
    newest.set(alert.subject, {
      alert,
      loop: open && open.kills >= alert.loop.kills ? open : alert.loop,
      label: row?.label ?? nameOfKey(alert.subject),
      kills: Math.max(alert.loop.kills, row?.kills.length ?? 0),
      isOwnLimit: row ? row.kills.every(kill => !kill.nodeLevel) : false,
    })
  }
  return [...newest.values()].sort((a, b) => Number(a.isOwnLimit) - Number(b.isOwnLimit) || b.kills - a.kills)
}

/** Below a hundredth of the node, or below 128 MiB where its size is not known. */
function smallKills(kills: readonly IncidentKill[], memTotalKiB: number | null): IncidentStats['small'] {
  const sizes = kills.map(kill => kill.usedKiB).filter(KiB => KiB !== null)
  const belowKiB = memTotalKiB === null ? 128 * 1024 : memTotalKiB / 100
  const small = sizes.filter(KiB => KiB < belowKiB).length
  return small * 2 > sizes.length ? { kills: small, of: sizes.length, belowKiB } : null
}

/** From the most severe alert first; of several, from the newest, which has the most evidence. */
function causesOf(firing: readonly Alert[]): readonly Cause[] {
  const causes = new Map<string, Cause>()
  const ordered = firing.toReversed().toSorted((a, b) => rank[b.severity] - rank[a.severity])
  for (const cause of ordered.flatMap(alert => alert.diagnosis))
    if (!causes.has(cause.code)) causes.set(cause.code, cause)
  return [...causes.values()]
}

function actionsOf(firing: readonly Alert[]): readonly Action[] {
  const best = firing
    .filter(alert => alert.actions.length > 0)
    .reduce<Alert | null>((best, alert) => (best && rank[alert.severity] < rank[best.severity] ? best : alert), null)
  return best?.actions ?? []
}

/** The most severe alert with top memory consumers; of several the one with the least headroom. */
function worstOf(firing: readonly Alert[]): Alert | null {
  const withConsumers = firing.filter(alert => alert.holders.length > 0 || alert.growers.length > 0)
  return withConsumers.reduce<Alert | null>((worst, alert) => {
    if (!worst) return alert
    const difference = rank[alert.severity] - rank[worst.severity]
    const room = (its: Alert) => its.pressure?.headroom.KiB ?? Number.POSITIVE_INFINITY
    return difference > 0 || (difference === 0 && room(alert) < room(worst)) ? alert : worst
  }, null)
}
