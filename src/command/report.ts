import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { exitCode, OomloopError } from '../host/errors.ts'
import { createPipeline } from '../pipeline.ts'
import { createChronicle } from '../report/chronicle.ts'
import { inLocale } from '../report/in-locale.ts'
import { reportPage } from '../report/page.ts'
import { openReplaySource } from '../source/replay.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'
import { offline } from './offline.ts'
import { yearOf } from './year.ts'
import { zoneOf } from './zone.ts'

/** Writes the story of logs, recordings and captures as one page. Exit 1 where there was a kill or an alert. */
export const report: CommandRun = async ({ positionals, flags, settings, out, err }) => {
  const path = flags.output as string | undefined
  if (path === undefined)
    throw new OomloopError('OOMLOOP_USAGE', 'report needs -o FILE, the page to write; see oomloop report --help')
  const { core, locale } = settings(offline(err))
  const source = openReplaySource(positionals, {
    settings: core,
    year: yearOf(flags.year),
    timeZone: zoneOf(flags.tz),
  })
  const chronicle = createChronicle()
  const pipeline = createPipeline({ onEvent: chronicle.event })
  for await (const observation of inLocale(source, locale)) chronicle.alerts(pipeline.observe(observation))

  const told = chronicle.finish(pipeline.verdicts())
  const files = positionals.map(file => (file === '-' ? 'stdin' : basename(file)))
  const page = reportPage(told, { locale, version, files, notes: source.notes() })
  if (path === '-') out(page.trimEnd())
  else write(path, page)
  for (const note of source.notes()) err(`oomloop: ${note}`)
  if (path !== '-') err(`oomloop: ${told.kills.length} OOM kills and ${told.alerts.length} alerts are told in ${path}`)
  return told.kills.length + told.alerts.length > 0 ? exitCode.finding : exitCode.fine
}

function write(path: string, page: string): void {
  try {
    writeFileSync(path, page)
  } catch (cause) {
    throw new OomloopError('OOMLOOP_OUTPUT', `cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}
