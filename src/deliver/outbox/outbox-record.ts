import { crc32 } from 'node:zlib'
import type { Alert } from '../../types.ts'

/** One line of the outbox: an alert that must reach these queues, a queue that is done with one, or what is remembered. */
export type OutboxRecord =
  | {
      readonly kind: 'accept'
      readonly n: number
      /** Webhook queues; earlier versions call them `lanes` in their files. */
      readonly lanes: readonly string[]
      readonly alert: Alert
      /** Keys of the alerts that are over with this message, besides its own. */
      readonly closes?: readonly string[]
    }
  | { readonly kind: 'settle'; readonly n: number; readonly lane: string; readonly refused?: true }
  /** Ids of alerts that were accepted before: what a new run sees again in its backlog is not sent again. */
  | { readonly kind: 'known'; readonly n: 0; readonly ids: readonly string[] }
  /** An alert that these queues have sent and whose end they have not. */
  | { readonly kind: 'notified'; readonly n: 0; readonly lanes: readonly string[]; readonly alert: Alert }

export interface OutboxContent {
  readonly records: readonly OutboxRecord[]
  /** Records that were there and cannot be read any more. */
  readonly damaged: number
  /** Newest generation of any whole line, for a file whose own header is damaged. */
  readonly generation: number
  /** Offset behind the last whole record. */
  readonly end: number
}

/** One record as a line: generation, checksum, JSON. The checksum covers the generation. */
export function encodeRecord(record: OutboxRecord, generation: number): string {
  const text = `${generation} ${JSON.stringify(record)}`
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`
}

/**
 * Reads the records of one generation from the bytes of an outbox file. A line that is damaged is skipped and counted,
 * those behind it are kept. Lines of an older generation are what the file held before, and are none of ours.
 */
export function decodeRecords(bytes: Buffer, start: number, generation?: number): OutboxContent {
  const lines = splitLines(bytes, start)
  const wanted = generation ?? lines.reduce((newest, { line }) => Math.max(newest, generationOf(line)), 0)
  const records: OutboxRecord[] = []
  let end = start
  let damaged = 0
  let suspects = 0
  for (const { line, to } of lines) {
    const record = generationOf(line) === wanted ? recordOf(line) : undefined
    if (!record) {
      // What was never written is zeros; what is older has a checksum that fits.
      if (line.length > 0 && generationOf(line) === 0) suspects++
      continue
    }
    records.push(record)
    damaged += suspects
    suspects = 0
    end = to
  }
  const torn = lines.some(
    ({ line, to }) => to > end && generationOf(line) === 0 && line.slice(9).startsWith(`${wanted} `),
  )
  return { records, damaged: damaged + (torn ? 1 : 0), generation: wanted, end }
}

/** The generation of a whole line; 0 for a damaged one. */
function generationOf(line: string): number {
  const text = line.slice(9)
  const generation = Number(text.slice(0, text.indexOf(' ')))
  if (!Number.isSafeInteger(generation) || generation < 1) return 0
  return crc32(text).toString(16).padStart(8, '0') === line.slice(0, 8) ? generation : 0
}

function recordOf(line: string): OutboxRecord | undefined {
  try {
    const record = JSON.parse(line.slice(line.indexOf(' ', 9) + 1)) as OutboxRecord
    return Number.isSafeInteger(record.n) ? record : undefined
  } catch {
    return undefined // the checksum fits and it is no JSON: written by something else
  }
}

/** Lines with where they end; zeros around them (padding up to a page) belong to no line. */
function splitLines(bytes: Buffer, start: number): { readonly line: string; readonly to: number }[] {
  const lines: { line: string; to: number }[] = []
  let from = start
  while (from < bytes.length) {
    if (bytes[from] === 0) {
      from = endOfZeros(bytes, from)
      continue
    }
    const newline = bytes.indexOf(10, from)
    const lineEnd = newline < 0 ? bytes.length : newline
    const zero = bytes.subarray(from, lineEnd).indexOf(0)
    const to = zero < 0 ? lineEnd : from + zero
    lines.push({ line: bytes.toString('utf8', from, to), to: Math.min(to + 1, bytes.length) })
    from = to + 1
  }
  return lines
}

function endOfZeros(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] === 0) at++
  return at
}
