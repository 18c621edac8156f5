import type {
  AttributedKill,
  Detector,
  ExhaustionSignals,
  Headroom,
  HeldCgroup,
  MemoryView,
  Severity,
  SignName,
  Verdict,
  World,
} from '../types.ts'
import { isPrimed } from './memory/primed.ts'
import { defaultThresholds, type Thresholds } from './memory/thresholds.ts'

/**
 * The node runs out of memory. Warning: headroom is little, shrinks, and reclaim is at work or has nothing to work on; or stall begins; or the
 * node is at risk of an OOM loop; or a node-level kill. Critical: the node stalls, whether or not anything was killed; or ten seconds
 * after a node-level kill almost nothing was regained. Slope alone and pressure alone never fire it.
 */
export function createMemoryExhaustion(thresholds: Thresholds = defaultThresholds): Detector {
  let crisis: Crisis | null = null
  let nextPrimedCheckAt = -Infinity

  return (event, world) => {
    const at = world.now
    // Waiting times use this clock, which a change of the wall clock does not affect.
    const now = world.steadyNow
    const kill = event.kind === 'kill' && event.kill.nodeLevel ? event.kill : null
    if (!kill && event.kind !== 'memory' && event.kind !== 'tick') return []

    const { headroom, signals } = freshReading(world.memory, at)
    const found: Finding[] = []
    if (kill) found.push({ sign: 'killing', severity: 'warning', since: kill.at })
    if (signals && headroom) {
      found.push(...findingsOf(signals, headroom, thresholds, world))
      const due = crisis?.unsettledKill
      if (due && now >= due.now + thresholds.afterKillMs) {
        if (headroom.ratio < thresholds.lowHeadroomRatio) {
          found.push({ sign: 'killing', severity: 'critical', since: due.kill.at })
        }
        crisis!.unsettledKill = null
      }
      // Once a minute, because the next victims are searched among all processes.
      if (now >= nextPrimedCheckAt) {
        nextPrimedCheckAt = now + 60_000
        if (isPrimed(signals, world)) found.push({ sign: 'primed', severity: 'warning', since: at })
      }
    }

    if (!crisis) {
      if (found.length === 0) return []
      crisis = begin(now, found, world.memory)
    }
    // One reading after a gap may hold enough of a stall: the next one, a second later, confirms it. One that holds twice
    // as much needs no other.
    const isFirst = world.memory.latest?.at === crisis.beganWithSampleAt
    if (isFirst && (signals?.stalledMs ?? 0) < 2 * thresholds.criticalStallMs) {
      for (const one of found) one.severity = 'warning'
    }
    const before = crisis.lastState
    take(crisis, found, now, kill)
    crisis.signs = withHeld(crisis.signs, world.hold?.held ?? [])
    if (isOver(crisis, { now, signals, headroom, thresholds, world })) {
      const over = verdictOf(crisis, { at, headroom, firing: false, quietMs: now - crisis.lastFoundAt })
      crisis = null
      return [over]
    }
    crisis.lastState = `${crisis.severity} ${crisis.kills} ${crisis.signs.map(({ sign }) => sign).join()}`
    if (crisis.lastState === before) return []
    return [verdictOf(crisis, { at, headroom, firing: true })]
  }
}

interface Finding {
  readonly sign: SignName
  severity: Severity
  readonly since: number
}

/**
 * From the first finding until headroom and stall have recovered. This is the condition of the verdict, independent of
 * incidents.
 */
interface Crisis {
  readonly since: number
  readonly beganWithSampleAt: number | null
  severity: Severity
  signs: readonly { readonly sign: SignName; readonly since: number }[]
  /** By the steady clock. */
  lastFoundAt: number
  lastKill: AttributedKill | null
  kills: number
  unsettledKill: { readonly kill: AttributedKill; readonly now: number } | null
  /** The last verdict, so that it is not repeated. */
  lastState: string
}

// Without samples for this long, neither danger nor recovery is known.
const staleAfterMs = 30_000

function freshReading(
  memory: MemoryView,
  at: number,
): { headroom: Headroom | null; signals: ExhaustionSignals | null } {
  if (!memory.latest || at - memory.latest.at > staleAfterMs) return { headroom: null, signals: null }
  return { headroom: memory.headroom, signals: memory.signals ?? null }
}

function findingsOf(signals: ExhaustionSignals, headroom: Headroom, thresholds: Thresholds, world: World): Finding[] {
  const at = world.now
  const found: Finding[] = []
  const isDepleting = signals.depletingSince !== null && at - signals.depletingSince >= thresholds.depletingMs
  if (isDepleting) found.push({ sign: 'low-headroom', severity: 'warning', since: signals.depletingSince! })
  // It is held because little memory is left and shrinks, and the person on call has to know.
  const held = world.hold?.held ?? []
  if (held.length > 0 && headroom.ratio < thresholds.depletingHeadroomRatio)
    found.push({ sign: 'low-headroom', severity: 'warning', since: Math.min(...held.map(({ since }) => since)) })
  const isCritical = signals.stalledSince !== null
  if (isCritical || signals.stalledMs >= thresholds.warningStallMs) {
    found.push({ sign: 'stalling', severity: isCritical ? 'critical' : 'warning', since: at })
    if (headroom.ratio < thresholds.lowHeadroomRatio) {
      found.push({ sign: 'low-headroom', severity: 'warning', since: at })
    }
  }
  if (signals.kubeletStarvedSince !== null && isCritical) {
    found.push({ sign: 'not-ready-presumed', severity: 'critical', since: signals.kubeletStarvedSince })
  }
  return found
}

function begin(now: number, found: readonly Finding[], { latest }: MemoryView): Crisis {
  return {
    since: Math.min(...found.map(({ since }) => since)),
    beganWithSampleAt: latest?.at ?? null,
    severity: 'warning',
    signs: [],
    lastFoundAt: now,
    lastKill: null,
    kills: 0,
    unsettledKill: null,
    lastState: '',
  }
}

/**
 * Signs stay until the crisis is over, each with its first time. Only kubelet's sign follows the current state, because
 * kubelet renews its lease as soon as it makes progress.
 */
function take(crisis: Crisis, found: readonly Finding[], now: number, kill: AttributedKill | null): void {
  for (const { sign, severity, since } of found) {
    crisis.lastFoundAt = now
    if (severity === 'critical') crisis.severity = 'critical'
    if (!crisis.signs.some(known => known.sign === sign)) crisis.signs = [...crisis.signs, { sign, since }]
  }
  const isStarved = found.some(({ sign }) => sign === 'not-ready-presumed')
  if (!isStarved) crisis.signs = crisis.signs.filter(({ sign }) => sign !== 'not-ready-presumed')
  if (!kill) return
  // The first of a group is the one that the kernel chose.
  if (crisis.lastKill?.kill.event !== kill.kill.event) crisis.lastKill = kill
  crisis.kills++
  // In a storm, the first kill of ten seconds counts. With the last one, the evaluation would never become due.
  if (crisis.unsettledKill) return
  crisis.unsettledKill = { kill, now }
}

/** Since when containers are held. This sign is no part of the crisis and ends with the release. */
function withHeld(signs: Verdict['signs'], held: readonly HeldCgroup[]): Verdict['signs'] {
  const isListed = signs.some(({ sign }) => sign === 'held')
  if (held.length === 0) return isListed ? signs.filter(({ sign }) => sign !== 'held') : signs
  return isListed ? signs : [...signs, { sign: 'held', since: Math.min(...held.map(({ since }) => since)) }]
}

interface Moment {
  /** By the steady clock. */
  readonly now: number
  readonly signals: ExhaustionSignals | null
  readonly headroom: Headroom | null
  readonly thresholds: Thresholds
  readonly world: World
}

/** A minute without any finding and with headroom again; where headroom stays little, the settings' time of recovery. */
const calmMs = 60_000

function isOver(crisis: Crisis, { now, signals, headroom, thresholds, world }: Moment): boolean {
  const quietMs = now - crisis.lastFoundAt
  if (world.host.sight === 'log') return quietMs >= world.settings.logQuietMs
  // Nothing is sampled, so recovery is unknown and not reported.
  if (!signals || !headroom) return false
  // Held containers would grow again: the shortage is only delayed.
  if ((world.hold?.held.length ?? 0) > 0) return false
  if (signals.stalledMs >= thresholds.warningStallMs / 2) return false
  if (quietMs < calmMs) return false
  return headroom.ratio >= thresholds.lowHeadroomRatio || quietMs >= world.settings.recoveryMs
}

function verdictOf(
  crisis: Crisis,
  { at, headroom, firing, quietMs }: { at: number; headroom: Headroom | null; firing: boolean; quietMs?: number },
): Verdict {
  return {
    type: 'memory-exhaustion',
    subject: 'node',
    at,
    firing,
    ...(quietMs !== undefined && { quietMs }),
    severity: crisis.severity,
    since: crisis.since,
    signs: crisis.signs,
    workload: null,
    loop: null,
    kill: crisis.lastKill,
    facts: { about: 'node', nodeLevelKills: crisis.kills, bottleneck: headroom?.of ?? null },
  }
}
