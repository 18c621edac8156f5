import { isMuted } from '../alert/mute.ts'
import type { Notification, Notifications } from '../deliver/policy/notifications.ts'
import { firstLeak } from '../detect/leak/first-leak.ts'
import { defaultThresholds } from '../detect/memory/thresholds.ts'
import { heldOf } from '../hold/held.ts'
import type { Log } from '../log.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import { logMessages, messagesOf } from '../text/messages/catalogues.ts'
import type {
  Alert,
  AlertType,
  Baselines,
  CoreSettings,
  FilePlace,
  History,
  HostFacts,
  Locale,
  Observation,
  SourceState,
  UsageTrends,
  Verdict,
  World,
} from '../types.ts'
import type { AgentStatus, SourceStatus } from './agent-status.ts'
import { kernelSources } from './down-sources.ts'
import type { SavedState } from './saved-state.ts'

interface AgentOptions {
  readonly log: Log
  /** The flight recorder; null where it is off. */
  readonly record: ((observation: Observation) => void) | null
  /** Decides which alerts are sent to which receivers, and when. */
  readonly notifications: () => Notifications
  /** Accepts an alert for sending; it is durable when this returns. */
  readonly send: (notification: Notification) => void
  /** Everything is evaluated and counted, and nothing is sent. */
  readonly observe: () => boolean
  /** Every change of an alert, independent of receivers; not with `observe`. */
  readonly onAlert?: (alert: Alert) => void
  /** A kill was recorded and is about to be evaluated. Its alert waits until the record is on disk. */
  readonly onKill?: () => void
  /** State changed that a restart needs. */
  readonly onChange?: () => void
  readonly now: () => number
}

/** The live pipeline: one function for all sources, one for alerts, and the counts of both. */
export interface Agent {
  /** Starts the core with settings and host facts. `isContinued`: it continues an earlier run. */
  readonly begin: (settings: CoreSettings, host: HostFacts, isContinued: boolean) => void
  /** Replays what an earlier run recorded, and returns the alerts that it sent or should have sent. */
  readonly fold: (observation: Observation) => readonly Notification[]
  /** Folds in an observation and returns the alerts that it causes, without sending any. */
  readonly judge: (observation: Observation) => readonly Alert[]
  /** Continues with the state that an earlier run saved. */
  readonly restore: (saved: SavedState) => void
  /** What a restart needs. */
  readonly save: () => Pick<SavedState, 'lastSeq' | 'readTo' | 'core' | 'notifications'>
  /** Sends what an earlier run decided and could not hand over. */
  readonly send: (notification: Notification) => void
  /** Sends a change of an alert that no observation caused, to those that its receivers' policies say. */
  readonly publish: (alert: Alert) => void
  /** Keys of the alerts that are open now. */
  readonly openKeys: () => readonly string[]
  /** Something fires, or a kill happened within the loop window, so a restart needs the state. */
  readonly hasOpenEnds: (now: number) => boolean
  readonly world: () => World
  /** The baselines of this node. */
  readonly baselines: () => Baselines
  /** How the largest workloads grew. */
  readonly trends: () => UsageTrends
  /** Which containers to hold, and which of them are terminating. */
  readonly hold: Pick<Pipeline, 'holdChoice' | 'isTerminating'>
  readonly emit: (observation: Observation) => void
  readonly status: () => Pick<
    AgentStatus,
    'sources' | 'coverage' | 'headroom' | 'stall' | 'leak' | 'firing' | 'history' | 'alerts' | 'hold'
  >
  /** The kernel has logged nothing for a second: a good moment for slow work. */
  readonly isQuiet: () => boolean
  /** Memory is short at this moment, by what was measured last. */
  readonly isShortOfMemory: () => boolean
  /** What the kernel's log held of the time before this agent first started. */
  readonly history: () => History | null
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the core and its counts
export function createAgent(options: AgentOptions): Agent {
  const { log, record, send, observe, now, onChange = () => {}, onAlert = () => {}, onKill = () => {} } = options
  let lastKillAt = Number.NEGATIVE_INFINITY
  let lastSeq: number | null = null
  let readTo: FilePlace | null = null
  let hasEnded = false
  /** When the last record of the kernel was observed, by a clock that is never set. */
  let kernelAt = Number.NEGATIVE_INFINITY
  const pipeline = createPipeline({
    onKill: kill => {
      lastKillAt = Math.max(lastKillAt, kill.at ?? lastKillAt)
      onKill()
      onChange()
    },
  })
  const sources = new Map<string, SourceState>()
  const counts = { judged: 0, notified: 0, suppressed: 0 }
  /** Messages that were sent, or would have been, by the type of their alert. */
  const byType = new Map<AlertType, number>()

  const count = (alert: Alert): void => {
    counts.judged++
    if (!observe()) onAlert(alert)
    const { type, subject, severity, status, id } = alert
    log.info({ type, subject, severity, status, id }, logMessages.alert)
  }

  const notify = (notification: Notification): void => {
    const { type } = notification.alert
    byType.set(type, (byType.get(type) ?? 0) + notification.to.length)
    if (observe()) {
      counts.suppressed++
      log.info({ type, id: notification.alert.id, to: notification.to }, logMessages.suppressed)
    } else {
      counts.notified++
      send(notification)
    }
    onChange()
  }

  const noteProgress = (observation: Observation): void => {
    if (observation.kind === 'kernel') lastSeq = observation.seq ?? lastSeq
    if (observation.kind === 'kernel' || observation.kind === 'unit-line') readTo = observation.readTo ?? readTo
  }

  const note = (observation: Observation): void => {
    noteProgress(observation)
    if (observation.kind === 'kernel') kernelAt = performance.now()
    if (observation.kind === 'source') {
      const { source, state, why, steady } = observation
      if (!steady && sources.get(source)?.state !== state)
        log[state === 'blind' ? 'warn' : 'info']({ source, why }, logMessages.source[state])
      sources.set(source, observation)
    }
    if (observation.kind === 'lost')
      log.warn({ source: observation.source, lostRecords: observation.records }, logMessages.recordsLost)
  }

  const emit = (observation: Observation): void => {
    // The end is the last line of a recording, so state that is saved after it is newer.
    if (hasEnded && observation.kind === 'saved') return
    hasEnded ||= observation.kind === 'end'
    note(observation)
    // Recorded before it is evaluated, so that the cause of an alert is on disk when the alert is sent.
    record?.(observation)
    const alerts = pipeline.observe(observation)
    // The alert is sent first. Counting and logging can wait.
    for (const notification of options.notifications().observe(observation, alerts)) notify(notification)
    for (const alert of alerts) count(alert)
    if (alerts.length > 0) onChange()
  }

  return {
    begin: (settings, host, isContinued) => {
      const at = now()
      if (isContinued) emit({ kind: 'resume', at, memory: pipeline.memory() })
      else emit({ kind: 'start', at })
      emit({ kind: 'settings', at, settings })
      emit({ kind: 'host', at, host })
    },
    fold: observation => {
      noteProgress(observation)
      return options.notifications().observe(observation, pipeline.observe(observation))
    },
    judge: pipeline.observe,
    restore: saved => {
      lastSeq = saved.lastSeq ?? lastSeq
      readTo = saved.readTo ?? readTo
      pipeline.observe({ kind: 'resume', at: saved.at, memory: saved.core })
      options.notifications().restore(saved.notifications)
    },
    save: () => ({ lastSeq, readTo, core: pipeline.memory(), notifications: options.notifications().save() }),
    send: notify,
    publish: alert => {
      count(alert)
      for (const notification of options.notifications().take(alert)) notify(notification)
    },
    openKeys: pipeline.openKeys,
    hasOpenEnds: at => pipeline.verdicts().length > 0 || at - lastKillAt < pipeline.world().settings.loopWindowMs,
    world: pipeline.world,
    baselines: pipeline.baselines,
    trends: pipeline.trends,
    hold: pipeline,
    emit,
    status: () => {
      const world = pipeline.world()
      return {
        sources: sourcesOf([...sources.values()], pipeline.verdicts(), world.settings.locale),
        coverage: world.coverage,
        headroom: world.memory.headroom,
        stall: world.memory.stall,
        leak: firstLeak(pipeline.verdicts()),
        firing: pipeline.verdicts().map(verdict => ({
          type: verdict.type,
          subject: verdict.subject,
          severity: verdict.severity,
          since: new Date(verdict.since).toISOString(),
          ...(isMuted(verdict, world.settings.mute, world.host) && { muted: true }),
        })),
        ...holdOf(pipeline),
        history: pipeline.history(),
        alerts: { ...counts, byType: Object.fromEntries(byType) },
      }
    },
    isQuiet: () => performance.now() - kernelAt >= quietMs,
    isShortOfMemory: () => isShortOfMemory(pipeline.world()),
    history: pipeline.history,
  }
}

/** Little is left and tasks wait for it, or reclaim is at work: what makes a process that is not scheduled a victim of it. */
function isShortOfMemory({ memory: { headroom, signals } }: World): boolean {
  if (!headroom || !signals || headroom.ratio >= defaultThresholds.lowHeadroomRatio) return false
  return signals.stalledMs > 0 || signals.isReclaiming || signals.depletingSince !== null
}

/** A source of kernel records that does not show the kills that the kernel counts is down, whatever it says of itself. */
function sourcesOf(
  sources: readonly SourceState[],
  verdicts: readonly Verdict[],
  locale: Locale,
): readonly SourceStatus[] {
  const kills = verdicts.find(verdict => verdict.type === 'agent-impaired')?.facts.unseenKills ?? 0
  return sources.map(({ source, state, why, steady }) =>
    kills > 0 && kernelSources.includes(source) && state === 'sighted'
      ? { name: source, state: 'blind', why: messagesOf(locale).agent.unseenKills({ kills }), steady: false }
      : { name: source, state, why, steady: steady === true },
  )
}

/** What is held; nothing with `hold: off`. */
function holdOf(pipeline: Pipeline): Pick<AgentStatus, 'hold'> {
  const { settings, hold, identity, now } = pipeline.world()
  if (settings.hold === 'off' || !hold) return {}
  const held = hold.held.map(each => ({
    workload: identity.workloadOfCgroup(each.cgroup)?.key ?? each.cgroup,
    since: new Date(each.since).toISOString(),
    savedKiB: heldOf(each, now).savedKiB,
  }))
  return { hold: { held, releases: hold.releases } }
}

const quietMs = 1000
