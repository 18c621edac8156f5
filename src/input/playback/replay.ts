import { basename } from 'node:path'
import { OomloopError } from '../../errors.ts'
import { segmentNumber } from '../../recording/segment-name.ts'
import type { Locale } from '../../text/messages/catalogues.ts'
import type { CoreSettings, Observation } from '../../types.ts'
import { createSampler } from '../sampler/sampler.ts'
import { createCaptureReader } from './capture.ts'
import { captureHostFacts } from './capture-host.ts'
import type { ReplayKind } from './detect-format.ts'
import { recognise } from './detect-format.ts'
import { createLogReplay } from './log/log-playback.ts'
import type { ReadingOutcome } from './log/reading-outcome.ts'
import { createNotes, type Notes } from './read-warnings.ts'
import { createRecordingReader } from './recording.ts'
import { recordingFiles } from './recording-files.ts'
import { linesOf, type OpenText, openText } from './unpack/text-file.ts'

interface ReplayOptions {
  /** What a log or capture is judged by; a recording brings its own settings. */
  readonly settings: CoreSettings
  /** Year of a log that names none. */
  readonly year?: number | undefined
  /** Time zone of a log that names none. */
  readonly timeZone?: string | undefined
  /** Language of notes and errors. */
  readonly locale?: Locale
}

/**
 * Files as observations, one after the other; each begins with a `start`, unless it goes on where the last ended. A log of
 * several hosts or boots gives the observations of all as they come: `part` says to which the last one belongs.
 */
interface ReplaySource extends AsyncIterable<Observation> {
  /** What was recognised in the file that is being read; undefined before the first. */
  readonly kind: () => ReplayKind | undefined
  /** Whose the last observation is: each host, each boot, and each incident that is hours from the next has its own. */
  readonly part: () => string
  /** What reading the logs came to; of those that were read to their end. */
  readonly outcomes: () => readonly ReadingOutcome[]
  /** What a person should know about what was read: broken lines, gaps, the year and time zone that were taken. */
  readonly notes: () => readonly string[]
  /** Which file is being read and how much of it was, in bytes; undefined before the first. */
  readonly progress: () => { readonly file: string; readonly bytesRead: number } | undefined
}

/**
 * Opens logs, recordings, captures, or directories of recordings for replay; `-` is stdin. Reading throws OOMLOOP_INPUT
 * where a file cannot be read or is none of these.
 */
export function openReplaySource(paths: readonly string[], options: ReplayOptions): ReplaySource {
  const locale = options.locale ?? options.settings.locale
  const notes = createNotes(locale)
  const log = createLogReplay({ ...options, locale, note: notes.add, now: Date.now })
  let part = ''
  let kind: ReplayKind | undefined
  let current: { readonly file: string; readonly text: OpenText } | undefined

  async function* observations(): AsyncGenerator<Observation> {
    for (const path of paths) {
      const name = path === '-' ? 'stdin' : path
      // Segments of one directory are read by one reader: a run goes on from one to the next.
      const recording = createRecordingReader({ name, notes, locale })
      for (const file of await recordingFiles(path, locale)) {
        const isSegment = isSegmentOf(path, file)
        const text = await openText(file, { locale, isSegment })
        current = { file, text }
        kind = isSegment ? 'recording' : recognise(text.head, name, locale)
        if (kind === 'log') {
          for await (const one of log.read(text, name)) {
            part = one.part
            yield one.observation
          }
          continue
        }
        yield* ended()
        part = ''
        if (kind === 'recording') yield* readAll(text, recording)
        else yield* readAll(text, captureReader(name, { settings: options.settings, notes, locale }))
        for (const note of text.notes?.() ?? []) notes.add(note)
      }
    }
    yield* ended()
  }

  function* ended(): Generator<Observation> {
    for (const one of log.end()) {
      part = one.part
      yield one.observation
    }
  }

  return {
    [Symbol.asyncIterator]: observations,
    kind: () => kind,
    part: () => part,
    outcomes: log.outcomes,
    notes: () => notes.list(),
    progress: () => current && { file: current.file, bytesRead: current.text.bytesRead?.() ?? 0 },
  }
}

interface ReadingEvents {
  readonly onNote?: (note: string) => void
  readonly onBoot?: (bootId: string) => void
}

/**
 * The segments of one recording, the oldest first. What is damaged is passed over, and so is a segment that cannot be read
 * at all: `onNote` says what, so that the rest is not lost with it. `onBoot` is called with the boots that headers name.
 */
export async function* readRecording(
  files: readonly string[],
  { onNote = () => {}, onBoot = () => {} }: ReadingEvents = {},
): AsyncGenerator<Observation> {
  const notes = createNotes()
  const reader = createRecordingReader({ name: 'the recording', notes, onBoot })
  for (const file of files) {
    try {
      const text = await openText(file, { isSegment: segmentNumber(basename(file)) !== undefined })
      yield* readAll(text, reader)
      for (const note of text.notes?.() ?? []) onNote(note)
    } catch (error) {
      if (!(error instanceof OomloopError)) throw error
      onNote(error.message)
    }
  }
  for (const note of notes.list()) onNote(note)
}

/** A file of a directory of recordings is one of ours by its name, whatever has become of its first bytes. */
function isSegmentOf(path: string, file: string): boolean {
  return file !== path && segmentNumber(basename(file)) !== undefined
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

function captureReader(
  name: string,
  options: { readonly settings: CoreSettings; readonly notes: Notes; readonly locale: Locale },
): LineReader {
  return createCaptureReader({
    name,
    ...options,
    createSampler: files => createSampler({ files }),
    hostFacts: captureHostFacts,
  })
}
