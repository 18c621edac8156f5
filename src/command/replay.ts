import { statSync } from 'node:fs'
import { exitCode, OomloopError } from '../host/errors.ts'
import { killAsJson } from '../parse/kill-json.ts'
import { createPipeline } from '../pipeline.ts'
import { inLocale } from '../report/in-locale.ts'
import { createPaint, wantsColour } from '../report/paint.ts'
import { showProgress } from '../report/progress.ts'
import { createStory } from '../report/story.ts'
import { openReplaySource } from '../source/replay.ts'
import type { CommandRun } from './command.ts'
import { offline } from './offline.ts'
import { yearOf } from './year.ts'
import { zoneOf } from './zone.ts'

/** Judges logs, recordings or captures as if they happened now. Exit 1 where there was a kill or an alert. */
export const replay: CommandRun = async ({ positionals, flags, settings, out, err }) => {
  if (flags.alerts && flags.kills) throw new OomloopError('OOMLOOP_USAGE', 'replay takes --alerts or --kills, not both')
  const effective = settings(offline(err))
  const source = openReplaySource(positionals, {
    settings: effective.core,
    year: yearOf(flags.year),
    timeZone: zoneOf(flags.tz),
  })
  const progress = showProgress({ stream: process.stderr, read: source.progress, bytesOf: sizeOf })
  const print = (line: string): void => {
    progress.clear()
    out(line)
  }
  const story =
    flags.alerts || flags.kills
      ? undefined
      : createStory({
          out: print,
          paint: createPaint(wantsColour(process.stdout, process.env)),
          locale: effective.locale,
          width: Math.min(process.stdout.columns || 100, 110),
        })
  let findings = 0
  const pipeline = createPipeline({
    onKill: kill => {
      findings++
      if (flags.kills) print(JSON.stringify(killAsJson(kill)))
    },
    ...(story && { onEvent: story.event }),
  })
  try {
    // A person's story is in a person's language; --alerts are those that the node would have sent.
    for await (const observation of story ? inLocale(source, effective.locale) : source) {
      for (const alert of pipeline.observe(observation)) {
        findings++
        if (flags.alerts) print(JSON.stringify(alert))
        story?.alert(alert)
      }
    }
  } finally {
    progress.end()
  }
  story?.end(pipeline.verdicts(), source.notes())
  if (!story) for (const note of source.notes()) err(`oomloop: ${note}`)
  return findings > 0 ? exitCode.finding : exitCode.fine
}

function sizeOf(file: string): number | null {
  try {
    return file === '-' ? null : statSync(file).size
  } catch {
    return null // it may be gone by now: then there is no share to tell
  }
}
