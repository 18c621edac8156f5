import { basename } from 'node:path'
import { isForbidden, readStatus, type SourceStatus } from '../agent/agent-status.ts'
import { downSources } from '../agent/down-sources.ts'
import { goneMeanwhile } from '../agent/resume.ts'
import { forecastOf } from '../detect/memory/forecast.ts'
import { exitCode, OomloopError } from '../errors.ts'
import { createClock } from '../input/live/clock.ts'
import { createKernelSource } from '../input/live/kernel.ts'
import { createPlaybackClock, type PlaybackClock } from '../input/playback/playback-clock.ts'
import { openReplaySource } from '../input/playback/replay.ts'
import { createLiveFiles } from '../input/sampler/host-files.ts'
import { createSamplerSource } from '../input/sampler/sampler-source.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import { readHostFacts } from '../platform/facts.ts'
import { openTerminal } from '../platform/terminal.ts'
import type { Settings } from '../settings/settings.ts'
import { createPaint, wantsColour } from '../text/ansi-colour.ts'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import type { Observation, Source } from '../types.ts'
import { version } from '../version.ts'
import { inLocale } from '../view/terminal/in-locale.ts'
import { watchScreen } from '../view/terminal/watch/screen.ts'
import { createWatchKeeper, type WatchView } from '../view/terminal/watch/view.ts'
import type { CommandRun } from './command.ts'
import { offline } from './offline.ts'
import { emitRecordedPast } from './watch/recorded-past.ts'
import { yearOf } from './year.ts'
import { zoneOf } from './zone.ts'

const frameMs = 250

/** The live view of this host, or of a recording, until q. Reads as the agent does, and writes nothing. */
export const watch: CommandRun = async ({ flags, settings: load, err, locale }) => {
  const { cli } = messagesOf(locale)
  const file = flags.replay as string | undefined
  const settings = load(file === undefined ? {} : offline(err))
  if (file === undefined && flags.speed !== undefined)
    throw new OomloopError('OOMLOOP_USAGE', cli.seeHelp({ message: cli.watch.speedNeedsReplay, command: 'watch' }))
  const clock = file === undefined ? undefined : createPlaybackClock(speedOf(flags.speed, cli))
  const keeper = createWatchKeeper()
  const sources = new Map<string, SourceStatus>()
  const pipeline = createPipeline({ onEvent: keeper.event })
  const ended = Promise.withResolvers<void>()

  const screen = openTerminal({
    key: key => {
      if (key === 'q' || key === 'Q' || key === '\u0003') ended.resolve()
      if (key === ' ') clock?.toggle()
      if (key === '+' || key === '=') clock?.faster()
      if (key === '-') clock?.slower()
      draw()
    },
    resize: () => draw(),
    locale,
  })
  const usage = createUsage(pipeline)
  const agent = clock ? undefined : createAgentView(settings.stateDir)
  const view = (): WatchView => ({
    world: pipeline.world(),
    verdicts: pipeline.verdicts(),
    forecast: forecastOf(pipeline.world()),
    recent: keeper.recent(),
    downSources: downSources({ sources: [...sources.values()] }),
    stalls: keeper.stalls(),
    nextStep: keeper.nextStep(),
    usage: usage(),
    ...(clock && { replay: { name: basename(file!), speed: clock.speed(), state: clock.state() } }),
    ...(agent && { agent: agent() }),
  })
  const look = {
    paint: createPaint(wantsColour(process.stdout, process.env)),
    isUnicode: /utf-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ''),
    locale: settings.locale,
    zone: settings.timeZone,
  }
  const draw = (): void => screen.show(watchScreen(view(), { ...look, columns: screen.columns(), rows: screen.rows() }))

  const emit = (observation: Observation): void => {
    if (observation.kind === 'source') {
      const { source: name, state, why, steady = false } = observation
      sources.set(name, { name, state, why, steady })
    }
    for (const alert of pipeline.observe(observation)) keeper.alert(alert)
  }
  const frames = setInterval(draw, frameMs)
  process.once('SIGTERM', ended.resolve)
  process.once('SIGHUP', ended.resolve)
  try {
    const stop = clock
      ? startReplay({ file: file!, flags, settings, clock, emit, ended })
      : await startLive(settings, pipeline, emit)
    await ended.promise
    await stop()
  } finally {
    clearInterval(frames)
    clock?.stop()
    screen.close()
  }
  return exitCode.fine
}

async function startLive(
  settings: Settings,
  pipeline: Pipeline,
  emit: (observation: Observation) => void,
): Promise<() => Promise<void>> {
  const startedAt = Date.now()
  const files = createLiveFiles(settings.root)
  const { nodeName, labels } = settings
  const host = readHostFacts(files, { nodeName, labels, agentVersion: version, at: startedAt })
  const { locale } = settings
  const sampler = createSamplerSource(files, { locale })
  const past = await emitRecordedPast({
    stateDir: settings.stateDir,
    bootId: host.bootId,
    from: startedAt - settings.core.loopWindowMs,
    emit,
  })
  const kernel = createKernelSource({
    source: settings.source,
    root: settings.root,
    logFile: settings.logFile,
    locale,
    bootId: host.bootId,
    // The kernel's ring may still contain the first kill of a loop.
    notBefore: startedAt - settings.core.loopWindowMs,
    ...(host.bootId !== null &&
      past?.lastSeq !== undefined && { resumeAfter: { bootId: host.bootId, seq: past.lastSeq } }),
    onChoice: () => {},
  })
  const clock = createClock()
  if (!past) emit({ kind: 'start', at: startedAt })
  emit({ kind: 'settings', at: startedAt, settings: settings.core })
  emit({ kind: 'host', at: startedAt, host })
  const gone = past && goneMeanwhile(pipeline, files, startedAt)
  if (gone) emit(gone)
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

/** Plays a recording at its own speed. At its end the last screen stays. */
function startReplay(options: {
  readonly file: string
  readonly flags: Readonly<Record<string, unknown>>
  readonly settings: Settings
  readonly clock: PlaybackClock
  readonly emit: (observation: Observation) => void
  readonly ended: PromiseWithResolvers<void>
}): () => Promise<void> {
  const { file, flags, settings, clock, emit, ended } = options
  const source = openReplaySource([file], {
    settings: settings.core,
    year: yearOf(flags.year, settings.locale),
    timeZone: zoneOf(flags.tz, settings.locale),
  })
  const play = async (): Promise<void> => {
    for await (const observation of inLocale(source, settings.locale)) {
      // At the end of a recording, open alerts stay open.
      if (observation.kind === 'end' && observation.why !== 'signal') continue
      if (observation.kind !== 'start' && observation.at !== null) await clock.until(observation.at)
      if (clock.state() === 'ended') return
      emit(observation)
    }
    clock.stop()
  }
  play().catch(ended.reject)
  return async () => clock.stop()
}

function speedOf(value: unknown, cli: Messages['cli']): number {
  if (value === undefined) return 10
  const speed = Number(value)
  if (!Number.isFinite(speed) || speed <= 0 || speed > 1e6)
    throw new OomloopError(
      'OOMLOOP_USAGE',
      cli.flagIs({ flag: 'speed', value: JSON.stringify(value), mustBe: cli.mustBe.speed }),
    )
  return speed
}

/** Top memory consumers and fastest growing workloads, asked for every two seconds. */
function createUsage(pipeline: Pipeline): () => NonNullable<WatchView['usage']> {
  let usage: NonNullable<WatchView['usage']> = { holders: [], growers: [] }
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = Date.now()
    if (now - readAt >= 2000) {
      readAt = now
      const { holders, growers } = pipeline.examine()
      usage = { holders, growers }
    }
    return usage
  }
}

/** The agent of this host by its status file, read every five seconds. */
function createAgentView(stateDir: string): () => NonNullable<WatchView['agent']> | null {
  let agent: NonNullable<WatchView['agent']> | null = null
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = Date.now()
    if (now - readAt < 5000) return agent
    readAt = now
    try {
      const status = readStatus(stateDir)
      const ageSeconds = Math.max(1, Math.round((now - Date.parse(status.at)) / 1000))
      agent = { pid: status.pid, firing: status.firing.length, ageSeconds }
    } catch (error) {
      agent = isForbidden(error) ? 'hidden' : null
    }
    return agent
  }
}
