import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openReplaySource } from '../../src/input/playback/replay.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Locale } from '../../src/types.ts'
import { createIncidentHistory, type IncidentHistory } from '../../src/view/incident/timeline-data.ts'
import { reportPage } from '../../src/view/page/page.ts'

const scratch = mkdtempSync(join(tmpdir(), 'oomloop-report-'))
const root = resolve(import.meta.dirname, '../..')

export const foundingIncident = join(root, 'fixtures/scenarios/founding-incident.jsonl')

/** A text as a file, for what reads files. */
export function fileOf(name: string, text: string): string {
  const path = join(scratch, name)
  writeFileSync(path, text)
  return path
}

export function fixture(name: string): string {
  return join(root, 'fixtures/scenarios', name)
}

export async function historyOf(...files: readonly string[]): Promise<IncidentHistory> {
  const history = createIncidentHistory('UTC')
  const pipeline = createPipeline({ onEvent: history.event })
  for await (const observation of openReplaySource(files, {
    settings: defaultCoreSettings,
    year: 2023,
    timeZone: 'UTC',
  }))
    history.alerts(pipeline.observe(observation))
  return history.finish(pipeline.verdicts())
}

export function pageOf(history: IncidentHistory, locale: Locale = 'en'): string {
  return reportPage(history, { locale, version: '0.1.0', files: ['a.log'], notes: [] })
}

/** Kills that are marked on the timeline: counted by what is drawn, not by what is claimed. */
export function marksIn(page: string): number {
  const drawn = [...page.matchAll(/<path class="kill(?: own| slice)?" data-kills="(\d+)" d="([^"]*)"/g)]
  return drawn.reduce((sum, [, , path]) => sum + (path!.match(/M/g)?.length ?? 0), 0)
}
