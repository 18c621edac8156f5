/**
 * The fold: observations in, alerts out. The one place that knows the order of the steps.
 *
 *     parse ▶ identify ▶ detect ▶ diagnose ▶ alert
 *
 * Pure and synchronous: no clock, no I/O, no randomness. `run` and `replay` differ in their source only.
 */
import { createAlerts } from './alert/alerts.ts'
import { createDetectors } from './detect/detectors.ts'
import { createLeakForecaster } from './detect/leak/leak-forecast.ts'
import { createForecaster, forecastOf } from './detect/memory/forecast.ts'
import { createMemoryView } from './detect/memory/memory-view.ts'
import { createExplainer, type Examination } from './diagnose/explain.ts'
import type { HoldChoice } from './hold/choose.ts'
import { createHeldView } from './hold/held.ts'
import { unknownHost } from './host-facts-unknown.ts'
import { createCoverage } from './identify/coverage.ts'
import { createIdentity } from './identify/identity.ts'
import { isNeighbours, isOurOwn } from './identify/own-subtree.ts'
import { clockSetByMs, createSteadyClock } from './monotonic-clock.ts'
import { createOomParser } from './parse/oom/oom-parser.ts'
import { defaultCoreSettings } from './settings/core-settings.ts'
import type {
  Alert,
  Baselines,
  CoreEvent,
  CoreSettings,
  History,
  HostFacts,
  Observation,
  OomKill,
  UsageTrends,
  Verdict,
  World,
} from './types.ts'

export interface Pipeline {
  /** Folds one observation into the core and returns the alerts that it causes. Never throws on input. */
  readonly observe: (observation: Observation) => readonly Alert[]
  /** What the core knows now, for status, watch, doctor and metrics. */
  readonly world: () => World
  /** Verdicts that are firing now. */
  readonly verdicts: () => readonly Verdict[]
  /** Incident, type and subject of every open alert. */
  readonly openKeys: () => readonly string[]
  /** What the kernel's log held of the time before the agent first started; null: no kill. */
  readonly history: () => History | null
  /** What a restart of the agent needs to go on, as plain JSON: it is emitted as an observation of kind `resume`. */
  readonly memory: () => unknown
  /** The result of the diagnosis now, also without an incident. */
  readonly examine: () => Examination
  /** Selects containers to hold, by their growth. */
  readonly holdChoice: () => HoldChoice
  /** The pod of this cgroup is in its grace period. */
  readonly isTerminating: (cgroup: string) => boolean
  /** The baselines of this node. The agent stores them and emits them as an observation after a restart. */
  readonly baselines: () => Baselines
  /** The growth of the largest workloads, stored in the same way. */
  readonly trends: () => UsageTrends
}

interface PipelineOptions {
  /** Called for each OOM kill, before any alert that it causes. */
  readonly onKill?: (kill: OomKill) => void
  /**
   * Called for each event that the core derives from an observation, including the observation, before the detectors
   * see it.
   */
  readonly onEvent?: (event: CoreEvent, world: World) => void
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the core in the order in which an observation passes through it
export function createPipeline(options: PipelineOptions = {}): Pipeline {
  let settings: CoreSettings = defaultCoreSettings
  let host: HostFacts = unknownHost
  let now = 0
  let steadyNow = 0
  /** By how much the clock has been set since the start. */
  let clockSetMs = 0

  let modules = createModules()

  const world = (): World => ({
    now,
    steadyNow,
    settings,
    host,
    identity: modules.identity.view,
    memory: modules.memory,
    coverage: modules.coverage.now(),
    hold: modules.hold,
  })

  const observe = (observation: Observation): readonly Alert[] => {
    if (observation.kind === 'start') {
      modules = createModules()
      settings = defaultCoreSettings
      host = unknownHost
      clockSetMs = 0
    }
    const { parser, memory, identity, coverage, detectors, forecaster, explainer, alerts, hold } = modules
    if (observation.kind === 'resume')
      modules.steadyClock = clockOf(observation.memory, clockSetMs) ?? modules.steadyClock
    if (observation.kind === 'settings') settings = observation.settings
    if (observation.kind === 'host') {
      clockSetMs += clockSetByMs(host, observation.host)
      host = observation.host
    }
    // A record without a time happened as long after boot as its stamp says (1970 is when the node was booted), or else
    // when the last one did.
    const at = observation.at ?? stampMs(observation) ?? now
    // A log without times ends at the time of its last record.
    now = observation.kind === 'end' ? Math.max(now, at) : at

    hold.observe(observation)
    memory.observe(observation, host)
    const kills =
      observation.kind === 'kernel'
        ? parser.push(observation)
        : observation.kind === 'tick' || observation.kind === 'end'
          ? parser.flush(observation.kind === 'end' ? Infinity : now)
          : []
    const seen: CoreEvent[] = [...identity.observe(observation, host)]
    for (const kill of kills) {
      options.onKill?.(kill)
      const isForeign = isNeighbours(kill, host)
      if (isForeign === true) continue
      const attributed = identity.attribute(kill, now, host)
      if (isForeign === null && !isOurOwn(attributed)) continue
      seen.push({ kind: 'kill', at: attributed.at, kill: attributed })
    }
    coverage.observe(observation, seen)

    // Most records of a flood are irrelevant to every verdict.
    if (observation.kind === 'kernel' && seen.length === 0) return nothing

    steadyNow = modules.steadyClock(now - clockSetMs)
    const view = world()
    const out: Alert[] = []
    // A report that was still incomplete at the end happened before the end.
    for (const event of observation.kind === 'end' ? [...seen, observation] : [observation, ...seen]) {
      options.onEvent?.(event, view)
      explainer.observe(event, view)
      if (event.kind === 'kill') forecaster.kill(event.kill)
      const found = detectors.flatMap(detect => detect(event, view))
      // Without times, four kills in a row may be years apart. Verdicts that count within a window are not given.
      const changed = host.clock === 'none' ? found.filter(({ type }) => !needsTime.has(type)) : found
      out.push(
        ...alerts.observe(event, changed, view, subject => explainer.explain(subject, view, forecaster.publish(view))),
      )
    }
    return out
  }

  return {
    observe,
    world,
    verdicts: () => modules.alerts.verdicts(),
    openKeys: () => modules.alerts.openKeys(),
    history: () => modules.alerts.history(),
    memory: () => ({
      version: 1,
      // As of the last observation: a later clock change is not known yet.
      clock: { wallMs: now, steadyMs: steadyNow },
      alerts: modules.alerts.save(),
      coverage: modules.coverage.save(),
    }),
    examine: () => {
      const view = world()
      return modules.explainer.examine(view, forecastOf(view))
    },
    holdChoice: () => modules.explainer.hold.choose(world()),
    isTerminating: cgroup => {
      const workload = modules.identity.view.workloadOfCgroup(cgroup)
      return workload !== undefined && modules.explainer.hold.isTerminating(workload)
    },
    baselines: () => modules.explainer.baselines(now),
    trends: () => modules.leaks.save(now),
  }
}

const nothing: readonly Alert[] = []

const needsTime: ReadonlySet<Verdict['type']> = new Set(['oom-storm', 'respawn-loop'])

function stampMs(observation: Observation): number | undefined {
  return observation.kind === 'kernel' && observation.stampUs !== undefined ? observation.stampUs / 1000 : undefined
}

/** The clock that never goes back as an earlier run left it; undefined where it left none that can be read. */
function clockOf(memory: unknown, clockSetMs: number): ReturnType<typeof createSteadyClock> | undefined {
  const { clock } = memory as { readonly clock?: { readonly wallMs: unknown; readonly steadyMs: unknown } | null }
  const wallMs = Number(clock?.wallMs ?? Number.NaN)
  const steadyMs = Number(clock?.steadyMs ?? Number.NaN)
  return Number.isFinite(wallMs) && Number.isFinite(steadyMs)
    ? createSteadyClock({ wallMs: wallMs - clockSetMs, steadyMs })
    : undefined
}

/** Every module that keeps a state, new. */
function createModules() {
  const memory = createMemoryView()
  const leaks = createLeakForecaster()
  return {
    memory,
    steadyClock: createSteadyClock(),
    parser: createOomParser(),
    identity: createIdentity(memory),
    coverage: createCoverage(),
    detectors: createDetectors(leaks),
    leaks,
    forecaster: createForecaster(),
    explainer: createExplainer(),
    alerts: createAlerts(),
    hold: createHeldView(),
  }
}
