import { crc32 } from 'node:zlib'
import type { Alert } from '../../types.ts'
import { createNotified, type NotifiedMemory } from './notified.ts'
import { decodeRecords, encodeRecord, type OutboxContent, type OutboxRecord } from './outbox-record.ts'

/** An alert that has not reached all of its queues. A queue is one URL of one webhook. */
export interface OutboxEntry {
  readonly n: number
  readonly alert: Alert
  readonly queues: Set<string>
  readonly closes: readonly string[]
}

/** The first page of a file names its generation; records begin behind it. */
export const headerBytes = 4096

/** Reads one file of the outbox: what it holds, or an empty content where it was never wholly written. */
export function readContent(bytes: Buffer): OutboxContent {
  const blank = { records: [], damaged: 0, generation: 0, end: headerBytes }
  if (bytes.length < headerBytes) return blank
  const generation = headerGeneration(bytes)
  // Zeros: never used, or a copy into it was never finished, and then the other file is whole.
  if (generation === 0) return blank
  const content = decodeRecords(bytes, headerBytes, generation)
  return generation === undefined ? { ...content, damaged: content.damaged + 1 } : content
}

/** The generation that the header names, 0 where none was written, undefined where the header is damaged. */
function headerGeneration(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(10)
  if (bytes[0] === 0) return 0
  const line = end < 0 ? '' : bytes.toString('latin1', 0, end)
  const generation = Number(line.split(' ')[2])
  return Number.isSafeInteger(generation) && line === headerLine(generation) ? generation : undefined
}

/** The page that makes a file valid; written and synced after its records. */
export function header(generation: number): Buffer {
  const page = Buffer.alloc(headerBytes)
  page.write(`${headerLine(generation)}\n`, 'latin1')
  return page
}

function headerLine(generation: number): string {
  const text = `oomloop-outbox 1 ${generation}`
  return `${text} ${crc32(text).toString(16).padStart(8, '0')}`
}

/** What the records of an outbox come to. */
export interface OutboxContents {
  readonly open: Map<number, OutboxEntry>
  readonly known: KnownIds
  readonly notified: NotifiedMemory
}

export function createContents(): OutboxContents {
  return { open: new Map(), known: createKnownIds(), notified: createNotified() }
}

/** Carries one record out upon what is open, known and notified. */
export function replay({ open, known, notified }: OutboxContents, record: OutboxRecord): void {
  switch (record.kind) {
    case 'known':
      for (const id of record.ids) known.add(id)
      return
    case 'notified':
      notified.add(record.alert, record.lanes)
      return
    case 'accept': {
      const { n, alert, lanes, closes = [] } = record
      known.add(alert.id)
      open.set(n, { n, alert, queues: new Set(lanes), closes })
      return
    }
    case 'settle': {
      const entry = open.get(record.n)
      if (!entry?.queues.delete(record.lane)) return
      notified.settle(entry, record.lane, record.refused !== true)
      if (entry.queues.size === 0) open.delete(record.n)
    }
  }
}

/** Ids of the newest alerts that were accepted. */
interface KnownIds {
  readonly add: (id: string) => void
  readonly has: (id: string) => boolean
  /** The newest, as many as take no more than so many bytes. */
  readonly newest: (bytes: number) => readonly string[]
}

const mostKnown = 1_000

function createKnownIds(): KnownIds {
  const ids = new Set<string>()
  return {
    add: id => {
      ids.delete(id)
      ids.add(id)
      if (ids.size > mostKnown) ids.delete(ids.values().next().value!)
    },
    has: id => ids.has(id),
    newest: bytes => {
      const fitting: string[] = []
      let left = bytes
      for (const id of [...ids].reverse()) {
        left -= Buffer.byteLength(JSON.stringify(id)) + 1
        if (left < 0) break
        fitting.unshift(id)
      }
      return fitting
    },
  }
}

/** As many open entries as fit, those first that are the newest of their incident; in their order of acceptance. */
export function fitInto(
  { open, known, notified }: OutboxContents,
  generation: number,
  room: number,
): { readonly text: Buffer; readonly dropped: readonly number[] } {
  const entries = [...open.values()]
  const newest = new Map(entries.map(entry => [entry.alert.incident, entry.n]))
  const byWorth = entries.toSorted(
    (a, b) => Number(newest.get(b.alert.incident) === b.n) - Number(newest.get(a.alert.incident) === a.n) || b.n - a.n,
  )
  // A quarter is left free, else the very next record would copy everything again.
  const memory = encodeRecord({ kind: 'known', n: 0, ids: known.newest(room / 8) }, generation)
  // Alerts that receivers have open are kept before pending ones, because nothing else remembers them.
  const remembered = notified
    .list()
    .map(({ alert, queues }) => encodeRecord({ kind: 'notified', n: 0, lanes: queues, alert }, generation))
    .reduce((text, line) => (text.length + line.length > room / 2 ? text : text + line), '')
  let left = room * 0.75 - Buffer.byteLength(memory) - Buffer.byteLength(remembered)
  const lines = new Map<number, string>()
  for (const { n, alert, queues, closes } of byWorth) {
    const line = encodeRecord(acceptRecord({ n, alert, queues, closes }), generation)
    if (Buffer.byteLength(line) > left) continue
    left -= Buffer.byteLength(line)
    lines.set(n, line)
  }
  const kept = entries.filter(entry => lines.has(entry.n))
  return {
    text: Buffer.from(memory + remembered + kept.map(entry => lines.get(entry.n)).join('')),
    dropped: entries.filter(entry => !lines.has(entry.n)).map(entry => entry.n),
  }
}

export function acceptRecord({ n, alert, queues, closes }: OutboxEntry): OutboxRecord {
  return { kind: 'accept', n, lanes: [...queues], alert, ...(closes.length > 0 && { closes }) }
}
