import { OomloopError } from '../../errors.ts'
import { formatVersion, type RecordingHeader, type Snapshot } from '../../recording/formats.ts'
import { createRecordUnpacker } from '../../recording/kernel-records.ts'
import { checkCoreSettings, checkHostFacts } from '../../recording/validate-facts.ts'
import { checkObservation, isRecord, isTime, isUnknownKind } from '../../recording/validate-observation.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { CoreSettings, HostFacts, Locale, Observation } from '../../types.ts'
import type { Notes } from './read-warnings.ts'

/** Turns the lines of a recording back into observations. Fed line by line, so that the reading of files stays outside. */
interface RecordingReader {
  /** Throws OOMLOOP_INPUT where the first header is of a newer version. */
  readonly line: (text: string) => readonly Observation[]
  /** Text after the last newline: the last line of a writer that was killed, complete or not. */
  readonly torn: (text: string) => readonly Observation[]
}

interface RecordingReaderOptions {
  /** For messages: the name of the file. */
  readonly name: string
  readonly notes: Notes
  /** Called with the boot that a header names: it stands there twice, so that damage to one place leaves the other. */
  readonly onBoot?: (bootId: string) => void
  /** Language of notes and errors; default en. */
  readonly locale?: Locale | undefined
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share where the playback stands
export function createRecordingReader({ name, notes, onBoot, locale }: RecordingReaderOptions): RecordingReader {
  const t = messagesOf(locale ?? 'en').input.recording
  let run: string | undefined
  let boot: string | undefined
  let segment = 0
  let lineNumber = 0
  let sawHeader = false
  let skipping = false
  let takeSnapshot = true
  let lastAt = 0
  let suspect: number | undefined
  const unpacker = createRecordUnpacker()

  const header = (line: Record<string, unknown>): readonly Observation[] => {
    suspect = undefined // a torn line before a header is the end of a run that was killed, and no damage
    unpacker.reset()
    skipping = false
    if (typeof line.version !== 'number' || line.version > formatVersion) {
      const version = String(JSON.stringify(line.version)).slice(0, 20)
      const message = t.newerRecording({ name, version, known: formatVersion })
      if (!sawHeader) throw new OomloopError('OOMLOOP_INPUT', message)
      skipping = true
      notes.add(t.newerPart({ line: lineNumber, why: message }))
      return []
    }
    const { at, run: itsRun, bootId: itsBoot, host, settings } = line as unknown as RecordingHeader
    if (typeof itsBoot === 'string') onBoot?.(itsBoot)
    const itsSegment = typeof line.segment === 'number' ? line.segment : undefined
    const isSameRun = sawHeader && itsRun !== undefined && itsRun === run
    const follows = isSameRun && (itsSegment ?? 1) === segment + 1
    if (isSameRun && !follows) notes.add(t.missingSegment({ line: lineNumber }))
    if (!isSameRun && (itsSegment ?? 1) > 1) notes.add(t.noStart)
    // A run of the same boot remembers the one before it, and so does the core; else it says `start` itself.
    const goesOn = follows || (sawHeader && itsRun !== undefined && !isSameRun && (itsSegment ?? 1) === 1)
    const isAnew = !goesOn || itsBoot !== boot
    sawHeader = true
    run = itsRun
    boot = itsBoot
    segment = itsSegment ?? 1
    takeSnapshot = !follows
    if (!isAnew) return []
    lastAt = isTime(at) ? at : lastAt
    return [{ kind: 'start', at: lastAt }, ...fromHeader(lastAt, host, settings)]
  }

  const body = (line: Record<string, unknown>): readonly Observation[] | undefined => {
    if (line.kind === 'snapshot' && isTime(line.at)) return takeSnapshot ? snapshot(line) : []
    if (line.kind === 'gap' && isTime(line.at)) {
      notes.add(t.missing({ count: typeof line.missing === 'number' ? line.missing : null, line: lineNumber }))
      return []
    }
    if (line.kind === 'kernel-records' && isTime(line.at)) return kernelRecords(line)
    const observation = checkObservation(line)
    if (!observation) {
      if (!isUnknownKind(line)) return undefined
      notes.count('unknown-kind', lineNumber)
      return []
    }
    passTime(observation)
    return [observation]
  }

  const passTime = (observation: Observation): void => {
    // The ring's backlog is older than what was read before it: no clock went back for that.
    const isBacklog = observation.kind === 'kernel' && observation.estimated
    if (observation.at === null || isBacklog) return
    if (observation.at < lastAt - 1000) notes.count('clock-back', lineNumber)
    lastAt = observation.at
  }

  const kernelRecords = (line: Record<string, unknown>): readonly Observation[] | undefined => {
    const found = unpacker.records(line)?.map(checkObservation)
    if (!found?.every(observation => observation !== undefined)) return undefined
    if (found[0]) passTime(found[0])
    return found
  }

  const line = (text: string): readonly Observation[] => {
    lineNumber++
    if (text === '' || text === '\r') return []
    const value = parse(text)
    if (value && value.oomloop === 'recording') return header(value)
    if (skipping) return []
    if (suspect !== undefined) notes.count('broken', suspect)
    suspect = undefined
    const found = value && body(value)
    if (!found) suspect = lineNumber
    return withStart(found ?? [])
  }

  /** The header was damaged, and what follows is whole: it begins here, with the snapshot where there is one. */
  const withStart = (found: readonly Observation[]): readonly Observation[] => {
    if (sawHeader || found.length === 0) return found
    sawHeader = true
    return [{ kind: 'start', at: found[0]!.at ?? lastAt }, ...found]
  }

  return {
    line,
    torn: text => {
      if (suspect !== undefined) notes.count('broken', suspect)
      lineNumber++
      const value = parse(text)
      if (!value || skipping) return []
      return value.oomloop === 'recording' ? header(value) : (body(value) ?? [])
    },
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined // reported by the caller, which knows whether it is the torn last line
  }
}

function fromHeader(
  at: number,
  host: Partial<HostFacts> | undefined,
  settings: Partial<CoreSettings> | undefined,
): Observation[] {
  const found: Observation[] = []
  if (isRecord(settings)) found.push({ kind: 'settings', at, settings: checkCoreSettings(settings) })
  if (isRecord(host)) found.push({ kind: 'host', at, host: checkHostFacts(host) })
  return found
}

function snapshot(line: Record<string, unknown>): readonly Observation[] {
  const { observations } = line as unknown as Snapshot
  if (!Array.isArray(observations)) return []
  return observations.map(checkObservation).filter(observation => observation !== undefined)
}
