import { heldOf } from '../hold/held.ts'
import { sanitiseAlert } from '../text/sanitise.ts'
import type {
  Alert,
  AlertLoop,
  AlertMember,
  AlertNode,
  AlertNote,
  AlertPressure,
  AlertWorkload,
  Explanation,
  HostFacts,
  Loop,
  MemoryView,
  Severity,
  Verdict,
  Workload,
  World,
} from '../types.ts'
import { rank } from './alert-state.ts'
import { alertId } from './ids.ts'

/** All that an alert is made of. */
interface Report {
  readonly incident: string
  readonly nodeIncident: string | null
  readonly sequence: number
  /** Wall time at which it began, which stays the same to its end. */
  readonly startsAt: number
  readonly verdict: Verdict
  readonly status: 'firing' | 'resolved'
  readonly severity: Severity
  readonly signs: Verdict['signs']
  readonly members: readonly Member[]
  readonly notes: readonly AlertNote[]
  readonly evidence: { readonly lines: readonly string[]; readonly total: number }
  readonly explanation: Explanation
}

/** Another verdict of the incident, and how many kills it is about. */
interface Member {
  readonly verdict: Verdict
  readonly kills: number
}

/** Writes a report as an alert of version 1: times as ISO 8601, lists bounded with their totals beside, texts made safe. */
export function publish(report: Report, world: World): Alert {
  const { incident, nodeIncident, sequence, startsAt, verdict, status, severity } = report
  const { signs, members, notes, evidence, explanation } = report
  const at = world.now
  return sanitiseAlert({
    version: 1,
    id: alertId({ incident, sequence, verdict, status, at }),
    incident,
    nodeIncident,
    type: verdict.type,
    status,
    severity,
    signs: signs.map(({ sign, since }) => ({ sign, since: iso(since) })),
    subject: verdict.subject,
    startsAt: iso(startsAt),
    at: iso(at),
    summary: explanation.summary,
    node: nodeOf(world.host),
    workload: verdict.workload && workloadOf(verdict.workload),
    loop: verdict.loop && loopOf(verdict.loop),
    members: members.toSorted(bySeverity).slice(0, 10).map(memberOf),
    membersTotal: members.length,
    limit: explanation.limit,
    trigger: explanation.trigger,
    holders: explanation.holders,
    growers: explanation.growers,
    unownedKiB: explanation.unownedKiB,
    nextVictims: explanation.nextVictims,
    pressure: pressureOf(world.memory),
    forecast: explanation.forecast,
    diagnosis: explanation.diagnosis,
    actions: explanation.actions,
    coverage: world.coverage,
    evidence: evidence.lines.slice(-20),
    evidenceTotal: evidence.total,
    notes,
    ...(verdict.type === 'memory-exhaustion' && verdict.facts.about === 'node' && holdOf(world)),
    ...(explanation.translations && { translations: explanation.translations }),
  })
}

// What a Date can hold; a time beyond it comes from a broken clock or a hostile file.
const lastDateMs = 8.64e15

function iso(ms: number): string {
  return new Date(Number.isFinite(ms) ? Math.max(-lastDateMs, Math.min(lastDateMs, ms)) : 0).toISOString()
}

function nodeOf({ name, kernel, os, memTotalKiB, bootId, agentVersion, labels }: HostFacts): AlertNode {
  return { name, kernel, os, memTotalKiB, bootId, agentVersion, labels: labels ?? {} }
}

function workloadOf(workload: Workload): AlertWorkload {
  const { key, namespace, pod, podUid, container, owner, unit, qos, comm, certainty, labels } = workload
  const known = Object.entries(labels ?? {}).slice(0, 30)
  return {
    key,
    namespace,
    pod,
    podUid,
    container,
    owner,
    unit,
    qos,
    comm,
    certainty,
    ...(known.length > 0 && { labels: Object.fromEntries(known) }),
  }
}

function loopOf(loop: Loop): AlertLoop {
  return {
    kills: loop.kills,
    respawns: loop.respawns,
    pids: loop.pids.slice(-10),
    firstKillAt: iso(loop.firstKillAt),
    lastKillAt: iso(loop.lastKillAt),
    medianPeriodSeconds: loop.medianPeriodSeconds,
    lastLifetimeSeconds: loop.lastLifetimeSeconds,
    yieldKiB: loop.yieldKiB,
    regainedKiB: loop.regainedKiB,
    certainty: loop.certainty,
    chronic: loop.chronic,
    ...(loop.endedBy && { endedBy: loop.endedBy }),
    ...(loop.endedByCertainty && { endedByCertainty: loop.endedByCertainty }),
  }
}

function bySeverity(a: Member, b: Member): number {
  const worse = rank[b.verdict.severity] - rank[a.verdict.severity]
  return worse || b.kills - a.kills || (a.verdict.subject < b.verdict.subject ? -1 : 1)
}

function memberOf({ verdict: { type, subject, severity }, kills }: Member): AlertMember {
  return { type, subject, severity, kills }
}

function holdOf({ hold, identity, now }: World): Pick<Alert, 'hold'> {
  if (!hold) return {}
  const all = [...hold.held.map(each => heldOf(each, now)), ...hold.released]
  if (all.length === 0) return {}
  return {
    hold: all.map(each => ({
      workload: identity.workloadOfCgroup(each.cgroup)?.key ?? each.cgroup,
      since: iso(each.since),
      until: 'why' in each ? iso(each.at) : null,
      why: 'why' in each ? each.why : null,
      savedKiB: each.savedKiB,
    })),
  }
}

function pressureOf({ headroom, stall, latest }: MemoryView): AlertPressure | null {
  return headroom && stall ? { headroom, stall, load1: latest?.load1 ?? null } : null
}
