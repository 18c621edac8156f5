import { basename } from 'node:path'
import { createForecast } from '../detect/forecast.ts'
import { readStatus } from '../host/agent-status.ts'
import { exitCode, OomloopError } from '../host/errors.ts'
import { readHostFacts } from '../host/facts.ts'
import { openTerminal } from '../host/terminal.ts'
import { createPipeline } from '../pipeline.ts'
import { inLocale } from '../report/in-locale.ts'
import { createPaint, wantsColour } from '../report/paint.ts'
import { watchScreen } from '../report/watch/watch-screen.ts'
import { createWatchKeeper, type WatchView } from '../report/watch/watch-view.ts'
import type { Settings } from '../settings/settings.ts'
import { createClock } from '../source/clock.ts'
import { createLiveFiles } from '../source/host-files.ts'
import { createKernelSource } from '../source/kernel.ts'
import { createPace, type Pace } from '../source/pace.ts'
import { openReplaySource } from '../source/replay.ts'
import { createSamplerSource } from '../source/sampler-source.ts'
import type { Observation, Source } from '../types.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'
import { offline } from './offline.ts'
import { yearOf } from './year.ts'
import { zoneOf } from './zone.ts'

const frameMs = 250

/** The live view of this host, or of a recording, until q. Reads as the agent does, and writes nothing. */
export const watch: CommandRun = async ({ flags, settings: load, err }) => {
  const file = flags.replay as string | undefined
  const settings = load(file === undefined ? {} : offline(err))
  if (file === undefined && flags.speed !== undefined)
    throw new OomloopError('OOMLOOP_USAGE', '--speed goes with --replay FILE; see oomloop watch --help')
  const pace = file === undefined ? undefined : createPace(speedOf(flags.speed))
  const keeper = createWatchKeeper()
  const pipeline = createPipeline({ onEvent: keeper.event })
  const forecast = createForecast()
  const ended = Promise.withResolvers<void>()

  const screen = openTerminal({
    key: key => {
      if (key === 'q' || key === 'Q' || key === '\u0003') ended.resolve()
      if (key === ' ') pace?.toggle()
      if (key === '+' || key === '=') pace?.faster()
      if (key === '-') pace?.slower()
      draw()
    },
    resize: () => draw(),
  })
  const agent = pace ? undefined : createAgentLine(settings.stateDir)
  const view = (): WatchView => ({
    world: pipeline.world(),
    verdicts: pipeline.verdicts(),
    forecast: forecast.now(pipeline.world()),
    recent: keeper.recent(),
    stalls: keeper.stalls(),
    ...(pace && { replay: { name: basename(file!), speed: pace.speed(), state: pace.state() } }),
    ...(agent && { agent: agent() }),
  })
  const look = {
    paint: createPaint(wantsColour(process.stdout, process.env)),
    isUnicode: /utf-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''),
    locale: settings.locale,
  }
  const draw = (): void => screen.show(watchScreen(view(), { ...look, columns: screen.columns(), rows: screen.rows() }))

  const emit = (observation: Observation): void => {
    for (const alert of pipeline.observe(observation)) keeper.alert(alert)
  }
  const frames = setInterval(draw, frameMs)
  process.once('SIGTERM', ended.resolve)
  process.once('SIGHUP', ended.resolve)
  try {
    const stop = pace
      ? startReplay({ file: file!, flags, settings, pace, emit, ended })
      : await startLive(settings, emit)
    await ended.promise
    await stop()
  } finally {
    clearInterval(frames)
    pace?.stop()
    screen.close()
  }
  return exitCode.fine
}

async function startLive(settings: Settings, emit: (observation: Observation) => void): Promise<() => Promise<void>> {
  const startedAt = Date.now()
  const files = createLiveFiles(settings.root)
  const { nodeName, labels } = settings
  const host = readHostFacts(files, { nodeName, labels, agentVersion: version, at: startedAt })
  const sampler = createSamplerSource(files)
  const kernel = createKernelSource({
    source: settings.source,
    root: settings.root,
    logFile: settings.logFile,
    bootId: host.bootId,
    // What is in the kernel's ring still may be one half of a loop.
    notBefore: startedAt - settings.core.loopWindowMs,
    onChoice: () => {},
  })
  const clock = createClock()
  emit({ kind: 'start', at: startedAt })
  emit({ kind: 'settings', at: startedAt, settings: settings.core })
  emit({ kind: 'host', at: startedAt, host })
  await sampler.start(emit)
  await kernel.start(observation => {
    if (observation.kind === 'kernel' && !observation.estimated) sampler.lookAtVictim(observation)
    emit(observation)
  })
  await clock.start(emit)
  const sources: readonly Source[] = [kernel, sampler, clock]
  return async () => {
    for (const source of sources) await source.stop()
    files.close()
  }
}

/** Lets a recording happen again, at its pace. Its end is not the end of the view: the last screen stays. */
function startReplay(options: {
  readonly file: string
  readonly flags: Readonly<Record<string, unknown>>
  readonly settings: Settings
  readonly pace: Pace
  readonly emit: (observation: Observation) => void
  readonly ended: PromiseWithResolvers<void>
}): () => Promise<void> {
  const { file, flags, settings, pace, emit, ended } = options
  const source = openReplaySource([file], {
    settings: settings.core,
    year: yearOf(flags.year),
    timeZone: zoneOf(flags.tz),
  })
  const play = async (): Promise<void> => {
    for await (const observation of inLocale(source, settings.locale)) {
      // Where a recording ends, what was going on is left as it was.
      if (observation.kind === 'end' && observation.why !== 'signal') continue
      if (observation.kind !== 'start' && observation.at !== null) await pace.until(observation.at)
      if (pace.state() === 'ended') return
      emit(observation)
    }
    pace.stop()
  }
  play().catch(ended.reject)
  return async () => pace.stop()
}

function speedOf(value: unknown): number {
  if (value === undefined) return 10
  const speed = Number(value)
  if (!Number.isFinite(speed) || speed <= 0 || speed > 1e6)
    throw new OomloopError(
      'OOMLOOP_USAGE',
      `--speed is ${JSON.stringify(value)}, but must be a number above 0, like 10`,
    )
  return speed
}

/** What the status file says of the agent on this host, read anew every five seconds. */
function createAgentLine(stateDir: string): () => string | null {
  let line: string | null = null
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = Date.now()
    if (now - readAt < 5000) return line
    readAt = now
    try {
      const status = readStatus(stateDir)
      const age = Math.round((now - Date.parse(status.at)) / 1000)
      line = `pid ${status.pid}, ${status.firing.length} firing, last word ${age} s ago`
    } catch {
      line = null // no agent here, or none that we may ask
    }
    return line
  }
}
