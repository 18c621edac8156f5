import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgent } from '../../src/agent/agent.ts'
import { createRecordBeforeSend } from '../../src/agent/record-before-send.ts'
import { resume } from '../../src/agent/resume.ts'
import { resumeNotifications } from '../../src/agent/resume-notifications.ts'
import { createStateKeeper, readSavedState } from '../../src/agent/saved-state.ts'
import { createSwitchableDelivery } from '../../src/agent/switchable-delivery.ts'
import { createDelivery } from '../../src/deliver/delivery.ts'
import { createNotifications } from '../../src/deliver/policy/notifications.ts'
import { createRecorder } from '../../src/recording/recorder.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
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
  const delivery = createSwitchableDelivery(
    () => createDelivery({ webhooks, stateDir, log, agentVersion: '0', environment: {} }),
    () => {},
  )
  const notifications = createNotifications(webhooks, 'en')
  let recorder: ReturnType<typeof createRecorder> | null = null
  let keeper: ReturnType<typeof createStateKeeper> | null = null
  const beforeSend = createRecordBeforeSend({
    onRecord: () => recorder?.flush() ?? Promise.resolve(),
    deliver: ({ alert, ...how }) => delivery.accept(alert, how),
  })
  const agent = createAgent({
    log,
    record: observation => recorder?.write(observation),
    notifications: () => notifications,
    send: beforeSend.send,
    observe: () => false,
    onKill: () => void recorder?.flush(),
    now,
    onChange: () => keeper?.changed(),
  })
  const resumed = await resume({
    dir,
    bootId,
    settings: defaultCoreSettings,
    agent,
    saved: readSavedState(stateDir, log),
    openSince: 0,
    wasAccepted: id => delivery.current()!.wasAccepted(id),
    log,
    now: now(),
  })
  if (isRecorded) recorder = createRecorder({ dir, maxBytes: 16 << 20, agentVersion: '0', bootId, log, now })
  agent.begin(defaultCoreSettings, host, resumed.isContinued)
  keeper = createStateKeeper({
    stateDir,
    bootId: bootId!,
    take: agent.save,
    mark: (id, at) => agent.emit({ kind: 'saved', at, id }),
    onRecord: () => recorder?.written() ?? Promise.resolve(),
    run: `run-${now()}`,
    now,
  })
  resumeNotifications({ agent, notifications, delivery, resumed, bootId, locale: 'en', now })
  await delivery.current()!.start()
  return {
    emit: agent.emit,
    openKeys: agent.openKeys,
    kill: async () => {
      await beforeSend.settled()
      await delivery.current()!.drain(5_000)
      await pause(50) // what was saved last is on disk
      await delivery.current()!.stop()
    },
  }
}
