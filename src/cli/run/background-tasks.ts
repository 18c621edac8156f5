import { createStatusWriter } from '../../agent/agent-status.ts'
import { createReload } from '../../agent/reload.ts'
import { watchStateDirectory } from '../../agent/state-directory.ts'
import { statusLine } from '../../agent/status-line.ts'
import { withDeadline } from '../../platform/disk-queue.ts'
import { watchOwnMemory } from '../../platform/own-memory.ts'
import type { AlertPath } from './alert-path.ts'
import { type Endpoint, statusEveryMs } from './endpoint.ts'
import type { HoldSwitch } from './hold-switch.ts'
import type { AgentContext } from './prepare.ts'
import type { Sources } from './sources.ts'

/** Periodic tasks of the agent: status, state directory, own memory. */
export interface BackgroundTasks {
  readonly stopOwnMemory: () => void
  /** Writes the last status: this agent was stopped. */
  readonly stopStatus: () => Promise<void>
}

/** Starts the periodic tasks, and checks the state directory once. */
export async function startBackgroundTasks(options: {
  readonly context: AgentContext
  readonly endpoint: Endpoint
  readonly path: AlertPath
  readonly sources: Sources
}): Promise<BackgroundTasks> {
  const { context, endpoint, path, sources } = options
  const { stateDir } = context.settings
  const writeStatus = createStatusWriter(stateDir)
  const stateDirectory = watchStateDirectory({
    path: stateDir,
    emit: sources.emit,
    now: Date.now,
    locale: context.settings.locale,
    write: () => writeStatus(endpoint.status()),
    reopen: async () => {
      path.recorder()?.reopen()
      await path.delivery.current()?.reopen()
    },
  })
  await withDeadline(stateDirectory.look(), 1000)
  const show = (): void => context.notifier.status(statusLine(endpoint.status(), context.settings.locale))
  setInterval(show, statusEveryMs).unref()
  show()
  const ownMemory = watchOwnMemory({ emit: sources.emit, now: Date.now })
  return {
    stopOwnMemory: ownMemory.stop,
    stopStatus: () => {
      stateDirectory.stop()
      const last = writeStatus({ ...endpoint.status(), state: 'stopped' }).catch(() => {}) // reported while it ran
      return withDeadline(last, 200)
    },
  }
}

/** Creates the handler of SIGHUP, which applies settings that can change while the agent runs. */
export function createSettingsReload(
  context: AgentContext,
  path: AlertPath,
  sources: Sources,
  hold: HoldSwitch,
): () => Promise<void> {
  const { settings, load, log, notifier } = context
  return createReload({
    settings,
    load,
    log,
    notifier,
    apply: async (next, changed) => {
      await path.apply(next, changed)
      const at = Date.now()
      if (changed.has('labels')) {
        context.host = { ...context.host, labels: next.labels }
        path.agent.emit({ kind: 'host', at, host: context.host })
      }
      sources.emit({ kind: 'settings', at, settings: next.core })
      await hold.set(next.core.hold)
    },
  })
}
