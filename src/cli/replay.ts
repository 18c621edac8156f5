import { statSync } from 'node:fs'
import { groupings } from '../deliver/policy/grouping.ts'
import { createNotifications, type Notifications } from '../deliver/policy/notifications.ts'
import { exitCode, OomloopError } from '../errors.ts'
import { isIncomplete, signsOf } from '../input/playback/log/reading-outcome.ts'
import { openReplaySource } from '../input/playback/replay.ts'
import { killAsJson } from '../parse/oom/kill-json.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import type { Settings } from '../settings/settings.ts'
import { createPaint, type Paint, wantsColour } from '../text/ansi-colour.ts'
import { harmless } from '../text/cell-width.ts'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import { wrapped } from '../text/wrap.ts'
import type { Grouping } from '../types.ts'
import { inLocale } from '../view/terminal/in-locale.ts'
import { showProgress } from '../view/terminal/progress.ts'
import { readingLines, signLines } from '../view/terminal/reading-text.ts'
import { createTextReport, type TextReport } from '../view/terminal/text-report.ts'
import { withoutBootDates } from './boot-dates.ts'
import type { CommandRun } from './command.ts'
import { offline } from './offline.ts'
import { yearOf } from './year.ts'
import { zoneOf } from './zone.ts'

/** One host and boot of what is replayed, with its own pipeline and story. */
interface Part {
  readonly pipeline: Pipeline
  /** Notifications for a webhook with the requested grouping. */
  readonly notifications: Notifications | undefined
  readonly story: TextReport | undefined
  /** Lines of its story, held back while another is being printed. */
  readonly held: string[]
  findings: number
}

/**
 * Analyses logs, recordings or captures with the rules of the live agent. Exit code 1 if there was a kill, an alert or
 * another sign of memory shortage; 3 if a log was not understood and nothing else was found.
 */
export const replay: CommandRun = async ({ positionals, flags, settings, out, err, locale: console }) => {
  const texts = messagesOf(console).cli.replay
  if ([flags.alerts, flags.kills, flags.grouping].filter(Boolean).length > 1)
    throw new OomloopError('OOMLOOP_USAGE', texts.oneOutput)
  const grouping = groupings.find(each => each === flags.grouping)
  if (flags.grouping !== undefined && !grouping) throw new OomloopError('OOMLOOP_USAGE', texts.badGrouping)
  const effective = settings(offline(err))
  const { locale } = effective
  // If the zone of the log is given, its times are shown in that zone.
  const zone = zoneOf(flags.tz, console) ?? effective.timeZone
  const source = openReplaySource(positionals, {
    settings: effective.core,
    year: yearOf(flags.year, console),
    timeZone: zoneOf(flags.tz, console),
    locale,
  })
  const progress = showProgress({
    stream: process.stderr,
    read: source.progress,
    bytesOf: sizeOf,
    locale,
  })
  const print = (line: string): void => {
    progress.clear()
    out(line)
  }
  const paint = createPaint(wantsColour(process.stdout, process.env))
  const width = Math.min(process.stdout.columns || 100, 110)
  const isTextReport = !flags.alerts && !flags.kills && !grouping
  const parts = new Map<string, Part>()

  const open = (): Part => {
    const isFirst = parts.size === 0
    const held: string[] = []
    const story = isTextReport
      ? createTextReport({ out: isFirst ? print : line => held.push(line), paint, locale, zone, width })
      : undefined
    const part: Part = {
      notifications: grouping && notificationsOf(grouping, effective),
      story,
      held,
      findings: 0,
      pipeline: createPipeline({
        onKill: kill => {
          part.findings++
          if (flags.kills) print(JSON.stringify(killAsJson(kill, nodeOf(part) ?? undefined)))
        },
        ...(story && { onEvent: story.event }),
      }),
    }
    return part
  }

  try {
    // The report is in the language of the reader. --alerts prints what the node would have sent.
    for await (const observation of isTextReport ? inLocale(source, locale) : source) {
      const key = source.part()
      const part = parts.get(key) ?? open()
      parts.set(key, part)
      const alerts = part.pipeline.observe(observation)
      for (const { alert } of part.notifications?.observe(observation, alerts) ?? [])
        print(JSON.stringify(withoutBootDates(alert)))
      for (const alert of alerts) {
        part.findings++
        if (flags.alerts) print(JSON.stringify(withoutBootDates(alert)))
        part.story?.alert(alert)
      }
    }
  } finally {
    progress.end()
  }

  const findings = [...parts.values()].reduce((sum, part) => sum + part.findings, 0)
  const outcomes = source.outcomes()
  const t = messagesOf(locale).input
  const signs = signLines(signsOf(outcomes), { hasKills: findings > 0, zone, t })
  const notes = [...readingLines(outcomes, t), ...source.notes()]
  if (isTextReport) {
    const paragraph = (text: string): void => {
      for (const [index, line] of wrapped(text, width - 2).entries()) print(index === 0 ? `  ${line}` : `    ${line}`)
    }
    printReports([...parts.values()], {
      print,
      paint,
      t: t.reading,
      isQuietEnough: signs.length === 0 && !isIncomplete(outcomes),
    })
    if (signs.length > 0) print(`\n${paint(t.signs.title, 'bold')}`)
    for (const line of signs) paragraph(line)
    if (signs.length > 0 && findings === 0) paragraph(t.signs.onlyThese)
    if (notes.length > 0) print(`\n${paint(t.reading.title, 'bold')}`)
    for (const note of notes) paragraph(note)
  } else for (const line of [...signs, ...notes]) err(`oomloop: ${line}`)
  if (findings > 0 || signs.length > 0) return exitCode.finding
  return isIncomplete(outcomes) ? exitCode.failure : exitCode.fine
}

/** One webhook of this grouping: with `incident` a chat, as those have it by default. */
function notificationsOf(grouping: Grouping, { minSeverity, locale, timeZone }: Settings): Notifications {
  const format = grouping === 'incident' ? 'slack' : 'generic'
  const webhook = { name: 'replay', urls: [], format, grouping, minSeverity, locale, timeZone, timeoutMs: 0 } as const
  return createNotifications([webhook], locale)
}

/**
 * Prints every part in which something happened. If nothing happened, the first part says so, unless the log was not
 * understood.
 */
function printReports(
  parts: readonly Part[],
  {
    print,
    isQuietEnough,
    paint,
    t,
  }: {
    readonly print: (line: string) => void
    readonly isQuietEnough: boolean
    readonly paint: Paint
    readonly t: Messages['input']['reading']
  },
): void {
  const busy = parts.filter(({ findings }) => findings > 0)
  for (const [index, part] of (busy.length > 0 ? busy : isQuietEnough ? parts.slice(0, 1) : []).entries()) {
    const { story, pipeline, held } = part
    if (index > 0) print(`\n${paint(t.part({ number: index + 1, of: busy.length, node: nodeOf(part) }), 'bold')}\n`)
    for (const line of held.splice(0)) print(line)
    story!.end(pipeline.verdicts(), [])
    for (const line of held) print(line)
  }
}

/** The host that a part of a log is of; null where no line names it. */
function nodeOf({ pipeline }: Part): string | null {
  const { name } = pipeline.world().host
  return name === 'unknown' ? null : harmless(name, 80)
}

function sizeOf(file: string): number | null {
  try {
    return file === '-' ? null : statSync(file).size
  } catch {
    return null // the file may be gone by now; then its size is unknown
  }
}
