import { parseKmsgRecord } from '../../parse/log-line/kmsg.ts'
import type { KernelRecord, LostRecords } from '../../types.ts'
import { pausedMs } from './responsiveness.ts'

/** Where a reader of the kernel's log stood: sequence numbers start again with each boot. */
export interface KmsgPosition {
  readonly bootId: string
  readonly seq: number
}

export interface KmsgFeedOptions {
  readonly bootId?: string | null
  /** The last record that an earlier run has read. */
  readonly resumeAfter?: KmsgPosition
  readonly opened: Opened
}

/** When the log was opened, ms since the epoch, and what the kernel's clock said then, µs: older records are backlog. */
interface Opened {
  readonly at: number
  readonly stampUs: number
}

/** What a live reader knows of the moment of reading, beside the host's clock. */
interface ReadMoment {
  /** The monotonic clock, µs: the kernel's stamps run with it, to within their drift. */
  readonly monotonicUs: number
  /** So long ago, ms, everything had been read: the record is no older than that. */
  readonly sinceCaughtUpMs: number
  /** The record was in the ring when it was opened. */
  readonly isBacklog: boolean
}

/** Turns raw records into observations. Contains all decisions of reading /dev/kmsg, and no file descriptor. */
export interface KmsgFeed {
  /** One record as `read` gave it; `now` is the time of reading. Without a moment (a capture) the stamp decides what is old. */
  readonly push: (raw: Buffer, now: number, moment?: ReadMoment) => readonly (KernelRecord | LostRecords)[]
  /** It was reopened, after a time in which nothing could be read; what was emitted before is not emitted again. */
  readonly reopen: (opened: Opened) => void
  /** The newest sequence number seen, of whatever facility; undefined before the first. */
  readonly seq: () => number | undefined
  readonly counts: () => KmsgCounts
}

export interface KmsgCounts {
  /** Records of the kernel's own facility. */
  readonly records: number
  /** Records that userspace wrote: always skipped. */
  readonly foreign: number
  /** Overwritten before they could be read. */
  readonly lost: number
  /** Records that could not be parsed: skipped. */
  readonly broken: number
}

/**
 * The time of a live record is the moment it was read, for the kernel's stamp drifts by seconds a day and may lag behind by
 * minutes (a guest that was paused). Only what piled up while the reader did not run is dated by its stamp, measured from
 * the last record that was read as it came. A record that is older than the watch has nothing but its stamp, and is marked
 * as estimated.
 */
export function createKmsgFeed(options: KmsgFeedOptions): KmsgFeed {
  const { resumeAfter, bootId } = options
  let { opened } = options
  let seq = resumeAfter && resumeAfter.bootId === bootId ? resumeAfter.seq : undefined
  let records = 0
  let foreign = 0
  let lost = 0
  let broken = 0
  /** How far the kernel's stamps lag behind the monotonic clock, µs; learned from records that were read as they came. */
  let lagUs = 0

  const push = (raw: Buffer, now: number, moment?: ReadMoment): readonly (KernelRecord | LostRecords)[] => {
    const head = readHead(raw)
    if (!head) {
      broken++
      return none
    }
    if (seq !== undefined && head.seq <= seq) return none
    // The ring was full before the first read: those records count as not lost. From then on every number must come.
    const missing = seq === undefined ? 0 : Math.max(0, head.seq - seq - 1)
    seq = head.seq
    const out: (KernelRecord | LostRecords)[] = []
    if (missing > 0) {
      lost += missing
      out.push({ kind: 'lost', at: now, source: 'kmsg', records: missing })
    }
    if (head.prefix > 7) {
      foreign++
      return out
    }
    const parsed = parseKmsgRecord(raw.toString('latin1')) // the kernel escapes all that is not ASCII
    if (!parsed) {
      broken++
      return out
    }
    records++
    const { facility: _, continues, ...record } = parsed
    const isOld = record.stampUs < opened.stampUs - lagUs && (moment?.isBacklog ?? true)
    const at = isOld
      ? Math.min(now, Math.round(opened.at - (opened.stampUs - lagUs - record.stampUs) / 1000))
      : now - delayMs(record.stampUs, moment)
    out.push({ kind: 'kernel', at, ...record, ...(continues && { continues }), ...(isOld && { estimated: true }) })
    return out
  }

  /** Age of a live record, ms: about zero unless the reader did not run. */
  const delayMs = (stampUs: number, moment: ReadMoment | undefined): number => {
    if (!moment || moment.isBacklog) return 0
    const aheadUs = moment.monotonicUs - stampUs
    if (moment.sinceCaughtUpMs >= pausedMs)
      return Math.round(Math.min(Math.max(0, (aheadUs - lagUs) / 1000), moment.sinceCaughtUpMs))
    lagUs = aheadUs
    return 0
  }

  return {
    push,
    reopen: to => {
      opened = to
    },
    seq: () => seq,
    counts: () => ({ records, foreign, lost, broken }),
  }
}

const none: readonly (KernelRecord | LostRecords)[] = []

/** `PREFIX,SEQ,` read as bytes: most records of a flood are userspace's, and not worth a string. */
function readHead(raw: Buffer): { readonly prefix: number; readonly seq: number } | undefined {
  let at = 0
  let prefix = 0
  for (; at < raw.length && isDigit(raw[at]!) && at < 10; at++) prefix = prefix * 10 + raw[at]! - 48
  if (at === 0 || raw[at] !== comma) return undefined
  const start = ++at
  let seq = 0
  for (; at < raw.length && isDigit(raw[at]!) && at - start < 16; at++) seq = seq * 10 + raw[at]! - 48
  return at === start || raw[at] !== comma ? undefined : { prefix, seq }
}

const comma = 44

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
