import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { resume } from '../../src/agent/resume.ts'
import { resumeNotifications } from '../../src/agent/resume-notifications.ts'
import { createStateKeeper, readSavedState } from '../../src/agent/saved-state.ts'
import { createAlertPath } from '../../src/cli/run/alert-path.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import { loadSettings } from '../../src/settings/load.ts'
import type { Settings } from '../../src/settings/settings.ts'
import type { HostFacts, Observation, WebhookSettings } from '../../src/types.ts'
import { keptLog } from '../deliver/samples.ts'

export interface AgentRun {
  readonly emit: (observation: Observation) => void
  readonly openKeys: () => readonly string[]
  /** As `kill -9` would end it, once what it decided is delivered. */
  readonly kill: () => Promise<void>
}

/** One run of the agent as `oomloop run` wires it, under a clock of the test's own, with observations that the test makes. */
export async function startAgentRun(options: {
  readonly stateDir: string
  readonly webhooks: readonly WebhookSettings[]
  readonly host: HostFacts
  readonly now: () => number
  /** The flight recorder is on. */
  readonly isRecorded?: boolean
}): Promise<AgentRun> {
  const { stateDir, webhooks, host, now, isRecorded = true } = options
  const log = keptLog()
  const { bootId } = host
  const dir = join(stateDir, 'recordings')
  const settings: Settings = {
    ...loadSettings({ environment: {}, flags: {} }),
    stateDir,
    webhooks,
    heartbeatMs: 0,
    recordSizeBytes: isRecorded ? 16 << 20 : 0,
  }
  const path = createAlertPath({ settings, log, out: () => {}, recordings: dir, now })
  const { agent, delivery } = path
  const resumed = await resume({
    dir,
    bootId,
    settings: defaultCoreSettings,
    agent,
    saved: readSavedState(stateDir, log),
    openSince: 0,
    wasAccepted: id => delivery.current()?.wasAccepted(id) ?? true,
    log,
    now: now(),
  })
  path.startRecording(bootId)
  agent.begin(defaultCoreSettings, host, resumed.isContinued)
  const keeper = createStateKeeper({
    stateDir,
    bootId: bootId!,
    take: agent.save,
    mark: (id, at) => agent.emit({ kind: 'saved', at, id }),
    onRecord: () => path.recorder()?.written() ?? Promise.resolve(),
    run: `run-${now()}`,
    now,
  })
  path.onChange(keeper.changed)
  resumeNotifications({ agent, notifications: path.notifications(), delivery, resumed, bootId, locale: 'en', now })
  await delivery.current()?.start()
  return {
    emit: agent.emit,
    openKeys: agent.openKeys,
    kill: async () => {
      await path.settled()
      await delivery.current()?.drain(5_000)
      await pause(50) // what was saved last is on disk
      await delivery.current()?.stop()
    },
  }
}
