import { createForecast } from '../../src/detect/forecast.ts'
import { createMemoryExhaustion } from '../../src/detect/memory-exhaustion.ts'
import { createMemoryView } from '../../src/detect/memory-view.ts'
import { defaultThresholds, type Thresholds } from '../../src/detect/thresholds.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { AttributedKill, CoreEvent, Forecast, HostFacts, OomKill, Workload, World } from '../../src/types.ts'
import type { LoadedCapture } from './captures.ts'

/** What the verdict on memory said of a capture. Times are ms since the epoch; null = never. */
export interface Judgement {
  readonly firstWarning: number | null
  readonly firstCritical: number | null
  /** What was forecast at the first warning and at the first critical call. */
  readonly forecasts: readonly {
    readonly at: number
    readonly call: 'warning' | 'critical'
    readonly forecast: Forecast
  }[]
  /** Every change that was told. */
  readonly calls: readonly { readonly at: number; readonly text: string; readonly severity: string }[]
  /** The sign `not-ready-presumed`. */
  readonly presumedAt: number | null
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
  const forecaster = createForecast(thresholds)
  const kills = capture.truth.kills.filter(({ nodeLevel }) => nodeLevel)
  const series: Reading[] = []
  const calls: { at: number; text: string; severity: string }[] = []
  let host = unknownHost
  let firstWarning: number | null = null
  let firstCritical: number | null = null
  let presumedAt: number | null = null
  const forecasts: { at: number; call: 'warning' | 'critical'; forecast: Forecast }[] = []
  let nextKill = 0

  const offer = (event: CoreEvent, now: number): void => {
    const world: World = { now, settings: defaultCoreSettings, host, identity: nobody, memory, coverage: noCoverage }
    for (const verdict of detect(event, world)) {
      const signs = verdict.signs.map(({ sign }) => sign)
      calls.push({ at: now, text: signs.join(' '), severity: verdict.firing ? verdict.severity : 'over' })
      if (!verdict.firing) continue
      const forecast = forecaster.now(world)
      const note = (call: 'warning' | 'critical') => forecast && forecasts.push({ at: now, call, forecast })
      if (firstWarning === null) note('warning')
      firstWarning ??= now
      if (verdict.severity === 'critical') {
        if (firstCritical === null && firstWarning !== now) note('critical')
        firstCritical ??= now
      }
      if (signs.includes('not-ready-presumed')) presumedAt ??= now
    }
  }

  for (const observation of capture.ofMemory) {
    if (observation.kind === 'host') host = observation.host
    memory.observe(observation, host)
    const now = observation.at ?? 0
    while (nextKill < kills.length && kills[nextKill]!.at <= now) {
      const kill = kills[nextKill++]!
      offer({ kind: 'kill', at: kill.at, kill: asKill(kill) }, now)
    }
    if (untilCritical && firstCritical !== null) break
    if (observation.kind !== 'memory') continue
    offer(observation, now)
    if (memory.headroom && memory.strain) {
      series.push({ at: now, headroomRatio: memory.headroom.ratio, stalledMs: memory.strain.stalledMs })
    }
  }
  return { firstWarning, firstCritical, forecasts, calls, presumedAt, series }
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

// The verdict asks identity about habit only, and no capture is long enough for one.
const nobody: World['identity'] = {
  workloadOfPid: () => undefined,
  workloadOfCgroup: () => undefined,
  processes: () => [],
  candidates: () => [],
  usage: () => [],
  respawns: () => null,
  podByUid: () => undefined,
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
