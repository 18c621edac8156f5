import { createNotes } from '../../src/input/playback/read-warnings.ts'
import { createRecordingReader } from '../../src/input/playback/recording.ts'
import { createPipeline } from '../../src/pipeline.ts'
import type { Alert } from '../../src/types.ts'
import type { ExpectedAlert } from './scenario.ts'

/** Runs a recording through the reader and the pipeline that `replay` uses. */
export function judge(name: string, recording: string): { alerts: readonly Alert[]; notes: readonly string[] } {
  const notes = createNotes()
  const reader = createRecordingReader({ name, notes })
  const pipeline = createPipeline()
  const alerts: Alert[] = []
  for (const line of recording.split('\n')) {
    for (const observation of reader.line(line)) alerts.push(...pipeline.observe(observation))
  }
  return { alerts, notes: notes.list() }
}

/** The fields that a scenario pins. */
export function essence({ at, type, subject, status, severity, notes }: Alert): ExpectedAlert {
  return { at, type, subject, status, severity, notes }
}
