import { createLineParser, type LineParser } from '../parse/carrier.ts'
import type { Observation } from '../types.ts'
import { createCandidates } from './log-candidates.ts'
import type { OpenText } from './text-lines.ts'

export interface LogReading {
  /** Kernel records (and daemons' lines) in the order of the log; at its end a tick with the time of its last line. */
  readonly observations: AsyncIterable<Observation>
  /** The hosts that its kernel lines have named so far. */
  readonly hosts: () => readonly string[]
  /** What was assumed of year and time zone; complete when the reading is. */
  readonly notes: () => readonly string[]
}

export interface LogOptions {
  readonly text: OpenText
  /** Of the first line, where a syslog names none. */
  readonly year?: number
  /** IANA name or offset; default: this host's. */
  readonly timeZone?: string
  /** When the log counts as written where its file does not say (stdin), ms. */
  readonly now: number
}

/**
 * Reads a finished log of any size in flat memory. Only lines that can belong to an OOM report are cut out and parsed;
 * the rest is looked at as bytes (a million lines of syslog: 0.1 s; parsed one by one they would take 5 s).
 */
export function readLog(options: LogOptions): LogReading {
  const { text, now, year, timeZone } = options
  const parser = createLineParser({ year, timeZone, modifiedAt: text.modifiedAt ?? now })
  return { observations: observationsOf(text, parser), hosts: parser.hosts, notes: parser.notes }
}

async function* observationsOf(text: OpenText, parser: LineParser): AsyncGenerator<Observation> {
  const candidates = createCandidates(text.head)
  let lastAt = 0
  for await (const chunk of text.chunks()) {
    for (const line of candidates.push(chunk)) {
      const observation = parser.parse(line)
      if (!observation) continue
      lastAt = observation.at ?? lastAt
      yield observation
    }
  }
  for (const line of candidates.end()) {
    const observation = parser.parse(line)
    if (observation) yield observation
  }
  const last = parser.end()
  if (last) yield last
  const endedAt = parser.timeOf(candidates.lastLine())
  if (endedAt !== null && endedAt >= lastAt) yield { kind: 'tick', at: endedAt }
}
