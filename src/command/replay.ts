import { exitCode, OomloopError } from '../host/errors.ts'
import { killAsJson } from '../parse/kill-json.ts'
import { createPipeline } from '../pipeline.ts'
import { createStory } from '../report/story.ts'
import { openReplaySource } from '../source/replay.ts'
import type { CommandRun } from './command.ts'

/** Judges logs, recordings or captures as if they happened now. Exit 1 where there was a kill or an alert. */
export const replay: CommandRun = async ({ positionals, flags, settings, out, err }) => {
  if (flags.alerts && flags.kills) throw new OomloopError('OOMLOOP_USAGE', 'replay takes --alerts or --kills, not both')
  const effective = settings()
  const story =
    flags.alerts || flags.kills
      ? undefined
      : createStory({ out, colour: process.stdout.isTTY === true, locale: effective.locale })
  let findings = 0

  const source = openReplaySource(positionals, {
    settings: effective.core,
    year: yearOf(flags.year),
    timeZone: flags.tz as string | undefined,
  })
  const pipeline = createPipeline({
    onKill: kill => {
      findings++
      if (flags.kills) out(JSON.stringify(killAsJson(kill)))
      story?.kill(kill)
    },
  })
  for await (const observation of source) {
    for (const alert of pipeline.observe(observation)) {
      findings++
      if (flags.alerts) out(JSON.stringify(alert))
      story?.alert(alert)
    }
  }
  story?.end(pipeline.world(), source.notes())
  if (!story) for (const note of source.notes()) err(`oomloop: ${note}`)
  return findings > 0 ? exitCode.finding : exitCode.fine
}

function yearOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const year = Number(value)
  if (!Number.isInteger(year) || year < 1990 || year > 9999)
    throw new OomloopError('OOMLOOP_USAGE', `--year is ${JSON.stringify(value)}, but must be a year like 2023`)
  return year
}
