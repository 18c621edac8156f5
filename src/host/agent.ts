import { createPipeline } from '../pipeline.ts'
import type { Alert, CoreSettings, Habits, HostFacts, Observation, SourceState, World } from '../types.ts'
import type { AgentStatus } from './agent-status.ts'
import type { Log } from './log.ts'

export interface AgentOptions {
  readonly log: Log
  /** The flight recorder; null where it is off. */
  readonly record: ((observation: Observation) => void) | null
  /** Takes an alert that is to be told to somebody; durable when it returns. */
  readonly tell: (alert: Alert) => void
  /** Everything is judged and counted, nothing told. */
  readonly observe: () => boolean
  readonly now: () => number
}

/** The live fold: one function for every source, one for alerts, and the counts of both. */
export interface Agent {
  /** First of all: what is judged by, and where. `isContinued`: the core goes on where an earlier run was ended. */
  readonly begin: (settings: CoreSettings, host: HostFacts, isContinued: boolean) => void
  /** Folds what an earlier run recorded in, and returns what that run told, or should have. */
  readonly recall: (observation: Observation) => readonly Alert[]
  /** Tells an alert that an earlier run judged and could not hand over. */
  readonly tellAgain: (alert: Alert) => void
  /** Something is firing, or a kill lies less than a loop window back: a restart had better not forget it. */
  readonly hasOpenEnds: (now: number) => boolean
  readonly world: () => World
  /** What is usual on this node, as far as it is learned. */
  readonly habits: () => Habits
  readonly emit: (observation: Observation) => void
  readonly status: () => Pick<AgentStatus, 'sources' | 'coverage' | 'headroom' | 'stall' | 'firing' | 'alerts'>
  /** Something is firing, or was told within the last minute: the wrong moment to be slow. */
  readonly isBusy: () => boolean
}

export function createAgent(options: AgentOptions): Agent {
  const { log, record, tell, observe, now } = options
  let lastKillAt = Number.NEGATIVE_INFINITY
  const pipeline = createPipeline({
    onKill: kill => {
      lastKillAt = Math.max(lastKillAt, kill.at ?? lastKillAt)
    },
  })
  const sources = new Map<string, SourceState>()
  const counts = { judged: 0, handedToDelivery: 0, withheld: 0 }

  const judge = (alert: Alert): void => {
    counts.judged++
    const { type, subject, severity, status, id } = alert
    log.info({ type, subject, severity, status, id, withheld: observe() || undefined }, 'alert')
    if (observe()) counts.withheld++
    else {
      counts.handedToDelivery++
      tell(alert)
    }
  }

  const note = (observation: Observation): void => {
    if (observation.kind === 'source') {
      const { source, state, why, steady } = observation
      if (!steady && sources.get(source)?.state !== state)
        log[state === 'blind' ? 'warn' : 'info']({ source, why }, `source is ${state}`)
      sources.set(source, observation)
    }
    if (observation.kind === 'lost')
      log.warn({ source: observation.source, lostRecords: observation.records }, 'kernel log overran')
  }

  const emit = (observation: Observation): void => {
    note(observation)
    // Recorded before it is judged: what caused an alert is on record when the alert leaves.
    record?.(observation)
    for (const alert of pipeline.observe(observation)) judge(alert)
  }

  return {
    begin: (settings, host, isContinued) => {
      const at = now()
      if (!isContinued) emit({ kind: 'start', at })
      emit({ kind: 'settings', at, settings })
      emit({ kind: 'host', at, host })
    },
    recall: pipeline.observe,
    tellAgain: judge,
    hasOpenEnds: at => pipeline.verdicts().length > 0 || at - lastKillAt < pipeline.world().settings.loopWindowMs,
    world: pipeline.world,
    habits: pipeline.habits,
    emit,
    status: () => {
      const world = pipeline.world()
      return {
        sources: [...sources.values()].map(({ source, state, why, steady }) => ({
          name: source,
          state,
          why,
          steady: steady === true,
        })),
        coverage: world.coverage,
        headroom: world.memory.headroom,
        stall: world.memory.stall,
        firing: pipeline.verdicts().map(({ type, subject, severity, since }) => ({
          type,
          subject,
          severity,
          since: new Date(since).toISOString(),
        })),
        alerts: { ...counts },
      }
    },
    isBusy: () => pipeline.verdicts().length > 0,
  }
}
