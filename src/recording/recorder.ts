import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { OomloopError } from '../errors.ts'
import { diskWrites, withDeadline } from '../platform/disk-queue.ts'
import { logMessages, messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import type { KernelRecord, Locale, Observation } from '../types.ts'
import { formatVersion, type RecordingHeader, type RecordingLine } from './formats.ts'
import { createHostState } from './host-state.ts'
import { createRecordPacker, follows } from './kernel-records.ts'
import { createSegmentStore } from './segment-store.ts'

/**
 * The flight recorder: keeps all that enters the core on disk, bounded. `write` costs a JSON.stringify at most and no
 * system call; what was written leaves the process once a second and reaches the disk every five (or as slowly as it takes).
 * The disk is written by libuv's threads alone: while it hangs, observations are dropped and counted, and nothing waits.
 */
export interface Recorder {
  readonly write: (observation: Observation) => void
  /**
   * Passes everything written so far to the kernel, so that it survives `kill -9` of this process. Awaited before an
   * alert is sent, a recording holds the cause of every alert that left. The write begins in this turn, and nothing
   * that is written later is waited for. Resolves after the deadline (50 ms) at the latest, and at once while the disk
   * has hung for longer: an alert is worth more than the record of it.
   */
  readonly flush: (deadlineMs?: number) => Promise<void>
  /** Resolves when all that was written so far survives a kill -9, however long the disk takes, or when it was refused. */
  readonly written: () => Promise<void>
  /** The directory was removed or replaced: goes on in a new segment that can be read by itself. */
  readonly reopen: () => void
  /** Observations since start that the disk was too slow for. */
  readonly dropped: () => number
  /** Resolves after the deadline (400 ms) at the latest. */
  readonly close: (deadlineMs?: number) => Promise<void>
}

interface RecorderOptions {
  readonly dir: string
  /** Disk that it may take, bytes. */
  readonly maxBytes: number
  readonly agentVersion: string
  readonly bootId: string | null
  readonly log: { readonly warn: (fields: object, message: string) => void }
  readonly now?: () => number
  /** Milliseconds of a clock that is never set. */
  readonly monotonicMs?: () => number
  /** Language of errors; default en. */
  readonly locale?: Locale
}

/** Goes on behind what an earlier run left in the directory. Throws OOMLOOP_STATE_DIR where it cannot be made. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the segment that is being written
export function createRecorder(options: RecorderOptions): Recorder {
  const { dir, log } = options
  const now = options.now ?? Date.now
  const monotonicMs = options.monotonicMs ?? (() => performance.now())
  try {
    mkdirSync(dir, { recursive: true, mode: 0o750 })
  } catch (cause) {
    const { agent, units } = messagesOf(options.locale ?? 'en')
    const why = systemErrorText(cause, units)
    throw new OomloopError('OOMLOOP_STATE_DIR', agent.noRecordingDirectory({ dir, why }), { cause })
  }
  // A segment is a twelfth of the bound: what is lost when the oldest makes room is little, and few files are many. Smaller
  // ones would repeat the state of the host too often.
  const segmentBytes = Math.max(64 * 1024, Math.min(2 * 1024 * 1024, Math.floor(options.maxBytes / 12)))
  const store = createSegmentStore({ dir, maxBytes: options.maxBytes, segmentBytes })
  const state = createHostState()
  const run = randomBytes(6).toString('hex')

  let segment = 1
  let written = 0
  /** Header and snapshot of a segment that has not been written to; they do not count against its size. */
  let opening = headerLine()
  /** Lines, and kernel records that make one: they are packed when it is known in which segment they will be. */
  let lines: (string | KernelRecord[])[] = []
  const packer = createRecordPacker()
  let bufferedBytes = 0
  /** Lines since the start, and those of them that the disk took or refused. */
  let pushed = 0
  let settled = 0
  let waiting: { readonly upTo: number; readonly resolve: () => void }[] = []
  let missing = 0
  let dropped = 0
  let writing: Promise<void> | undefined
  let isReopenDue = false
  let lastSyncAt = Number.NEGATIVE_INFINITY
  let lastWarnAt = Number.NEGATIVE_INFINITY
  let isClosed = false

  function headerLine(): string {
    const header: RecordingHeader = {
      oomloop: 'recording',
      version: formatVersion,
      at: now(),
      agentVersion: options.agentVersion,
      run,
      segment,
      written,
      ...(options.bootId ? { bootId: options.bootId } : {}),
    }
    return `${JSON.stringify(header)}\n`
  }

  const write = (observation: Observation): void => {
    if (isClosed) return
    state.observe(observation)
    if (bufferedBytes > maxBufferedBytes) {
      missing++ // the disk hangs; no memory is used for the backlog, because the node is short of it
      dropped++
      return
    }
    if (missing > 0) push({ kind: 'gap', at: now(), missing })
    missing = 0
    push(observation)
    // In a flood a second is too long: what is kept would fill the bound.
    if (bufferedBytes > flushBytes && !writing) void flushAll()
  }

  const push = (line: RecordingLine): void => {
    pushed++
    if (line.kind === 'kernel') {
      bufferedBytes += line.text.length + bytesOfARecord
      const last = lines.at(-1)
      if (typeof last === 'object' && follows(line, last.at(-1)!)) last.push(line)
      else lines.push([line])
      return
    }
    const text = `${JSON.stringify(line)}\n`
    lines.push(text)
    bufferedBytes += text.length
  }

  const drain = async (): Promise<void> => {
    if (isReopenDue && !(await beginAnew())) return settle(pushed)
    while (lines.length > 0 || opening !== '') {
      const text = lines.map(line => (typeof line === 'string' ? line : packer.lines(line))).join('')
      const count = lines.reduce((sum, line) => sum + (typeof line === 'string' ? 1 : line.length), 0)
      const upTo = pushed
      lines = []
      bufferedBytes = 0
      try {
        await store.append(opening, text)
        opening = ''
        written += count
        settle(upTo)
      } catch (error) {
        missing += count
        dropped += count
        packer.reset()
        warn(error)
        return settle(upTo)
      }
      if (store.isFull()) await rotate()
    }
    if (monotonicMs() - lastSyncAt < syncEveryMs) return
    lastSyncAt = monotonicMs()
    // Not awaited: on a thrashing disk this takes seconds, and what follows can be written meanwhile.
    store.sync().catch(warn)
  }

  const settle = (upTo: number): void => {
    settled = upTo
    const those = waiting
    waiting = those.filter(each => each.upTo > upTo)
    for (const each of those) if (each.upTo <= upTo) each.resolve()
  }

  const beginAnew = async (): Promise<boolean> => {
    try {
      await store.reopen()
    } catch (error) {
      warn(error) // tried again with the next flush
      return false
    }
    isReopenDue = false
    segment++
    packer.reset()
    opening = `${headerLine()}${JSON.stringify(state.snapshot(now()))}\n`
    return true
  }

  const rotate = async (): Promise<void> => {
    segment++
    packer.reset()
    // The snapshot knows what is still waiting to be written behind it, which does no harm: a reader that has the segment
    // before skips the snapshot, one that has not sees the same state twice.
    opening = `${headerLine()}${JSON.stringify(state.snapshot(now()))}\n`
    try {
      await store.next()
      store.pack().catch(warn)
    } catch (error) {
      warn(error)
    }
  }

  const warn = (error: unknown): void => {
    if (monotonicMs() - lastWarnAt < warnEveryMs) return
    lastWarnAt = monotonicMs()
    log.warn({ dir, missing, error: reason(error) }, logMessages.recordingUnwritable)
  }

  const flushAll = (): Promise<void> => {
    writing ??= drain().finally(() => {
      writing = undefined
      if (waiting.length > 0) void flushAll()
    })
    return writing
  }

  const flush = async (deadlineMs = flushDeadlineMs): Promise<void> => {
    if (writing && diskWrites.busyMs() > deadlineMs) return
    await withDeadline(allSettled(), deadlineMs)
  }

  const allSettled = (): Promise<void> =>
    new Promise(resolve => {
      if (settled === pushed) return resolve()
      waiting.push({ upTo: pushed, resolve })
      void flushAll()
    })

  const timer = setInterval(() => void flushAll(), flushEveryMs)
  timer.unref()
  store.pack().catch(warn)

  const close = async (deadlineMs = closeDeadlineMs): Promise<void> => {
    if (isClosed) return
    isClosed = true
    clearInterval(timer)
    await withDeadline(
      // Twice: the first may have begun before the last observation was written.
      Promise.resolve(writing)
        .then(flushAll)
        .then(() => store.close())
        .catch(warn),
      deadlineMs,
    )
  }

  const reopen = (): void => {
    isReopenDue = true
  }

  return { write, flush, written: allSettled, reopen, dropped: () => dropped, close }
}

const flushEveryMs = 1000
const flushDeadlineMs = 50
const closeDeadlineMs = 400
const syncEveryMs = 5000
const warnEveryMs = 60_000
const flushBytes = 512 * 1024
const maxBufferedBytes = 4 * 1024 * 1024
/** Beside its text, in memory. */
const bytesOfARecord = 100

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
