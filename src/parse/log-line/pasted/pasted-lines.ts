import { createLineParser } from '../format.ts'
import type { LogTimeOptions, TimeNote } from '../log-time.ts'
import { createByEntry } from './by-entry.ts'
import { createByFormat, isForeign } from './by-format.ts'
import { createByPhrase, prefixEnd } from './by-phrase.ts'
import { entriesOf, isWanted, jsonStart } from './json-entries.ts'
import { createJsonScanner } from './json-scan.ts'
import { known, type PastedLine, together, unknown } from './pasted-line.ts'
import { timeAtStart } from './pasted-time.ts'
import { readPrefix } from './prefix.ts'
import { createRecordTaker } from './record-taker.ts'
import { pieces, stripDecoration } from './strip-decoration.ts'
import { createVerboseReader } from './verbose.ts'

/** Reads logs as people paste them. For playback only: every writer of a log can write a kernel line into it. */
export interface PastedLines {
  readonly line: (line: string) => PastedLine
  /** A piece of a JSON document that goes over many lines. */
  readonly json: (chunk: string) => PastedLine
  /** Whether such a document is open. */
  readonly isWithinDocument: () => boolean
  readonly end: () => PastedLine
  readonly timeOf: (line: string) => number | null
  readonly notes: () => readonly TimeNote[]
}

/**
 * First by the strict rules of the live agent; where they know no format, without what a page put around the line; and
 * last by the kernel's own phrases wherever they stand. A kill that only the last found is marked (`foundBy: 'phrase'`).
 */
export function createPastedLines(options: LogTimeOptions = {}): PastedLines {
  const strict = createLineParser(options)
  const timeOf = (text: string): number | null => strict.timeOf(text) ?? timeAtStart(text, strict.epoch)
  const take = createRecordTaker(strict)
  const byPhrase = createByPhrase(strict, take)
  const byFormat = createByFormat(strict, take, byPhrase)
  const byEntry = createByEntry(strict, take)
  const verbose = createVerboseReader(timeOf)
  const document = createJsonScanner(isWanted)

  /** What a killer says reaches the detectors from any format: kubelet's own klog file, logcat, a bare journal. */
  const forDetectors = (read: PastedLine): PastedLine => {
    const observation = take.unitLine()
    if (!observation || read.records.some(record => record.observation.kind === 'unit-line')) return read
    const host = read.killers[0]?.host
    return { ...read, records: [...read.records, { observation, ...(host !== undefined && { host }) }] }
  }

  const line = (whole: string): PastedLine => {
    if (whole.length > maxLine) return unknown
    const text = whole.endsWith('\r') ? whole.slice(0, -1) : whole
    const entry = verbose.push(text)
    if (entry === 'taken') return known
    if (entry) return { ...known, records: take.logLine(entry), killers: take.killers(entry) }
    const json = jsonStart(text)
    const entries = json >= 0 ? entriesOf(text.slice(json)) : undefined
    if (entries && (json === 0 || entries.length > 0)) {
      const context = json > 0 ? readPrefix(text.slice(0, json)) : undefined
      const event = entries.length === 0 && text.includes('"oom"') ? take.killers({ text }) : []
      const read = together([{ ...known, killers: event }, ...entries.map(one => byEntry(one, context))])
      // JSON at the end of a line may be no more than what a program added to its words.
      if (json === 0 || read.records.length + read.killers.length > 0) return read
    }
    const several = pieces(text)
    return several.length > 1 ? together(several.map(ofText)) : ofText(text)
  }

  const ofText = (text: string): PastedLine => {
    const found = byFormat(text)
    if (found) return found
    if (isForeign(text))
      return { ...known, killers: take.killers({ text: text.slice(prefixEnd(text)), at: timeOf(text) }) }
    const bare = stripDecoration(text)
    return (bare === text ? undefined : byFormat(bare)) ?? byPhrase(bare)
  }

  const end = (): PastedLine => {
    const last = verbose.end()
    const exported = strict.end()
    return together([
      ...document.end().map(entry => byEntry(entry)),
      {
        ...known,
        records: [...(last ? take.logLine(last) : []), ...(exported ? take.observation(exported) : [])],
        killers: last ? take.killers(last) : [],
      },
    ])
  }

  return {
    line: whole => forDetectors(line(whole)),
    json: chunk => together([known, ...document.push(chunk).map(entry => forDetectors(byEntry(entry)))]),
    isWithinDocument: document.isOpen,
    end: () => forDetectors(end()),
    timeOf,
    notes: strict.notes,
  }
}

// The longest line of the kernel's, and of journald's JSON.
const maxLine = 128 * 1024
