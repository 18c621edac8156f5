/**
 * The fold: observations in, alerts out. The one place that knows the order of the steps.
 *
 *     parse ▶ identify ▶ detect ▶ diagnose ▶ alert
 *
 * Pure and synchronous: no clock, no I/O, no randomness. `run` and `replay` differ in their source only.
 */
import { createAlerts } from './alert/alerts.ts'
import { createDetectors } from './detect/detectors.ts'
import { createForecast } from './detect/forecast.ts'
import { createMemoryView } from './detect/memory-view.ts'
import { createExplainer, type Examination } from './diagnose/explain.ts'
import { createCoverage } from './identify/coverage.ts'
import { createIdentity } from './identify/identity.ts'
import { isNeighbours, isOurOwn } from './identify/own-subtree.ts'
import { createOomParser } from './parse/oom.ts'
import { defaultCoreSettings } from './settings/core-settings.ts'
import type {
  Alert,
  CoreEvent,
  CoreSettings,
  Habits,
  HostFacts,
  Observation,
  OomKill,
  Verdict,
  World,
} from './types.ts'
import { unknownHost } from './unknown-host.ts'

export interface Pipeline {
  /** Folds one observation into the core and returns the alerts that it causes. Never throws on input. */
  readonly observe: (observation: Observation) => readonly Alert[]
  /** What the core knows now, for status, watch, doctor and metrics. */
  readonly world: () => World
  /** Verdicts that are firing now. */
  readonly verdicts: () => readonly Verdict[]
  /** How things are by the rules of diagnosis, also before anything has happened. */
  readonly examine: () => Examination
  /** What is usual here, for the shell to keep: told again as an observation after a restart. */
  readonly habits: () => Habits
}

export interface PipelineOptions {
  /** Called for each OOM kill, before any alert that it causes. */
  readonly onKill?: (kill: OomKill) => void
  /** Called for each event that the core makes of an observation, itself included, before it is judged. */
  readonly onEvent?: (event: CoreEvent, world: World) => void
}

export function createPipeline(options: PipelineOptions = {}): Pipeline {
  let settings: CoreSettings = defaultCoreSettings
  let host: HostFacts = unknownHost
  let now = 0

  let rooms = createRooms()

  const world = (): World => ({
    now,
    settings,
    host,
    identity: rooms.identity.view,
    memory: rooms.memory,
    coverage: rooms.coverage.now(),
  })

  const observe = (observation: Observation): readonly Alert[] => {
    if (observation.kind === 'start') {
      rooms = createRooms()
      settings = defaultCoreSettings
      host = unknownHost
    }
    const { parser, memory, identity, coverage, detectors, forecast, explainer, alerts } = rooms
    if (observation.kind === 'settings') settings = observation.settings
    if (observation.kind === 'host') host = observation.host
    // A record without a time happened as long after boot as its stamp says (1970 is when the node was booted), or else
    // when the last one did.
    const at = observation.at ?? stampMs(observation) ?? now
    // A log without times has no end either: it ends when its last record happened.
    now = observation.kind === 'end' ? Math.max(now, at) : at

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

    // Most records of a flood are no news to any verdict.
    if (observation.kind === 'kernel' && seen.length === 0) return nothing

    const view = world()
    const out: Alert[] = []
    // What was still being put together when the watch ended happened before its end.
    for (const event of observation.kind === 'end' ? [...seen, observation] : [observation, ...seen]) {
      options.onEvent?.(event, view)
      explainer.observe(event, view)
      forecast.observe(event, view)
      const changed = detectors.flatMap(detect => detect(event, view))
      out.push(...alerts.observe(event, changed, view, subject => explainer.explain(subject, view, forecast.now(view))))
    }
    return out
  }

  return {
    observe,
    world,
    verdicts: () => rooms.alerts.verdicts(),
    examine: () => {
      const view = world()
      return rooms.explainer.examine(view, rooms.forecast.now(view))
    },
    habits: () => rooms.explainer.habits(now),
  }
}

const nothing: readonly Alert[] = []

function stampMs(observation: Observation): number | undefined {
  return observation.kind === 'kernel' && observation.stampUs !== undefined ? observation.stampUs / 1000 : undefined
}

/** All that remembers, new. */
function createRooms() {
  const memory = createMemoryView()
  return {
    memory,
    parser: createOomParser(),
    identity: createIdentity(memory),
    coverage: createCoverage(),
    detectors: createDetectors(),
    forecast: createForecast(),
    explainer: createExplainer(),
    alerts: createAlerts(),
  }
}
