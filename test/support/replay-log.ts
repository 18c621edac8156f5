import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline, type Pipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { OomKill } from '../../src/types.ts'

/** The kills of a log, each part of it in a core of its own as `replay` does, and what reading it came to. */
export async function replayLog(path: string) {
  const source = openReplaySource([path], { settings: defaultCoreSettings, timeZone: 'UTC', year: 2026 })
  const pipelines = new Map<string, Pipeline>()
  const kills: OomKill[] = []
  for await (const observation of source) {
    const pipeline = pipelines.get(source.part()) ?? createPipeline({ onKill: kill => kills.push(kill) })
    pipelines.set(source.part(), pipeline)
    pipeline.observe(observation)
  }
  return { kills, outcomes: source.outcomes() }
}
