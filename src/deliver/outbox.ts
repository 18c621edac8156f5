import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { OomloopError } from '../host/errors.ts'
import type { Log } from '../host/log.ts'
import type { Alert } from '../types.ts'
import { createKnownIds, fitInto, header, headerBytes, readContent, replay } from './outbox-layout.ts'
import { encodeRecord, type OutboxRecord } from './outbox-record.ts'
import { openReservedFile, type ReservedFile } from './reserved-file.ts'

/** An alert that has not reached all of its lanes. A lane is one URL of one webhook. */
export interface OutboxEntry {
  readonly n: number
  readonly alert: Alert
  readonly lanes: Set<string>
}

/**
 * What must still be delivered, on disk. Two files of fixed size, `a` and `b`: records are appended to one; when it is
 * full, what is still open is copied to the other under the next generation, and that one goes on. So neither ever
 * grows, and the newest whole one is always there.
 */
export interface Outbox {
  /** What the last run left open, oldest first. */
  readonly left: readonly OutboxEntry[]
  /** Keeps an alert; when it returns, the end of this process loses nothing. `synced()` says when power loss does not either. */
  readonly accept: (alert: Alert, lanes: readonly string[]) => number
  /** Was an alert of this id accepted before, in this life or an earlier one? Remembers the newest thousand. */
  readonly knows: (id: string) => boolean
  /** Says that a lane is done with an alert. Not synced: losing this line sends the same alert with the same id again. */
  readonly settle: (n: number, lane: string) => void
  readonly synced: () => Promise<void>
  readonly state: () => { readonly open: number; readonly memoryOnly: number; readonly reservedBytes: number }
  readonly close: () => void
}

/** 250 alerts of 8 KiB, twice: far more than the trust budget lets a bad hour send. */
export const defaultOutboxBytes = 2 * 1024 * 1024
/** Less than this is not worth writing to: a storm's alerts would not fit. */
const leastBytes = 64 * 1024
const retryMs = 30_000

/** Opens the outbox below `stateDir`. Throws OOMLOOP_STATE_DIR where the directory cannot be made or written at all. */
export function openOutbox(options: {
  readonly stateDir: string
  readonly bytes?: number
  readonly log: Log
  readonly now?: () => number
}): Outbox {
  const { log, now = Date.now } = options
  const bytes = options.bytes ?? defaultOutboxBytes
  const files = openFiles(options.stateDir, bytes)
  const found = files.map(file => readContent(file.read()))
  const current = found[1]!.generation > found[0]!.generation ? 1 : 0
  const damaged = found[current]!.damaged
  if (damaged > 0) log.error({ records: damaged }, 'outbox records were damaged and are skipped')

  const open = new Map<number, OutboxEntry>()
  const known = createKnownIds()
  for (const record of found[current]!.records) replay(open, known, record)
  const left = [...open.values()]
  const memoryOnly = new Set<number>()
  let active = current
  let generation = Math.max(1, found[current]!.generation)
  let offset = found[current]!.end
  let nextN = found[current]!.records.reduce((most, { n }) => Math.max(most, n), 0) + 1
  let broken = false
  let triedAt = 0
  let syncing: Promise<void> | null = null
  let unsynced = false

  const append = (record: OutboxRecord): boolean => {
    const line = Buffer.from(encodeRecord(record, generation))
    const file = files[active]!
    if (broken || offset + line.length > file.size()) return false
    file.write(line, offset)
    offset += line.length
    return true
  }

  /** Copies what is open to the other file; what finds no room there stays in memory alone. */
  const compact = (): void => {
    const other = 1 - active
    const file = files[other]!
    if (file.size() < bytes) file.grow()
    if (file.size() < leastBytes) throw new Error('no space is reserved')
    const { text, dropped } = fitInto([...open.values()], known, generation + 1, file.size() - headerBytes)
    file.write(text, headerBytes)
    file.syncNow()
    file.write(header(generation + 1), 0)
    file.syncNow()
    active = other
    generation++
    offset = headerBytes + text.length
    if (dropped.length > 0)
      log.error(
        { alerts: dropped.length },
        'outbox is full: the newest of each incident is on disk, the rest in memory',
      )
    memoryOnly.clear()
    for (const n of dropped) memoryOnly.add(n)
    broken = false
  }

  /** Runs one write; when the disk refuses, delivery goes on from memory, says so once, and tries again later. */
  const write = (attempt: () => void, sentence: string): boolean => {
    try {
      attempt()
      return true
    } catch (error) {
      if (!broken) log.error({ error: (error as Error).message }, sentence)
      broken = true
      return false
    }
  }

  const keep = (record: OutboxRecord): boolean => {
    if (broken && now() - triedAt < retryMs) return false
    triedAt = now()
    const sentence = 'outbox cannot be written: alerts are kept in memory alone until it can'
    let appended = false
    if (!write(() => (appended = append(record)), sentence)) return false
    if (appended) return true
    // compact() writes every open entry, this one included.
    const compacted = write(compact, sentence)
    return compacted && (record.kind === 'settle' || !memoryOnly.has(record.n))
  }

  const sync = (): Promise<void> => {
    unsynced = true
    syncing ??= runSync()
    return syncing
  }

  /** One at a time, in the thread pool: a disk that hangs holds up neither reading nor sending. */
  const runSync = async (): Promise<void> => {
    try {
      while (unsynced) {
        unsynced = false
        await files[active]!.sync()
      }
    } catch (error) {
      log.error({ error: (error as Error).message }, 'outbox could not be synced to disk')
    } finally {
      syncing = null
    }
  }

  write(() => {
    const short = files.some(file => file.size() < bytes)
    if (short) log.error({ wantedBytes: bytes * 2 }, 'no space to reserve the outbox: free some on the state directory')
    if (generation === 1 && offset === headerBytes) files[active]!.write(header(1), 0)
    if (damaged > 0 || files[active]!.size() < leastBytes) compact()
  }, 'outbox cannot be written: alerts are kept in memory alone until it can')

  return {
    left,
    accept: (alert, lanes) => {
      const entry: OutboxEntry = { n: nextN++, alert, lanes: new Set(lanes) }
      open.set(entry.n, entry)
      known.add(alert.id)
      if (keep({ kind: 'accept', n: entry.n, lanes, alert })) void sync()
      else memoryOnly.add(entry.n)
      return entry.n
    },
    knows: known.has,
    settle: (n, lane) => {
      const entry = open.get(n)
      if (!entry?.lanes.delete(lane)) return
      if (entry.lanes.size === 0) open.delete(n)
      if (memoryOnly.has(n)) {
        if (entry.lanes.size === 0) memoryOnly.delete(n)
        return
      }
      keep({ kind: 'settle', n, lane })
    },
    synced: async () => {
      await syncing
    },
    state: () => ({
      open: open.size,
      memoryOnly: memoryOnly.size,
      reservedBytes: files.reduce((sum, file) => sum + file.size(), 0),
    }),
    close: () => {
      for (const file of files) file.close()
    },
  }
}

function openFiles(stateDir: string, bytes: number): readonly [ReservedFile, ReservedFile] {
  const dir = join(stateDir, 'outbox')
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return [openReservedFile(join(dir, 'a'), bytes), openReservedFile(join(dir, 'b'), bytes)]
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message
    throw new OomloopError(
      'OOMLOOP_STATE_DIR',
      `cannot keep alerts in ${dir} (${why}): name a directory that can be written with --state-dir`,
      { cause },
    )
  }
}
