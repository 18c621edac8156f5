import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { checkWebhooks } from '../deliver/check-webhooks.ts'
import { createDelivery, type Delivery } from '../deliver/delivery.ts'
import { terminalText } from '../deliver/format/terminal.ts'
import { createAgent } from '../host/agent.ts'
import { type AgentStatus, bareStatus, firingSince, writeStatus } from '../host/agent-status.ts'
import { makeDirectories } from '../host/directories.ts'
import { fitEngine, giveFreeMemoryBack } from '../host/engine.ts'
import { OomloopError } from '../host/errors.ts'
import { datedAnew, readHostFacts } from '../host/facts.ts'
import { createHabitKeeper } from '../host/habits.ts'
import { serveHealth } from '../host/health-server.ts'
import type { LockHolder } from '../host/lock.ts'
import { createLog, type Log } from '../host/log.ts'
import { createOutlet } from '../host/outlet.ts'
import { watchOwnMemory } from '../host/own-memory.ts'
import { checkPlatform } from '../host/platform.ts'
import { protectSelf } from '../host/protect.ts'
import { goneMeanwhile, recall } from '../host/recall.ts'
import { createReload } from '../host/reload.ts'
import { createNotifier } from '../host/sd-notify.ts'
import { onShutdown, type ShutdownStep } from '../host/shutdown.ts'
import { statusLine } from '../host/status-line.ts'
import { createTelling } from '../host/telling.ts'
import { waitForVoice } from '../host/voice.ts'
import { warmCore } from '../host/warm-core.ts'
import { createRecorder, type Recorder } from '../record/recorder.ts'
import { wantsColour } from '../report/paint.ts'
import type { Settings } from '../settings/settings.ts'
import { createClock, stepMs } from '../source/clock.ts'
import { createLiveFiles } from '../source/host-files.ts'
import { createKernelSource } from '../source/kernel.ts'
import { createKubeletLogSource, findKubeletLog } from '../source/kubelet-log.ts'
import { createSamplerSource } from '../source/sampler-source.ts'
import type { Alert, HostFacts, Observation } from '../types.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'

const statusEveryMs = 5000

/** The agent: wires sources, the core, the recorder and delivery, and stays until a signal or the end of the journal. */
export const run: CommandRun = async ({ settings: loadUnchecked, out }) => {
  const load = async (): Promise<Settings> => {
    const loaded = loadUnchecked()
    await checkWebhooks(loaded.webhooks)
    return loaded
  }
  checkPlatform()
  fitEngine()
  const settings = await load()
  const log = createLog(settings.logLevel)
  const startedAt = Date.now()
  makeStateDir(settings.stateDir)
  const files = createLiveFiles(settings.root)
  const { nodeName, labels, stateDir } = settings
  let host = readHostFacts(files, { nodeName, labels, agentVersion: version, at: startedAt })
  const notifier = createNotifier()

  // From here on a signal is answered, also by an agent that stands by for days.
  const steps: ShutdownStep[] = [{ name: 'notifier', stop: notifier.stopping }]
  const journalsEnd = Promise.withResolvers<Error>()
  const ended = onShutdown(steps, log, journalsEnd.promise)
  ended.catch(() => {}) // it may fail before anybody waits for it
  let isReloadDue = false
  let reload = async (): Promise<void> => {
    isReloadDue = true
    notifier.reloading()
    notifier.ready()
    log.info({}, 'settings are read again as soon as this agent watches')
  }
  process.on('SIGHUP', () => reload())

  const bare = bareStatus({ version, node: host.name, startedAt })
  let status = (): AgentStatus => bare
  const serve = async () => (settings.listen ? serveHealth(settings.listen, () => status()) : null)
  let health: Awaited<ReturnType<typeof serve>> = null
  // Whoever stands by is well: without a sign of it, it would be restarted again and again.
  const standBy = async (holder: LockHolder | null): Promise<void> => {
    health = await serve().catch((error: Error) => {
      log.info({ why: error.message }, 'health is served as soon as this agent watches') // the other one may have the address
      return null
    })
    notifier.status(`standing by: another oomloop${holder ? ` (pid ${holder.pid})` : ''} watches this host`)
    notifier.ready()
  }
  const giveVoiceBack = settings.oneVoice
    ? await waitForVoice({
        path: join(settings.root, 'run/oomloop/lock'),
        files,
        bootId: host.bootId,
        log,
        onStandBy: standBy,
      })
    : () => {}
  // It may have stood by for days.
  const watchesFrom = Date.now()
  host = datedAnew(host, files, Date.now) ?? host
  const protection = settings.protect ? protectSelf({ log }) : { problems: ['switched off by the setting protect'] }

  const print = (alert: Alert): void =>
    out(`${terminalText(alert, { colour: wantsColour(process.stdout, process.env), locale: settings.locale })}\n`)
  const outlet = createOutlet(() => openDelivery(settings, log), print)
  let recorder: Recorder | null = null
  let { observe } = settings
  const telling = createTelling({
    onRecord: () => recorder?.flush() ?? Promise.resolve(),
    hand: outlet.accept,
  })
  const agent = createAgent({
    log,
    record: observation => recorder?.write(observation),
    tell: telling.tell,
    observe: () => observe,
    now: Date.now,
  })

  const recordings = join(stateDir, 'recordings')
  const recalled = await recall({
    dir: recordings,
    bootId: host.bootId,
    settings: settings.core,
    agent,
    openSince: firingSince(stateDir),
    stillFires: outlet.confirm,
    wasTold: id => outlet.current()?.wasAccepted(id) ?? true,
    log,
    now: Date.now(),
  })
  recorder = openRecorder({ settings, host, log, dir: recordings })

  const clock = createClock({
    onStep: at => {
      const dated = datedAnew(host, files, Date.now)
      if (dated === undefined) return false
      const movedMs = (dated.bootedAt ?? 0) - (host.bootedAt ?? 0)
      if (Math.abs(movedMs) <= stepMs) return true // it slept
      log.info({ movedMs }, 'the clock was set')
      host = dated
      agent.emit({ kind: 'host', at, host })
      return true
    },
  })
  status = (): AgentStatus => ({
    ...bare,
    at: new Date().toISOString(),
    ...agent.status(),
    delivery: outlet.current()?.state().perWebhook ?? [],
    protection: protection.problems,
    longestGapMs: clock.longestGapMs(),
  })
  health ??= await serve()

  const sampler = createSamplerSource(files)
  const kernel = createKernelSource({
    source: settings.source,
    root: settings.root,
    logFile: settings.logFile,
    bootId: host.bootId,
    ...(host.bootId !== null &&
      recalled.lastSeq !== undefined && { resumeAfter: { bootId: host.bootId, seq: recalled.lastSeq } }),
    notBefore: watchesFrom - settings.core.loopWindowMs,
    onChoice: choice => log.info(choice, 'source of kernel records'),
  })
  // A log file or the journal brings kubelet's lines with it.
  const kubeletLog = kernel.name === 'kmsg' ? findKubeletLog(settings.root) : undefined
  const kubelet = kubeletLog === undefined ? null : createKubeletLogSource(kubeletLog)
  const emit = (observation: Observation): void => {
    // The victim is read while it is still there: its cgroup may not have been seen yet.
    if (observation.kind === 'kernel' && !observation.estimated) sampler.lookAtVictim(observation)
    agent.emit(observation)
    // What is piped in does not come back. A new start of both brings it back, so this run ends and says so.
    if (observation.kind === 'source' && observation.source === 'journal' && observation.state === 'blind')
      journalsEnd.resolve(new OomloopError('OOMLOOP_NO_SOURCE', `${observation.why}; start both again`))
  }

  agent.begin(settings.core, host, recalled.isContinued)
  const gone = recalled.isContinued ? goneMeanwhile(agent, files, Date.now()) : undefined
  if (gone) agent.emit(gone)
  if (recalled.notice) agent.tellAgain(recalled.notice)
  const habits = createHabitKeeper({ stateDir, agent, now: Date.now })
  habits.start()
  await sampler.start(agent.emit)
  await outlet.current()?.start()
  await kernel.start(emit)
  await kubelet?.start(agent.emit)
  await clock.start(agent.emit)
  const tellStatus = (): void => {
    const now = status()
    writeStatus(stateDir, now)
    notifier.status(statusLine(now))
  }
  const statusTimer = setInterval(tellStatus, statusEveryMs)
  tellStatus()
  const ownMemory = watchOwnMemory({ emit: agent.emit, now: Date.now })
  reload = createReload({
    settings,
    load,
    log,
    notifier,
    apply: async (next, changed) => {
      if (['webhooks', 'heartbeat', 'observe'].some(key => changed.has(key)))
        await outlet.exchange(() => openDelivery(next, log))
      observe = next.observe
      const at = Date.now()
      if (changed.has('labels')) {
        host = { ...host, labels: next.labels }
        agent.emit({ kind: 'host', at, host })
      }
      agent.emit({ kind: 'settings', at, settings: next.core })
    },
  })
  notifier.ready()
  if (isReloadDue) void reload()
  void warmCore(host).then(() => giveFreeMemoryBack(agent.isBusy))
  log.info({ version, node: host.name, webhooks: settings.webhooks.length, observe: settings.observe }, 'watching')

  steps.push(
    { name: 'kernel', stop: kernel.stop },
    { name: 'kubelet-log', stop: () => kubelet?.stop() },
    { name: 'sampler', stop: sampler.stop },
    { name: 'clock', stop: clock.stop },
    { name: 'own memory', stop: ownMemory.stop },
    { name: 'habits', stop: habits.stop },
    { name: 'handover', stop: () => agent.emit({ kind: 'end', at: Date.now(), why: 'signal' }) },
    { name: 'telling', stop: telling.settled },
    { name: 'recorder', stop: () => recorder?.close() },
    { name: 'delivery', stop: () => outlet.current()?.drain(400).then(outlet.current()?.stop) },
    {
      name: 'status',
      stop: () => {
        clearInterval(statusTimer)
        writeStatus(stateDir, status())
      },
    },
    { name: 'health', stop: () => health?.close() },
    { name: 'voice', stop: giveVoiceBack },
  )
  return ended
}

function openRecorder(options: { settings: Settings; host: HostFacts; log: Log; dir: string }): Recorder | null {
  const { settings, host, log, dir } = options
  if (settings.recordBytes === 0) return null
  return createRecorder({ dir, maxBytes: settings.recordBytes, agentVersion: version, bootId: host.bootId, log })
}

function openDelivery(settings: Settings, log: Log): Delivery | null {
  if (settings.webhooks.length === 0) return null
  return createDelivery({
    webhooks: settings.webhooks,
    stateDir: settings.stateDir,
    log,
    agentVersion: version,
    heartbeatMs: settings.observe ? 0 : settings.heartbeatMs, // who observes says nothing, not even that it is there
  })
}

function makeStateDir(path: string): void {
  try {
    makeDirectories(path, 0o750)
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new OomloopError(
      'OOMLOOP_STATE_DIR',
      `cannot write to ${path}: run as root, or choose a directory with --state-dir`,
      { cause },
    )
  }
}
