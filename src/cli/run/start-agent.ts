import { join } from 'node:path'
import { firingSince } from '../../agent/agent-status.ts'
import { goneMeanwhile, resume } from '../../agent/resume.ts'
import { resumeNotifications } from '../../agent/resume-notifications.ts'
import { readSavedState } from '../../agent/saved-state.ts'
import { warmCore } from '../../agent/warm-up.ts'
import { withDeadline } from '../../platform/disk-queue.ts'
import { protectSelf } from '../../platform/protect.ts'
import type { ShutdownStep } from '../../platform/shutdown.ts'
import { releaseFreeMemory } from '../../platform/v8-memory.ts'
import { logMessages, messagesOf } from '../../text/messages/catalogues.ts'
import { version } from '../../version.ts'
import { type AlertPath, createAlertPath } from './alert-path.ts'
import { type BackgroundTasks, createSettingsReload, startBackgroundTasks } from './background-tasks.ts'
import type { Endpoint } from './endpoint.ts'
import { createHoldSwitch, type HoldSwitch } from './hold-switch.ts'
import { createKeepers, type Keepers } from './keepers.ts'
import type { AgentContext } from './prepare.ts'
import { createSources, type Sources } from './sources.ts'

interface StartedAgent {
  /** Reads the settings again and applies those that do not need a restart. */
  readonly reload: () => Promise<void>
  /** What ends it, in order. */
  readonly stop: readonly ShutdownStep[]
}

/** Continues where an earlier run stopped, and starts monitoring. */
export async function startAgent(options: {
  readonly context: AgentContext
  readonly endpoint: Endpoint
  readonly out: (line: string) => void
  /** The source of kernel records ended for good. */
  readonly onEnd: (error: Error) => void
}): Promise<StartedAgent> {
  const { context, endpoint, out, onEnd } = options
  const { settings, files, log, notifier } = context
  const { stateDir, locale } = settings
  // The agent may have been on standby for days.
  const notBefore = Date.now() - settings.core.loopWindowMs
  const protection = settings.protect ? protectSelf({ log, locale }) : null
  const recordings = join(stateDir, 'recordings')
  const path = createAlertPath({ settings, log, out, recordings })
  const { agent, delivery } = path

  const { bootId } = context.host
  const resumed = await resume({
    dir: recordings,
    bootId,
    settings: settings.core,
    agent,
    saved: readSavedState(stateDir, log),
    openSince: firingSince(stateDir),
    wasAccepted: id => delivery.current()?.wasAccepted(id) ?? true,
    log,
    now: Date.now(),
  })
  path.startRecording(bootId)
  const sources = createSources({ context, agent, resumed, notBefore, isAlerting: path.isAlerting, onEnd })
  showWatching({
    endpoint,
    path,
    sources,
    protection: protection?.problems ?? [messagesOf(locale).cli.run.protectIsOff],
  })
  await endpoint.open()

  agent.begin(settings.core, context.host, resumed.isContinued)
  const gone = resumed.isContinued ? goneMeanwhile(agent, files, Date.now()) : undefined
  if (gone) agent.emit(gone)
  const keepers = createKeepers({
    stateDir,
    bootId,
    agent,
    emit: sources.emit,
    onRecord: () => path.recorder()?.written() ?? Promise.resolve(),
  })
  path.onChange(keepers.changed)
  resumeNotifications({ agent, notifications: path.notifications(), delivery, resumed, bootId, locale })
  keepers.startLearned()
  await sources.startSampler()
  await delivery.current()?.start()
  await sources.startOthers()
  const background = await startBackgroundTasks({ context, endpoint, path, sources })

  const hold = createHoldSwitch({
    root: settings.root,
    agent: { ...agent, emit: sources.emit },
    log,
    observe: path.observe,
  })
  await hold.set(settings.core.hold)

  notifier.ready()
  void warmCore(context.host).then(() => {
    releaseFreeMemory({ isQuiet: () => agent.isQuiet() && !path.isAlerting() })
    protection?.afterWarmUp()
  })
  const history = agent.history()
  if (history) log.info({ ...history }, logMessages.history)
  const { webhooks, observe } = settings
  log.info({ version, node: context.host.name, webhooks: webhooks.length, observe }, logMessages.watching)
  return {
    reload: createSettingsReload(context, path, sources, hold),
    stop: stepsOf({ hold, path, sources, keepers, background, endpoint }),
  }
}

function showWatching(options: {
  readonly endpoint: Endpoint
  readonly path: AlertPath
  readonly sources: Sources
  /** The missing parts of the agent's own protection. */
  readonly protection: readonly string[]
}): void {
  const { endpoint, path, sources, protection } = options
  endpoint.show(() => {
    const recorder = path.recorder()
    return {
      ...endpoint.bare,
      at: new Date().toISOString(),
      ...path.agent.status(),
      delivery: path.delivery.current()?.state().perWebhook ?? [],
      protection,
      ...(recorder && { droppedObservations: recorder.dropped() }),
      longestGapMs: sources.longestGapMs(),
    }
  })
}

interface Started {
  readonly hold: HoldSwitch
  readonly path: AlertPath
  readonly sources: Sources
  readonly keepers: Keepers
  readonly background: BackgroundTasks
  readonly endpoint: Endpoint
}

/** Stops the sources first, then processing, then delivery. */
function stepsOf({ hold, path, sources, keepers, background, endpoint }: Started): readonly ShutdownStep[] {
  const { delivery } = path
  return [
    { name: 'hold', stop: () => withDeadline(hold.set('off'), 200) },
    ...sources.stop,
    { name: 'own memory', stop: background.stopOwnMemory },
    { name: 'learned files', stop: keepers.stopLearned },
    { name: 'handover', stop: () => sources.emit({ kind: 'end', at: Date.now(), why: 'signal' }) },
    { name: 'notifications', stop: path.settled },
    { name: 'state', stop: keepers.stopState },
    { name: 'recorder', stop: () => path.recorder()?.close() },
    { name: 'delivery', stop: () => delivery.current()?.drain(400).then(delivery.current()?.stop) },
    { name: 'status', stop: background.stopStatus },
    { name: 'health', stop: endpoint.close },
  ]
}
