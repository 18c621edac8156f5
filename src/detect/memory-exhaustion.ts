import { createSteadyClock } from '../steady-clock.ts'
import type {
  AttributedKill,
  Detector,
  Headroom,
  MemoryView,
  Severity,
  SignName,
  Strain,
  Verdict,
  World,
} from '../types.ts'
import { isPrimed } from './primed.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'

/**
 * The node runs out of memory. Warning: headroom is little, shrinks, and reclaim is at work or has nothing to work on; or stall begins; or the
 * node is primed; or a node-level kill. Critical: the node stalls, whether or not anything was killed; or ten seconds
 * after a node-level kill next to nothing was regained. Slope alone and pressure alone never fire it.
 */
export function createMemoryExhaustion(thresholds: Thresholds = defaultThresholds): Detector {
  let crisis: Crisis | null = null
  let nextHabitAt = -Infinity
  const steady = createSteadyClock()

  return (event, world) => {
    const at = world.now
    // What is waited for is waited for by this, whatever the clock is set to meanwhile.
    const now = steady(at)
    if (event.kind === 'start') {
      crisis = null
      return []
    }
    const kill = event.kind === 'kill' && event.kill.nodeLevel ? event.kill : null
    if (!kill && event.kind !== 'memory' && event.kind !== 'tick') return []

    const { headroom, strain } = sightOf(world.memory, at)
    const found: Finding[] = []
    if (kill) found.push({ sign: 'killing', severity: 'warning', since: kill.at })
    if (strain && headroom) {
      found.push(...findingsOf(strain, headroom, thresholds, world))
      const due = crisis?.unsettledKill
      if (due && now >= due.now + thresholds.afterKillMs) {
        if (headroom.ratio < thresholds.lowHeadroomRatio) {
          found.push({ sign: 'killing', severity: 'critical', since: due.kill.at })
        }
        if (crisis!.headroomBeforeKillKiB !== null) crisis!.regainedKiB = headroom.KiB - crisis!.headroomBeforeKillKiB
        crisis!.unsettledKill = null
      }
      // Once a minute: who would die next is asked of all processes.
      if (now >= nextHabitAt) {
        nextHabitAt = now + 60_000
        if (isPrimed(strain, world)) found.push({ sign: 'primed', severity: 'warning', since: at })
      }
    }

    if (!crisis) {
      if (found.length === 0) return []
      crisis = begin(now, found, world.memory)
    }
    // One reading after a gap may hold enough of a stall: the next one, a second later, confirms it. One that holds twice
    // as much needs no other.
    const isFirst = world.memory.latest?.at === crisis.beganWithSampleAt
    if (isFirst && (strain?.stalledMs ?? 0) < 2 * thresholds.criticalStallMs) {
      for (const one of found) one.severity = 'warning'
    }
    const before = crisis.told
    take(crisis, found, now, kill, headroom)
    if (isOver(crisis, { now, strain, headroom, thresholds, world })) {
      const over = verdictOf(crisis, { at, strain, headroom, firing: false, memory: world.memory })
      crisis = null
      return [over]
    }
    crisis.told = `${crisis.severity} ${crisis.kills} ${crisis.signs.map(({ sign }) => sign).join()}`
    if (crisis.told === before) return []
    return [verdictOf(crisis, { at, strain, headroom, firing: true, memory: world.memory })]
  }
}

interface Finding {
  readonly sign: SignName
  severity: Severity
  readonly since: number
}

/** From the first finding until headroom and stall are back: what the verdict tells, and nothing of an incident. */
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
  headroomBeforeKillKiB: number | null
  /** By the last kill that was judged. */
  regainedKiB: number | null
  /** What was said last, so that the same is not said twice. */
  told: string
}

// A view that has had no sample for a while sees nothing: neither danger nor recovery.
const blindAfterMs = 30_000

function sightOf(memory: MemoryView, at: number): { headroom: Headroom | null; strain: Strain | null } {
  if (!memory.latest || at - memory.latest.at > blindAfterMs) return { headroom: null, strain: null }
  return { headroom: memory.headroom, strain: memory.strain ?? null }
}

function findingsOf(strain: Strain, headroom: Headroom, thresholds: Thresholds, world: World): Finding[] {
  const at = world.now
  const found: Finding[] = []
  const isEmptying = strain.emptyingSince !== null && at - strain.emptyingSince >= thresholds.emptyingMs
  if (isEmptying) found.push({ sign: 'low-headroom', severity: 'warning', since: strain.emptyingSince! })
  const isCritical = strain.stalledSince !== null
  if (isCritical || strain.stalledMs >= thresholds.warningStallMs) {
    found.push({ sign: 'stalling', severity: isCritical ? 'critical' : 'warning', since: at })
    if (headroom.ratio < thresholds.lowHeadroomRatio) {
      found.push({ sign: 'low-headroom', severity: 'warning', since: at })
    }
  }
  if (strain.stalledSince !== null && at - strain.stalledSince >= presumedAfterMs(world)) {
    found.push({ sign: 'not-ready-presumed', severity: 'critical', since: at })
  }
  return found
}

/** The lease that kubelet cannot renew runs out, and the grace after it: 40 s each where kubelet's settings say no more. */
function presumedAfterMs({ host }: World): number {
  return 2 * (host.kubelet?.nodeLeaseSeconds ?? 40) * 1000
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
    headroomBeforeKillKiB: null,
    regainedKiB: null,
    told: '',
  }
}

/** A crisis gets no better before it is over: what was seen once stays, since when it was first seen. */
function take(
  crisis: Crisis,
  found: readonly Finding[],
  now: number,
  kill: AttributedKill | null,
  headroom: Headroom | null,
): void {
  for (const { sign, severity, since } of found) {
    crisis.lastFoundAt = now
    if (severity === 'critical') crisis.severity = 'critical'
    if (!crisis.signs.some(known => known.sign === sign)) crisis.signs = [...crisis.signs, { sign, since }]
  }
  if (!kill) return
  crisis.lastKill = kill
  crisis.kills++
  // In a storm the first kill of ten seconds is judged, not the last: it would put the judgement off for ever.
  if (crisis.unsettledKill) return
  crisis.unsettledKill = { kill, now }
  crisis.headroomBeforeKillKiB = headroom?.KiB ?? null
}

interface Moment {
  /** By the steady clock. */
  readonly now: number
  readonly strain: Strain | null
  readonly headroom: Headroom | null
  readonly thresholds: Thresholds
  readonly world: World
}

/** A minute without any finding and with headroom again; where headroom stays little, the settings' time of recovery. */
const calmMs = 60_000

function isOver(crisis: Crisis, { now, strain, headroom, thresholds, world }: Moment): boolean {
  const quietMs = now - crisis.lastFoundAt
  if (world.host.sight === 'log') return quietMs >= world.settings.logQuietMs
  // Nothing is sampled: recovery cannot be seen, so it is not claimed.
  if (!strain || !headroom) return false
  if (strain.stalledMs >= thresholds.warningStallMs / 2) return false
  if (quietMs < calmMs) return false
  return headroom.ratio >= thresholds.lowHeadroomRatio || quietMs >= world.settings.recoveryMs
}

interface Telling extends Pick<Moment, 'strain' | 'headroom'> {
  readonly at: number
  readonly firing: boolean
  readonly memory: MemoryView
}

function verdictOf(crisis: Crisis, { at, strain, headroom, firing, memory }: Telling): Verdict {
  const { stall } = memory
  const percent = (ratio: number | null | undefined) => (ratio == null ? null : Math.round(ratio * 1000) / 10)
  const seconds = (ms: number | undefined) => (ms === undefined ? null : Math.round(ms / 100) / 10)
  return {
    type: 'memory-exhaustion',
    subject: 'node',
    at,
    firing,
    severity: crisis.severity,
    since: crisis.since,
    signs: crisis.signs,
    workload: null,
    loop: null,
    kill: crisis.lastKill,
    facts: {
      headroomKiB: headroom?.KiB ?? null,
      headroomPercent: percent(headroom?.ratio),
      headroomOf: headroom?.of ?? null,
      slopeKiBPerSecond: headroom?.slopeKiBPerSecond == null ? null : Math.round(headroom.slopeKiBPerSecond),
      emptyInSeconds: strain?.emptyInSeconds ? Math.round(strain.emptyInSeconds[0]) : null,
      stalledSecondsOf20: seconds(strain?.stalledMs),
      fileCacheReadBackPercentPerSecond: percent(stall?.refaultRatioPerSecond),
      memoryFullPercent: percent(stall?.memoryFullRatio),
      ioFullPercent: percent(stall?.ioFullRatio),
      daemonMajorFaultsPerSecond: stall?.daemonMajorFaultsPerSecond ?? null,
      nodeLevelKills: crisis.kills,
      regainedKiB: crisis.regainedKiB,
    },
  }
}
