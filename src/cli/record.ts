import { OomloopError } from '../errors.ts'
import { createLiveFiles } from '../input/sampler/host-files.ts'
import { readHostFacts } from '../platform/facts.ts'
import { readMachine, withoutNames } from '../platform/machine.ts'
import { checkPlatform } from '../platform.ts'
import { createLineFile } from '../recording/line-file.ts'
import { parseDurationMs } from '../settings/units.ts'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import type { HostFiles } from '../types.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'
import { recordCapture } from './record/record-capture.ts'
import { recordObservations } from './record/record-observations.ts'

/** Makes a recording or a capture of this host, for a bug report. */
export const recordCommand: CommandRun = async ({ flags, settings: load, err, locale }) => {
  const t = messagesOf(locale)
  const path = flags.output as string | undefined
  if (!path)
    throw new OomloopError('OOMLOOP_USAGE', t.cli.seeHelp({ message: t.cli.record.needsOutput, command: 'record' }))
  const forMs = durationOf(flags.for, t)
  checkPlatform(undefined, locale)
  const settings = load()
  const files = createLiveFiles(settings.root)
  if (files.read('/proc/meminfo') === undefined)
    throw new OomloopError('OOMLOOP_NO_SOURCE', t.cli.record.nothingToRecord({ root: settings.root }))
  const { nodeName, labels, core } = settings
  const facts = (of: HostFiles) => readHostFacts(of, { nodeName, labels, agentVersion: version, at: Date.now() })

  const machine = await readMachine(files, settings.root)
  const file = createLineFile(path, locale)
  const counts = { records: 0, sourcesDown: new Set<string>() }
  const session = (flags.capture ? recordCapture : recordObservations)({
    files,
    facts,
    settings: core,
    redact: flags.redact === true,
    machine: flags.redact === true ? withoutNames(machine) : machine,
    kernel: { source: settings.source, root: settings.root, logFile: settings.logFile, locale },
    write: file.write,
    onObservation: observation => {
      if (observation.kind === 'kernel') counts.records++
      if (observation.kind === 'source' && observation.state === 'blind') counts.sourcesDown.add(observation.why)
    },
  })
  const startedAt = performance.now()
  try {
    await session.start()
    err(`oomloop: ${t.cli.record.started({ path, isTimed: forMs !== undefined })}`)
    await Promise.race([untilStopped(forMs), file.failed])
  } finally {
    await session.stop()
  }
  await file.close()
  for (const why of counts.sourcesDown) err(`oomloop: ${why}`)
  const duration = t.units.duration(Math.round((performance.now() - startedAt) / 1000))
  err(`oomloop: ${t.cli.record.done({ path, duration, records: counts.records })}`)
  return 0
}

function durationOf(value: unknown, { cli }: Messages): number | undefined {
  if (value === undefined) return undefined
  const ms = parseDurationMs(String(value))
  if (!ms)
    throw new OomloopError(
      'OOMLOOP_USAGE',
      cli.flagIs({ flag: 'for', value: JSON.stringify(value), mustBe: cli.mustBe.duration }),
    )
  return ms
}

/** Waits for the end of the time or a signal, then closes everything in order. */
function untilStopped(forMs: number | undefined): Promise<void> {
  return new Promise(resolve => {
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs)
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        clearTimeout(timer)
        resolve()
      })
  })
}
