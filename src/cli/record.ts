import { OomloopError } from '../host/errors.ts'
import { readHostFacts } from '../host/facts.ts'
import { checkPlatform } from '../host/platform.ts'
import { createLineFile } from '../record/line-file.ts'
import { parseDurationMs } from '../settings/units.ts'
import { createLiveFiles } from '../source/host-files.ts'
import { recordCapture } from '../source/record-capture.ts'
import { recordObservations } from '../source/record-observations.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'

/** Makes a recording or a capture of this host, for a bug report. */
export const recordCommand: CommandRun = async ({ flags, settings: load, err }) => {
  const path = flags.output as string | undefined
  if (!path) throw new OomloopError('OOMLOOP_USAGE', 'record needs -o FILE; see oomloop record --help')
  const forMs = durationOf(flags.for)
  checkPlatform()
  const settings = load()
  const files = createLiveFiles(settings.root)
  if (files.read('/proc/meminfo') === undefined)
    throw new OomloopError('OOMLOOP_NO_SOURCE', `there is no /proc/meminfo below ${settings.root}: nothing to record`)
  const { nodeName, labels, core } = settings
  const facts = (of: typeof files) => readHostFacts(of, { nodeName, labels, agentVersion: version, at: Date.now() })

  const file = createLineFile(path)
  const counts = { records: 0, blind: new Set<string>() }
  const session = (flags.capture ? recordCapture : recordObservations)({
    files,
    facts,
    settings: core,
    redact: flags.redact === true,
    kernel: { source: settings.source, root: settings.root, logFile: settings.logFile },
    write: file.write,
    onObservation: observation => {
      if (observation.kind === 'kernel') counts.records++
      if (observation.kind === 'source' && observation.state === 'blind') counts.blind.add(observation.why)
    },
  })
  const startedAt = performance.now()
  try {
    await session.start()
    err(`oomloop: recording to ${path}${forMs === undefined ? '; Ctrl-C ends it' : ''}`)
    await Promise.race([untilTold(forMs), file.failed])
  } finally {
    await session.stop()
  }
  await file.close()
  for (const why of counts.blind) err(`oomloop: ${why}`)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  err(`oomloop: ${path} holds ${seconds} s and ${counts.records} kernel records; oomloop replay ${path} judges it`)
  return 0
}

function durationOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const ms = parseDurationMs(String(value))
  if (!ms) throw new OomloopError('OOMLOOP_USAGE', `--for is ${JSON.stringify(value)}, but must be a duration like 10m`)
  return ms
}

/** Until the time is up or somebody ends it: what is open then is closed in good order. */
function untilTold(forMs: number | undefined): Promise<void> {
  return new Promise(resolve => {
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs)
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        clearTimeout(timer)
        resolve()
      })
  })
}
