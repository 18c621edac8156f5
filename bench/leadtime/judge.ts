import { forecastOf } from '../../src/detect/memory/forecast.ts'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { defaultThresholds, type Thresholds } from '../../src/detect/memory/thresholds.ts'
import { createMemoryExhaustion } from '../../src/detect/memory-exhaustion.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { AttributedKill, CoreEvent, Forecast, HostFacts, OomKill, Workload, World } from '../../src/types.ts'
import { emptyIdentity } from '../../test/identify/fixtures.ts'
import type { LoadedCapture } from './captures.ts'

/** What a forecast came with; that kubelet is starved counts on its own. */
export type Call = 'warning' | 'critical' | 'kubelet'

/** What the verdict on memory said of a capture. Times are ms since the epoch; null = never. */
export interface Judgement {
  readonly firstWarning: number | null
  readonly firstCritical: number | null
  /** What was forecast at the first warning, at the first critical call, and when kubelet was first called starved. */
  readonly forecasts: readonly {
    readonly at: number
    readonly call: Call
    readonly forecast: Forecast
  }[]
  /** Every change that was published. */
  readonly calls: readonly { readonly at: number; readonly text: string; readonly severity: string }[]
  /** When the sign `not-ready-presumed` was shown. */
  readonly starved: readonly { readonly from: number; readonly until: number }[]
  readonly series: readonly Reading[]
}

export interface Reading {
  readonly at: number
  readonly headroomRatio: number
  readonly stalledMs: number
}

/**
 * Folds a capture into the verdict on memory alone, with the kills that the truth names: quick, for many thresholds.
 * `untilCritical`: no further than the first critical call, all that a score asks for.
 */
export function judge(
  capture: LoadedCapture,
  thresholds: Thresholds = defaultThresholds,
  { untilCritical = false } = {},
): Judgement {
  const memory = createMemoryView(thresholds)
  const detect = createMemoryExhaustion(thresholds)
  const kills = capture.truth.kills.filter(({ nodeLevel }) => nodeLevel)
  const series: Reading[] = []
  const calls: { at: number; text: string; severity: string }[] = []
  let host = unknownHost
  let firstWarning: number | null = null
  let firstCritical: number | null = null
  const starved: { from: number; until: number }[] = []
  let starvedFrom: number | null = null
  let lastAt = 0
  const forecasts: { at: number; call: Call; forecast: Forecast }[] = []
  let nextKill = 0

  const offer = (event: CoreEvent, now: number): void => {
    const world: World = {
      now,
      steadyNow: now,
      settings: defaultCoreSettings,
      host,
      identity: emptyIdentity, // asked for the baseline only, and no capture is long enough for one
      memory,
      coverage: noCoverage,
    }
    for (const verdict of detect(event, world)) {
      const signs = verdict.signs.map(({ sign }) => sign)
      calls.push({ at: now, text: signs.join(' '), severity: verdict.firing ? verdict.severity : 'over' })
      const isStarved = verdict.firing && signs.includes('not-ready-presumed')
      if (isStarved) starvedFrom ??= now
      else if (starvedFrom !== null) {
        starved.push({ from: starvedFrom, until: now })
        starvedFrom = null
      }
      if (!verdict.firing) continue
      const forecast = forecastOf(world, thresholds)
      const note = (call: Call) => forecast && forecasts.push({ at: now, call, forecast })
      if (firstWarning === null) note('warning')
      firstWarning ??= now
      if (verdict.severity === 'critical') {
        if (firstCritical === null && firstWarning !== now) note('critical')
        firstCritical ??= now
      }
      if (isStarved && starved.length === 0 && starvedFrom === now) note('kubelet')
    }
  }

  for (const observation of capture.ofMemory) {
    if (observation.kind === 'host') host = observation.host
    memory.observe(observation, host)
    const now = observation.at ?? 0
    lastAt = now
    while (nextKill < kills.length && kills[nextKill]!.at <= now) {
      const kill = kills[nextKill++]!
      offer({ kind: 'kill', at: kill.at, kill: asKill(kill) }, now)
    }
    if (untilCritical && firstCritical !== null) break
    if (observation.kind !== 'memory') continue
    offer(observation, now)
    if (memory.headroom && memory.signals) {
      series.push({ at: now, headroomRatio: memory.headroom.ratio, stalledMs: memory.signals.stalledMs })
    }
  }
  if (starvedFrom !== null) starved.push({ from: starvedFrom, until: lastAt })
  return { firstWarning, firstCritical, forecasts, calls, starved, series }
}

/** What the whole program said of a capture: the first alert of each type and severity, ms since the epoch. */
export function alertTimes(capture: LoadedCapture): ReadonlyMap<string, number> {
  const pipeline = createPipeline()
  const first = new Map<string, number>()
  for (const observation of capture.observations) {
    for (const alert of pipeline.observe(observation)) {
      if (alert.status !== 'firing') continue
      const at = Date.parse(alert.at)
      for (const key of [alert.type, `${alert.type} ${alert.severity}`]) if (!first.has(key)) first.set(key, at)
    }
  }
  return first
}

const unknownHost: HostFacts = {
  name: 'capture',
  kernel: 'unknown',
  os: 'unknown',
  memTotalKiB: null,
  bootId: null,
  bootedAt: null,
  agentVersion: '0',
  sight: 'host',
}

const noCoverage: World['coverage'] = { counted: null, seen: 0, attributed: 0, lostRecords: 0 }

function asKill({
  at,
  pid,
  comm,
}: {
  readonly at: number
  readonly pid: number
  readonly comm: string
}): AttributedKill {
  return {
    kill: { at, pid, comm, scope: 'global', event: `${at}` } as OomKill,
    at,
    workload: { key: `comm/${comm}` } as Workload,
    nodeLevel: true,
    limitLevel: 'node',
    bornAt: null,
    startTicks: null,
    lastRssKiB: null,
    ppid: null,
    attributed: false,
    availableBeforeKiB: null,
  }
}
