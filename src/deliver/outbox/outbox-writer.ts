import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OomloopError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { diskSyncs, diskWrites } from '../../platform/disk-queue.ts'
import { type Locale, logMessages, messagesOf } from '../../text/messages/catalogues.ts'
import { systemErrorText } from '../../text/system-error.ts'
import { fitInto, header, headerBytes, type OutboxContents, readContent } from './outbox-layout.ts'
import { encodeRecord, type OutboxRecord } from './outbox-record.ts'
import { openReservedFile, type ReservedFile } from './preallocated-file.ts'

/** Writes the outbox from memory to its two files, one write at a time. */
interface OutboxWriter {
  /** Appends a record of about so many bytes. */
  readonly keep: (record: OutboxRecord, bytes: number) => void
  /** Resolves when there is nothing left to write, or the disk refuses. */
  readonly written: () => Promise<void>
  readonly synced: () => Promise<void>
  /** The directory was removed or replaced: writes everything that is open into new files there. */
  readonly reopen: () => Promise<void>
  readonly reservedBytes: () => number
  readonly close: () => Promise<void>
}

/** Minimum size: the alerts of a storm would not fit into less. */
const leastBytes = 64 * 1024
const retryMs = 30_000
/** While the disk hangs, records beyond this are not kept: what is open is written as a whole when it is back. */
const maxPendingBytes = 1024 * 1024

/** Where the newest whole file of the last run ends. */
interface WriterStart {
  readonly active: number
  readonly generation: number
  readonly offset: number
  /** The file is damaged: everything that is open has to be written into the other one. */
  readonly isDamaged: boolean
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share where the writer stands in the files
export function createOutboxWriter(options: {
  readonly stateDir: string
  readonly bytes: number
  readonly log: Log
  readonly files: readonly ReservedFile[]
  readonly start: WriterStart
  readonly contents: OutboxContents
  /** Numbers of the alerts that are not on disk (yet). */
  readonly memoryOnly: Set<number>
  readonly monotonicMs: () => number
  readonly locale: Locale | undefined
}): OutboxWriter {
  const { bytes, log, start, contents, memoryOnly, monotonicMs } = options
  const { open } = contents

  let { files } = options
  let { active, generation, offset } = start
  /** Records that the writer has not taken yet, in order. */
  let pending: OutboxRecord[] = []
  let pendingBytes = 0
  /** The active file is incomplete: everything that is open has to be written into the other one. */
  let mustCopy = start.isDamaged || files[active]!.size() < leastBytes
  let hasHeader = generation > 1 || offset > headerBytes
  let failedAt: number | null = null
  let writing: Promise<void> | null = null
  let syncing: Promise<void> | null = null
  let isUnsynced = false
  let isClosed = false

  const keep = (record: OutboxRecord, size: number): void => {
    if (isClosed) return
    pending.push(record)
    pendingBytes += size
    if (pendingBytes > maxPendingBytes) {
      pending = []
      pendingBytes = 0
      mustCopy = true
    }
    void startWriting()
  }

  const startWriting = (): Promise<void> => {
    writing ??= write().finally(() => {
      writing = null
    })
    return writing
  }

  /**
   * Writes until nothing is left. If the disk refuses, delivery continues from memory, logs this once, and retries
   * later.
   */
  const write = async (): Promise<void> => {
    // In a turn of its own: sending begins first, and what is accepted in one turn is written at once.
    await nextTurn()
    if (failedAt !== null && monotonicMs() - failedAt < retryMs && !isClosed) return
    try {
      while (pending.length > 0 || mustCopy) {
        const records = pending
        pending = []
        pendingBytes = 0
        if (mustCopy || !(await append(records))) await copy()
        if (records.some(({ kind }) => kind === 'accept')) void sync()
      }
      failedAt = null
    } catch (error) {
      if (failedAt === null) log.error({ error: (error as Error).message }, logMessages.outboxRefused)
      failedAt = monotonicMs()
      mustCopy = true
      pending = []
      pendingBytes = 0
    }
  }

  /** Appends to the active file; false where there is no room. */
  const append = async (records: readonly OutboxRecord[]): Promise<boolean> => {
    const text = Buffer.from(records.map(record => encodeRecord(record, generation)).join(''))
    const file = files[active]!
    if (offset + text.length > file.size()) return false
    await diskWrites.run(async () => {
      if (!hasHeader) await file.write(header(generation), 0)
      hasHeader = true
      await file.write(text, offset)
    })
    offset += text.length
    for (const record of records) if (record.kind === 'accept') memoryOnly.delete(record.n)
    return true
  }

  /** Copies what is open to the other file; what finds no room there stays in memory alone. */
  const copy = async (): Promise<void> => {
    const other = 1 - active
    const file = files[other]!
    if (file.size() < bytes) await diskWrites.run(file.grow)
    if (file.size() < leastBytes) throw new Error(logMessages.outboxNoSpace)
    const entries = [...open.values()]
    // What is accepted or settled from here on is appended behind the copy.
    pending = []
    pendingBytes = 0
    mustCopy = false
    const { text, dropped } = fitInto(contents, generation + 1, file.size() - headerBytes)
    await diskWrites.run(() => file.write(text, headerBytes))
    await diskSyncs.run(file.sync)
    await diskWrites.run(() => file.write(header(generation + 1), 0))
    await diskSyncs.run(file.sync)
    active = other
    generation++
    offset = headerBytes + text.length
    hasHeader = true
    if (dropped.length > 0) log.error({ alerts: dropped.length }, logMessages.outboxFull)
    const isDropped = new Set(dropped)
    for (const { n } of entries)
      if (isDropped.has(n)) memoryOnly.add(n)
      else memoryOnly.delete(n)
  }

  const sync = (): Promise<void> => {
    isUnsynced = true
    syncing ??= runSync()
    return syncing
  }

  /** One at a time: a disk that hangs blocks neither reading nor sending. */
  const runSync = async (): Promise<void> => {
    try {
      while (isUnsynced) {
        isUnsynced = false
        await diskSyncs.run(files[active]!.sync)
      }
    } catch (error) {
      log.error({ error: (error as Error).message }, logMessages.outboxNotSynced)
    } finally {
      syncing = null
    }
  }

  const written = async (): Promise<void> => {
    await startWriting()
  }

  const synced = async (): Promise<void> => {
    await written()
    await syncing
  }

  const reopen = async (): Promise<void> => {
    await written()
    await syncing
    const replaced = await diskWrites.run(() => Promise.all(files.map(file => file.isReplaced())))
    if (!replaced.includes(true)) return
    const before = files
    files = openFiles(options.stateDir, bytes, { isGrownLater: true, locale: options.locale })
    // What was on its way to the files of before is not to fail on a closed one: nothing is written for a while after a failure.
    await writing
    await syncing
    await Promise.allSettled(before.map(file => file.close()))
    // The new files are empty or another's: everything that is open goes into one of them, above any generation there.
    generation = Math.max(generation, ...files.map(file => readContent(file.read()).generation))
    failedAt = null
    mustCopy = true
    await written()
  }

  if (mustCopy) void startWriting()

  return {
    keep,
    written,
    synced,
    reopen,
    reservedBytes: () => files.reduce((sum, file) => sum + file.size(), 0),
    close: async () => {
      await synced()
      isClosed = true
      await Promise.allSettled(files.map(file => file.close()))
    },
  }
}

/** Opens both files. Throws OOMLOOP_STATE_DIR where the directory cannot be made or written at all. */
export function openFiles(
  stateDir: string,
  bytes: number,
  { locale = 'en', ...options }: { readonly isGrownLater?: boolean; readonly locale?: Locale | undefined } = {},
): readonly ReservedFile[] {
  const dir = join(stateDir, 'outbox')
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return [openReservedFile(join(dir, 'a'), bytes, options), openReservedFile(join(dir, 'b'), bytes, options)]
  } catch (cause) {
    const { agent, units } = messagesOf(locale)
    const why = systemErrorText(cause, units)
    throw new OomloopError('OOMLOOP_STATE_DIR', agent.outboxUnusable({ dir, why }), { cause })
  }
}
