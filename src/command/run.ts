import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createDelivery } from '../deliver/delivery.ts'
import { terminalText } from '../deliver/format/terminal.ts'
import { createAgent } from '../host/agent.ts'
import { type AgentStatus, writeStatus } from '../host/agent-status.ts'
import { OomloopError } from '../host/errors.ts'
import { readHostFacts } from '../host/facts.ts'
import { serveHealth } from '../host/health-server.ts'
import { createLog, type Log } from '../host/log.ts'
import { checkPlatform } from '../host/platform.ts'
import { protectSelf } from '../host/protect.ts'
import { createNotifier } from '../host/sd-notify.ts'
import { onShutdown } from '../host/shutdown.ts'
import { waitForVoice } from '../host/voice.ts'
import { createRecorder } from '../record/recorder.ts'
import type { Settings } from '../settings/settings.ts'
import { createClock } from '../source/clock.ts'
import { createLiveFiles } from '../source/host-files.ts'
import { createKernelSource } from '../source/kernel.ts'
import { createSamplerSource } from '../source/sampler-source.ts'
import type { Alert, Observation } from '../types.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'

const statusEveryMs = 5000

/** The agent: wires sources, the core, the recorder and delivery, and stays until a signal ends it. */
export const run: CommandRun = async ({ settings: load, out }) => {
  checkPlatform()
  const settings = load()
  const log = createLog(settings.logLevel)
  const startedAt = Date.now()
  makeStateDir(settings.stateDir)
  const files = createLiveFiles(settings.root)
  const host = readHostFacts(files, {
    nodeName: settings.nodeName,
    labels: settings.labels,
    agentVersion: version,
    at: startedAt,
  })
  const notifier = createNotifier()
  const giveVoiceBack = settings.oneVoice
    ? await waitForVoice({ path: join(settings.root, 'run/oomloop/lock'), files, bootId: host.bootId, log })
    : () => {}
  const protection = settings.protect ? protectSelf({ log }) : { problems: ['switched off by the setting protect'] }

  const recorder =
    settings.recordBytes > 0
      ? createRecorder({
          dir: join(settings.stateDir, 'recordings'),
          maxBytes: settings.recordBytes,
          agentVersion: version,
          bootId: host.bootId,
          log,
        })
      : null
  const delivery = settings.webhooks.length > 0 ? openDelivery(settings, log) : null
  const print = (alert: Alert): void =>
    out(`${terminalText(alert, { colour: process.stdout.isTTY === true, locale: settings.locale })}\n`)
  const agent = createAgent({
    log,
    record: recorder?.write ?? null,
    tell: delivery ? delivery.accept : print,
    observe: settings.observe,
    now: Date.now,
  })

  const clock = createClock()
  const status = (): AgentStatus => ({
    version,
    pid: process.pid,
    node: host.name,
    startedAt: new Date(startedAt).toISOString(),
    at: new Date().toISOString(),
    ...agent.status(),
    delivery: delivery?.state().perWebhook ?? [],
    protection: protection.problems,
    longestGapMs: clock.longestGapMs(),
  })
  const health = settings.listen ? await serveHealth(settings.listen, status) : null

  agent.begin(settings.core, host, false)
  await delivery?.start()
  const sampler = createSamplerSource(files)
  const kernel = createKernelSource({ settings, host, log, startedAt })
  const emit = (observation: Observation): void => {
    // The victim is read while it is still there: its cgroup may not have been seen yet.
    if (observation.kind === 'kernel' && !observation.estimated) sampler.lookAtVictim(observation)
    agent.emit(observation)
  }
  await sampler.start(agent.emit)
  await kernel.start(emit)
  await clock.start(agent.emit)
  const statusTimer = setInterval(() => writeStatus(settings.stateDir, status()), statusEveryMs)
  writeStatus(settings.stateDir, status())
  notifier.ready()
  log.info({ version, node: host.name, webhooks: settings.webhooks.length, observe: settings.observe }, 'watching')

  return onShutdown(
    [
      { name: 'notifier', stop: notifier.stopping },
      { name: 'kernel', stop: kernel.stop },
      { name: 'sampler', stop: sampler.stop },
      { name: 'clock', stop: clock.stop },
      { name: 'handover', stop: () => agent.emit({ kind: 'end', at: Date.now(), why: 'signal' }) },
      { name: 'recorder', stop: async () => recorder?.close() },
      { name: 'delivery', stop: () => delivery?.drain(400).then(delivery.stop) },
      {
        name: 'status',
        stop: () => {
          clearInterval(statusTimer)
          writeStatus(settings.stateDir, status())
        },
      },
      { name: 'health', stop: () => health?.close() },
      { name: 'voice', stop: giveVoiceBack },
    ],
    log,
  )
}

function openDelivery(settings: Settings, log: Log) {
  return createDelivery({
    webhooks: settings.webhooks,
    stateDir: settings.stateDir,
    log,
    agentVersion: version,
    heartbeatMs: settings.heartbeatMs,
  })
}

function makeStateDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 })
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new OomloopError(
      'OOMLOOP_STATE_DIR',
      `cannot write to ${path}: run as root, or choose a directory with --state-dir`,
      { cause },
    )
  }
}
