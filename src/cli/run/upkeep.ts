import { createStatusWriter } from '../../agent/agent-status.ts'
import { createReload } from '../../agent/reload.ts'
import { watchStateDirectory } from '../../agent/state-directory.ts'
import { statusLine } from '../../agent/status-line.ts'
import { withDeadline } from '../../platform/disk-queue.ts'
import { watchOwnMemory } from '../../platform/own-memory.ts'
import type { AlertPath } from './alert-path.ts'
import { type Endpoint, statusEveryMs } from './endpoint.ts'
import type { HoldSwitch } from './hold-switch.ts'
import type { Ground } from './prepare.ts'
import type { Sources } from './sources.ts'

/** Periodic tasks of the agent: status, state directory, own memory. */
export interface Upkeep {
  readonly stopOwnMemory: () => void
  /** Writes the last status: this agent was stopped. */
  readonly stopStatus: () => Promise<void>
}

/** Starts the periodic tasks, and checks the state directory once. */
export async function startUpkeep(options: {
  readonly ground: Ground
  readonly endpoint: Endpoint
  readonly path: AlertPath
  readonly sources: Sources
}): Promise<Upkeep> {
  const { ground, endpoint, path, sources } = options
  const { stateDir } = ground.settings
  const writeStatus = createStatusWriter(stateDir)
  const stateDirectory = watchStateDirectory({
    path: stateDir,
    emit: sources.emit,
    now: Date.now,
    locale: ground.settings.locale,
    write: () => writeStatus(endpoint.status()),
    reopen: async () => {
      path.recorder()?.reopen()
      await path.delivery.current()?.reopen()
    },
  })
  await withDeadline(stateDirectory.look(), 1000)
  const show = (): void => ground.notifier.status(statusLine(endpoint.status(), ground.settings.locale))
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
  ground: Ground,
  path: AlertPath,
  sources: Sources,
  hold: HoldSwitch,
): () => Promise<void> {
  const { settings, load, log, notifier } = ground
  return createReload({
    settings,
    load,
    log,
    notifier,
    apply: async (next, changed) => {
      await path.apply(next, changed)
      const at = Date.now()
      if (changed.has('labels')) {
        ground.host = { ...ground.host, labels: next.labels }
        path.agent.emit({ kind: 'host', at, host: ground.host })
      }
      sources.emit({ kind: 'settings', at, settings: next.core })
      await hold.set(next.core.hold)
    },
  })
}
