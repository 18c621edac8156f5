import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { exitCode, OomloopError } from '../errors.ts'
import { isIncomplete, signsOf } from '../input/playback/log/reading-outcome.ts'
import { openReplaySource } from '../input/playback/replay.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import type { Locale } from '../types.ts'
import { version } from '../version.ts'
import {
  createIncidentHistory,
  type IncidentHistory,
  type IncidentHistoryKeeper,
} from '../view/incident/timeline-data.ts'
import { reportPages } from '../view/page/pages.ts'
import { inLocale } from '../view/terminal/in-locale.ts'
import { readingLines, signLines } from '../view/terminal/reading-text.ts'
import type { CommandRun } from './command.ts'
import { offline } from './offline.ts'
import { yearOf } from './year.ts'
import { zoneOf } from './zone.ts'

/** Writes the story of logs, recordings and captures as one page. Exit 1 where there was a kill or an alert. */
export const report: CommandRun = async ({ positionals, flags, settings, out, err, locale: console }) => {
  const { cli } = messagesOf(console)
  const path = flags.output as string | undefined
  if (path === undefined)
    throw new OomloopError('OOMLOOP_USAGE', cli.seeHelp({ message: cli.report.needsOutput, command: 'report' }))
  const { core, locale, timeZone } = settings(offline(err))
  const zone = zoneOf(flags.tz, console) ?? timeZone
  const source = openReplaySource(positionals, {
    settings: core,
    year: yearOf(flags.year, console),
    timeZone: zoneOf(flags.tz, console),
    locale,
  })
  const parts = new Map<string, { readonly history: IncidentHistoryKeeper; readonly pipeline: Pipeline }>()
  for await (const observation of inLocale(source, locale)) {
    const key = source.part()
    const part = parts.get(key) ?? openPart(zone)
    parts.set(key, part)
    part.history.alerts(part.pipeline.observe(observation))
  }

  const all = [...parts.values()].map(({ history, pipeline }) => history.finish(pipeline.verdicts()))
  const busy = all.filter(({ kills, alerts }) => kills.length + alerts.length > 0)
  const files = positionals.map(file => (file === '-' ? 'stdin' : basename(file)))
  const outcomes = source.outcomes()
  const t = messagesOf(locale).input
  const signs = signLines(signsOf(outcomes), { hasKills: busy.length > 0, zone, t })
  const notes = [...signs, ...readingLines(outcomes, t), ...source.notes()]
  const shown = busy.length > 0 ? busy : all.slice(0, 1)
  const page = reportPages(shown.length > 0 ? shown : [openPart(zone).history.finish([])], {
    locale,
    version,
    files,
    notes,
  })
  if (path === '-') out(page.trimEnd())
  else write(path, page, console)
  for (const note of notes) err(`oomloop: ${note}`)
  const [kills, alerts] = [sumOf(all, 'kills'), sumOf(all, 'alerts')]
  if (path !== '-') err(`oomloop: ${cli.report.written({ kills, alerts, path })}`)
  if (kills + alerts + signs.length > 0) return exitCode.finding
  return isIncomplete(outcomes) ? exitCode.failure : exitCode.fine
}

function openPart(zone: string) {
  const history = createIncidentHistory(zone)
  return { history, pipeline: createPipeline({ onEvent: history.event }) }
}

function sumOf(parts: readonly IncidentHistory[], what: 'kills' | 'alerts'): number {
  return parts.reduce((sum, part) => sum + part[what].length, 0)
}

function write(path: string, page: string, locale: Locale): void {
  try {
    writeFileSync(path, page)
  } catch (cause) {
    const { cli, units } = messagesOf(locale)
    throw new OomloopError('OOMLOOP_OUTPUT', cli.report.cannotWrite({ path, why: systemErrorText(cause, units) }), {
      cause,
    })
  }
}
