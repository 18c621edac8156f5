import type { KernelRecord } from '../types.ts'
import { createRowPacker, createRowUnpacker, isRow, type PackedText, type TablePlace } from './table-rows.ts'

/** Kernel records that were read at one moment, one right after the other: an OOM report is some hundred of them. */
export interface KernelRecords {
  readonly kind: 'kernel-records'
  /** Of all of them, and so are level, estimated and caller. */
  readonly at: number
  readonly level?: number
  readonly estimated?: boolean
  readonly caller?: string
  /** Of the first; each other one has the next number. */
  readonly seq?: number
  /** Of the first. */
  readonly stampUs?: number
  /** Of each other one: microseconds after the one before it. */
  readonly afterUs?: readonly number[]
  readonly table?: TablePlace
  readonly texts: readonly PackedText[]
}

interface RecordPacker {
  /** Lines for records each of which `follows` the one before. */
  readonly lines: (records: readonly KernelRecord[]) => string
  /** A new segment begins, or lines were lost. */
  readonly reset: () => void
}

/** Fewer are written one by one, for people to read. */
const fewRecords = 4

export function createRecordPacker(): RecordPacker {
  const rows = createRowPacker()
  return {
    lines: records => {
      const isPlain = records.length < fewRecords && !records.some(({ text }) => isRow(text))
      if (isPlain) return records.map(record => `${JSON.stringify(record)}\n`).join('')
      const { kind: _, text: __, ...first } = records[0]!
      const { texts, table } = rows.pack(records.map(({ text }) => text))
      const afterUs = records.slice(1).map(({ stampUs }, index) => stampUs! - records[index]!.stampUs!)
      const line = {
        kind: 'kernel-records',
        ...first,
        ...(first.stampUs !== undefined && afterUs.length > 0 && { afterUs }),
        ...(table && { table }),
        texts,
      }
      return `${JSON.stringify(line)}\n`
    },
    reset: rows.reset,
  }
}

/** Whether a record can stand in one line with the one before it. */
export function follows(record: KernelRecord, before: KernelRecord): boolean {
  return (
    record.at !== null &&
    record.at === before.at &&
    record.level === before.level &&
    record.caller === before.caller &&
    record.estimated === before.estimated &&
    isOrdinary(record) &&
    isOrdinary(before) &&
    (record.seq === undefined ? before.seq === undefined : record.seq - 1 === before.seq) &&
    (record.stampUs === undefined) === (before.stampUs === undefined)
  )
}

function isOrdinary({ continues, foundBy, readTo }: KernelRecord): boolean {
  return continues === undefined && foundBy === undefined && readTo === undefined
}

interface RecordUnpacker {
  /** undefined: the line is damaged, or one that it refers to is missing. */
  readonly records: (line: Record<string, unknown>) => readonly Record<string, unknown>[] | undefined
  readonly reset: () => void
}

/** Reads what may have been written by a stranger; the caller checks the records. */
export function createRecordUnpacker(): RecordUnpacker {
  const rows = createRowUnpacker()
  return {
    records: ({ kind: _, seq, stampUs, afterUs, table, texts: packed, ...same }) => {
      if (!areTexts(packed) || (table !== undefined && !isPlace(table))) return undefined
      const texts = rows.unpack(packed, table)
      if (!texts || texts.length > mostRecords) return undefined
      const gaps = afterUs ?? []
      if (!areNumbers(gaps) || (typeof stampUs === 'number' && gaps.length !== texts.length - 1)) return undefined
      let stamp = stampUs
      return texts.map((text, index) => {
        if (index > 0 && typeof stamp === 'number') stamp += gaps[index - 1]!
        return {
          kind: 'kernel',
          at: same.at,
          text,
          ...(typeof seq === 'number' && { seq: seq + index }),
          ...(stamp !== undefined && { stampUs: stamp }),
          ...same,
        }
      })
    },
    reset: rows.reset,
  }
}

/** A hundred thousand at once is more than any ring holds. */
const mostRecords = 100_000

function areNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(item => Number.isSafeInteger(item))
}

function areTexts(value: unknown): value is readonly PackedText[] {
  return (
    Array.isArray(value) &&
    value.every(item => typeof item === 'string' || Number.isSafeInteger(item) || areNumbers(item))
  )
}

function isPlace(value: unknown): value is TablePlace {
  return areNumbers(value) && value.length === 2 && value.every(number => number >= 0)
}
