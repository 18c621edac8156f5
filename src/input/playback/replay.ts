import type { CoreSettings, Observation } from '../types.ts'
import { createCaptureReader } from './capture.ts'
import { captureHostFacts } from './capture-host.ts'
import { createLogReplay } from './log-replay.ts'
import { createNotes, type Notes } from './notes.ts'
import { recognise } from './recognise.ts'
import { createRecordingReader } from './recording.ts'
import { recordingFiles } from './recording-files.ts'
import { createSampler } from './sampler.ts'
import { linesOf, type OpenText, openText } from './text-lines.ts'

export interface ReplayOptions {
  /** What a log or capture is judged by; a recording brings its own settings. */
  readonly settings: CoreSettings
  /** Year of a log that names none. */
  readonly year?: number | undefined
  /** Time zone of a log that names none. */
  readonly timeZone?: string | undefined
}

/** Files as observations, one after the other; each begins with a `start`, unless it goes on where the last ended. */
export interface ReplaySource extends AsyncIterable<Observation> {
  /** What was recognised in the file that is being read; undefined before the first. */
  readonly kind: () => ReplayKind | undefined
  /** What a person should know about what was read: broken lines, gaps, the year and time zone that were taken. */
  readonly notes: () => readonly string[]
  /** Which file is being read and how much of it was, in bytes; undefined before the first. */
  readonly progress: () => { readonly file: string; readonly bytesRead: number } | undefined
}

export type ReplayKind = 'recording' | 'capture' | 'log'

/**
 * Opens logs, recordings, captures, or directories of recordings for replay; `-` is stdin. Reading throws OOMLOOP_INPUT
 * where a file cannot be read or is none of these.
 */
export function openReplaySource(paths: readonly string[], options: ReplayOptions): ReplaySource {
  const notes = createNotes()
  let kind: ReplayKind | undefined
  let current: { readonly file: string; readonly text: OpenText } | undefined

  async function* observations(): AsyncGenerator<Observation> {
    const log = createLogReplay({ ...options, notes, now: Date.now })
    for (const path of paths) {
      const name = path === '-' ? 'stdin' : path
      // Segments of one directory are read by one reader: a run goes on from one to the next.
      const recording = createRecordingReader({ name, notes })
      for (const file of await recordingFiles(path)) {
        const text = await openText(file)
        current = { file, text }
        kind = recognise(text.head, name)
        if (kind === 'log') {
          yield* log.read(text)
          continue
        }
        yield* log.end()
        if (kind === 'recording') yield* readAll(text, recording)
        else yield* readAll(text, captureReader(name, options.settings, notes))
      }
    }
    yield* log.end()
  }

  return {
    [Symbol.asyncIterator]: observations,
    kind: () => kind,
    notes: () => notes.list(),
    progress: () => current && { file: current.file, bytesRead: current.text.bytesRead?.() ?? 0 },
  }
}

/** The segments of one recording, the oldest first; what is no recording is passed over. */
export async function* readRecording(files: readonly string[]): AsyncGenerator<Observation> {
  const reader = createRecordingReader({ name: 'the recording', notes: createNotes() })
  for (const file of files) {
    const text = await openText(file)
    if (recognise(text.head, file) === 'recording') yield* readAll(text, reader)
  }
}

interface LineReader {
  readonly line: (text: string) => readonly Observation[]
  readonly torn: (text: string) => readonly Observation[]
  readonly end?: () => readonly Observation[]
}

async function* readAll(text: OpenText, reader: LineReader): AsyncGenerator<Observation> {
  for await (const { lines, torn } of linesOf(text.chunks())) {
    for (const line of lines) yield* reader.line(line)
    if (torn !== undefined) yield* reader.torn(torn)
  }
  if (reader.end) yield* reader.end()
}

function captureReader(name: string, settings: CoreSettings, notes: Notes): LineReader {
  return createCaptureReader({
    name,
    notes,
    settings,
    createSampler: files => createSampler({ files }),
    hostFacts: captureHostFacts,
  })
}
