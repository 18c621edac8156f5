import type { TimeNote } from '../../../parse/log-line/log-time.ts'
import type { PastedLine } from '../../../parse/log-line/pasted/pasted-line.ts'
import { createPastedLines, type PastedLines } from '../../../parse/log-line/pasted/pasted-lines.ts'
import { createUnwrapper } from '../../../parse/log-line/pasted/wrapped-lines.ts'
import { parseConstraintLine, parseCutConstraint } from '../../../parse/oom/oom-constraint.ts'
import { parseChoiceLine, parseKilledLine } from '../../../parse/oom/oom-victim.ts'
import { createCandidates } from '../../../parse/oom/prefilter.ts'
import { type Locale, messagesOf } from '../../../text/messages/catalogues.ts'
import type { KernelRecord, Tick, UnitLine } from '../../../types.ts'
import type { OpenText } from '../unpack/text-file.ts'
import { inOrderOfTime, isReversed } from './log-order.ts'
import { createLogSigns } from './log-signs.ts'
import type { ReadingOutcome } from './reading-outcome.ts'
import { isYaml, jsonOfYaml } from './yaml-log.ts'

/** What a log holds, in its order. */
export interface LogItem {
  readonly observation: KernelRecord | UnitLine | Tick
  /** Of the kernel's line, where it names one. */
  readonly host?: string
  /** Another boot begins here: journalctl says so between two. */
  readonly isBoot?: true
}

interface LogReading {
  /** Kernel records (and daemons' lines) in the order of the log; at its end a tick with the time of its last line. */
  readonly items: AsyncIterable<LogItem>
  /** What was assumed of year and time zone; complete when the reading is. */
  readonly notes: () => readonly TimeNote[]
  /** Complete when the reading is. */
  readonly outcome: () => ReadingOutcome
}

interface LogOptions {
  readonly text: OpenText
  readonly file: string
  /** Language of errors. */
  readonly locale: Locale
  /** Of the first line, where a syslog names none. */
  readonly year?: number | undefined
  /** IANA name or offset; default: this host's. */
  readonly timeZone?: string | undefined
  /** When the log counts as written where its file does not say (stdin), ms. */
  readonly now: number
}

/**
 * Reads a finished log of any size in flat memory. Only lines that can belong to an OOM report are cut out and parsed;
 * the rest is looked at as bytes (a million lines of syslog: 0.1 s; parsed one by one they would take 5 s).
 */
export function readLog(options: LogOptions): LogReading {
  const { text, now, year, timeZone, file } = options
  const parserOptions = { year, timeZone, modifiedAt: text.modifiedAt ?? now }
  const parser = createPastedLines(parserOptions)
  const counts = createCounts(file, createPastedLines(parserOptions))
  const outcome = (): ReadingOutcome => ({ ...counts.outcome(), isCut: text.isCut?.() ?? false })
  return { items: itemsOf(options, parser, counts), notes: parser.notes, outcome }
}

async function* itemsOf(options: LogOptions, parser: PastedLines, counts: Counts): AsyncGenerator<LogItem> {
  const { text } = options
  counts.head(text.head)
  if (isJsonDocument(text.head)) return yield* itemsOfDocument(text.chunks(), parser, counts)
  if (isYaml(text.head)) return yield* itemsOfDocument(jsonOfYaml(text.chunks()), parser, counts)
  const isBackwards = isReversed(text.head, parser.timeOf)
  const candidates = createCandidates(text.head)
  const chunks = isBackwards
    ? inOrderOfTime(text.chunks(), messagesOf(options.locale).input.times.newestFirst({ name: options.file }))
    : text.chunks()
  const unwrap = createUnwrapper()
  let lastAt = 0
  const read = function* (lines: ReturnType<typeof candidates.push>): Generator<LogItem> {
    for (const { text: line, number } of lines) {
      if (boundary.test(line)) yield { observation: { kind: 'tick', at: lastAt }, isBoot: true }
      const found = parser.line(line)
      for (const item of counts.line(found, line, number)) {
        lastAt = item.observation.at ?? lastAt
        yield item
      }
    }
  }
  for await (const chunk of chunks) yield* read(candidates.push(chunk).flatMap(unwrap.push))
  yield* read([...candidates.end().flatMap(unwrap.push), ...unwrap.end()])
  yield* counts.line(parser.end(), '', candidates.lines())
  counts.finish(candidates.lines(), candidates.tooLong())
  const endedAt = parser.timeOf(candidates.lastLine())
  if (endedAt !== null && endedAt >= lastAt) yield { observation: { kind: 'tick', at: endedAt } }
}

/** journalctl's own line between two boots. */
const boundary = /^-- (?:Boot [\da-f]{32}|Reboot) --\s*$/

/** A document that goes over many lines, or over one line that is no log's. */
function isJsonDocument(head: string): boolean {
  const start = head.trimStart()
  if (start[0] !== '{' && start[0] !== '[') return false
  if (start[0] === '[' && !/^\[\s*(?:[[{"]|\])/.test(start)) return false
  const newline = start.indexOf('\n')
  const first = newline < 0 ? start : start.slice(0, newline)
  if (newline < 0 && head.length < 60_000) return start[0] === '['
  try {
    JSON.parse(first)
    return false
  } catch {
    return /^[[{]\s*$|^[[{]\s*["{[]/.test(first)
  }
}

/** JSON over many lines, and lines of another form between two documents or after the last. */
async function* itemsOfDocument(
  chunks: AsyncIterable<Buffer>,
  parser: PastedLines,
  counts: Counts,
): AsyncGenerator<LogItem> {
  const decoder = new TextDecoder()
  let lines = 0
  let isAtLineStart = true
  /** A line that is no JSON, as far as it was read. */
  let open: string | undefined

  const read = function* (text: string): Generator<LogItem> {
    for (const piece of text.split(/(?<=\n)/)) {
      const isWhole = piece.endsWith('\n')
      if (isWhole) lines++
      if (open !== undefined || (isAtLineStart && !parser.isWithinDocument() && isNoJson(piece))) {
        open = ((open ?? '') + piece).slice(0, longestLine)
        if (isWhole) yield* closeLine()
      } else yield* counts.line(parser.json(piece), '', lines)
      if (piece !== '') isAtLineStart = isWhole
    }
  }

  const closeLine = function* (): Generator<LogItem> {
    if (open === undefined) return
    const line = open.replace(/\r?\n$/, '')
    open = undefined
    yield* counts.line(parser.line(line), line, lines)
  }

  for await (const chunk of chunks) yield* read(decoder.decode(chunk, { stream: true }))
  yield* read(decoder.decode())
  yield* closeLine()
  yield* counts.line(parser.end(), '', lines)
  counts.finish(isAtLineStart ? lines : lines + 1, { count: 0, first: 0 })
}

// As long as a line of a log may be.
const longestLine = 128 * 1024

/** A word, or a bracket that a kernel's stamp or time stands in. */
function isNoJson(text: string): boolean {
  const start = text.trimStart()
  return start !== '' && !/^[{}\],"\d-]/.test(start) && !(start[0] === '[' && /^\[\s*(?:[[{"\]]|$)/.test(start))
}

interface Counts {
  /** Looks at the beginning whole, for whether it is a log at all. */
  readonly head: (head: string) => void
  readonly line: (found: PastedLine, line: string, number: number) => readonly LogItem[]
  readonly finish: (lines: number, tooLong: { readonly count: number; readonly first: number }) => void
  readonly outcome: () => Omit<ReadingOutcome, 'isCut'>
}

function createCounts(file: string, sample: PastedLines): Counts {
  const signs = createLogSigns()
  const firstMissed: { number: number; text: string }[] = []
  let [lines, recognised, missed, foundByPhrase] = [0, 0, 0, 0]
  let tooLong = { count: 0, first: 0 }
  let isLog = false
  let hasKernelLines = false

  const miss = (line: string, number: number): void => {
    missed++
    if (firstMissed.length < 5) firstMissed.push({ number, text: line.trim().slice(0, 300) })
  }

  return {
    head: head => {
      if (isJsonDocument(head) || isYaml(head)) {
        isLog = logFields.test(head)
        return
      }
      for (const line of head.split('\n').slice(0, 300)) {
        const { isKnown, records } = sample.line(line)
        isLog ||= isKnown && line.trim() !== ''
        hasKernelLines ||= records.some(({ observation }) => observation.kind === 'kernel')
      }
      isLog ||= /^-- (?:No entries|Logs begin|Journal begins|Boot|Reboot)/m.test(head)
    },
    line: ({ records, killers, isMissed, isKnown }, line, number) => {
      if (records.length > 0 || killers.length > 0) {
        recognised++
        isLog = true
      }
      isLog ||= isKnown && line !== ''
      if (isMissed) miss(line, number)
      for (const { observation, host } of records) {
        if (observation.kind !== 'kernel') continue
        hasKernelLines = true
        if (isGarbled(observation.text)) miss(line === '' ? observation.text : line, number)
        if (observation.foundBy && /Killed process \d/.test(observation.text)) foundByPhrase++
        signs.kernel(observation, { line: number, ...(host !== undefined && { host }) })
      }
      for (const killer of killers) signs.killer(killer, number)
      return records
    },
    finish: (total, long) => {
      lines = total
      tooLong = long
      signs.end()
    },
    outcome: () => ({
      file,
      lines,
      recognised,
      isLog,
      hasKernelLines,
      missed,
      firstMissed,
      tooLong: tooLong.count,
      firstTooLong: tooLong.first,
      foundByPhrase,
      signs: signs.list(),
      signsLeftOut: signs.leftOut(),
    }),
  }
}

/** Fields that entries of a log have, whatever store they come from. */
const logFields =
  /^[\s{[-]*"?(?:@?timestamp|_?time|ts|TimeGenerated|__REALTIME_TIMESTAMP|MESSAGE|msg|log|textPayload|_raw|dmesg|values|@message|lastTimestamp)"?\s*:|"(?:@?timestamp|message|MESSAGE|msg|values|textPayload|@message)"/im

/** Begins as a line of a kill does, and is none that the kernel prints. */
function isGarbled(text: string): boolean {
  if (!/^(?:Memory cgroup out of memory|Out of [Mm]emory: |Killed process|oom-kill:|OOM killed)/.test(text))
    return false
  if (/panic_on_oom|: OOM victim \d|^Memory cgroup out of memory, but/.test(text)) return false
  return !parseKilledLine(text) && !parseChoiceLine(text) && !parseConstraintLine(text) && !parseCutConstraint(text)
}
