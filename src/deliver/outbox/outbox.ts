import type { Log } from '../../log.ts'
import { logMessages } from '../../text/messages/catalogues.ts'
import type { Alert, Locale } from '../../types.ts'
import { alertKey } from '../policy/policy.ts'
import type { Notified } from './notified.ts'
import {
  acceptRecord,
  createContents,
  type OutboxContents,
  type OutboxEntry,
  readContent,
  replay,
} from './outbox-layout.ts'
import { createOutboxWriter, openFiles } from './outbox-writer.ts'

/**
 * What must still be delivered, on disk. Two files of fixed size, `a` and `b`: records are appended to one; when it is
 * full, what is still open is copied to the other under the next generation, and that one goes on. So neither ever
 * grows, and the newest whole one is always there. Nothing waits for the disk: `accept` and `settle` change what is in
 * memory, and one writer follows behind in libuv's threads.
 */
interface Outbox {
  /** What the last run left open, oldest first. */
  readonly left: readonly OutboxEntry[]
  /** Keeps an alert. `written()` resolves when the end of this process loses nothing; `synced()` when power loss does not either. */
  readonly accept: (alert: Alert, queues: readonly string[], closes?: readonly string[]) => number
  /** Was an alert of this id accepted before, in this life or an earlier one? Remembers the newest thousand. */
  readonly knows: (id: string) => boolean
  /** Marks an alert as done for a queue. Not synced: losing this line sends the same alert with the same id again. */
  readonly settle: (n: number, queue: string, isDelivered?: boolean) => void
  /** What queues have delivered and not the end of, as the last run left it. */
  readonly delivered: readonly Notified[]
  /** What queues have sent, or will, and not the end of: also what earlier runs and boots left open. */
  readonly notified: () => readonly Notified[]
  /** Resolves when the writer has nothing left to write, or cannot. */
  readonly written: () => Promise<void>
  readonly synced: () => Promise<void>
  /** The directory was removed or replaced: writes everything that is open into new files there. */
  readonly reopen: () => Promise<void>
  /** `memoryOnly`: alerts that are not on disk (yet). */
  readonly state: () => { readonly open: number; readonly memoryOnly: number; readonly reservedBytes: number }
  /** Writes what is left to write, then closes the files. */
  readonly close: () => Promise<void>
}

/** 250 alerts of 8 KiB, twice. */
const defaultOutboxBytes = 2 * 1024 * 1024
/** About what its record takes. To measure each one would delay its sending, which comes after. */
const bytesOfAnAlert = 8 * 1024

/** Opens the outbox below `stateDir`. Throws OOMLOOP_STATE_DIR where the directory cannot be created or written at all. */
export function openOutbox(options: {
  readonly stateDir: string
  readonly bytes?: number
  readonly log: Log
  /** Milliseconds of a clock that is never set. */
  readonly monotonicMs?: () => number
  /** Language of errors; default en. */
  readonly locale?: Locale | undefined
}): Outbox {
  const { log, monotonicMs = () => performance.now() } = options
  const t = logMessages
  const bytes = options.bytes ?? defaultOutboxBytes
  const { locale } = options
  const files = openFiles(options.stateDir, bytes, { locale })
  const found = files.map(file => readContent(file.read()))
  const current = found[1]!.generation > found[0]!.generation ? 1 : 0
  const damaged = found[current]!.damaged
  if (damaged > 0) log.error({ records: damaged }, t.outboxDamaged)

  const contents = createContents()
  const { open, known, notified } = contents
  for (const record of found[current]!.records) replay(contents, record)
  const left = [...open.values()]
  const delivered = notified.list()
  const memoryOnly = new Set<number>()
  let nextN = found[current]!.records.reduce((most, { n }) => Math.max(most, n), 0) + 1
  if (files.some(file => file.size() < bytes)) log.error({ wantedBytes: bytes * 2 }, t.outboxNoSpace)
  const { generation, end } = found[current]!
  const start = { active: current, generation: Math.max(1, generation), offset: end, isDamaged: damaged > 0 }
  const { stateDir } = options
  const writer = createOutboxWriter({ stateDir, bytes, log, locale, files, start, contents, memoryOnly, monotonicMs })

  return {
    left,
    delivered,
    accept: (alert, queues, closes = []) => {
      const entry: OutboxEntry = { n: nextN++, alert, queues: new Set(queues), closes }
      open.set(entry.n, entry)
      known.add(alert.id)
      memoryOnly.add(entry.n)
      writer.keep(acceptRecord(entry), bytesOfAnAlert)
      return entry.n
    },
    knows: known.has,
    settle: (n, queue, isDelivered = true) => {
      const entry = open.get(n)
      if (!entry?.queues.delete(queue)) return
      notified.settle(entry, queue, isDelivered)
      if (entry.queues.size === 0) {
        open.delete(n)
        memoryOnly.delete(n)
      }
      writer.keep({ kind: 'settle', n, lane: queue, ...(!isDelivered && { refused: true }) }, 100)
    },
    notified: () => openAt(contents),
    written: writer.written,
    synced: writer.synced,
    reopen: writer.reopen,
    state: () => ({
      open: open.size,
      memoryOnly: memoryOnly.size,
      reservedBytes: writer.reservedBytes(),
    }),
    close: writer.close,
  }
}

/** What queues have sent, or will, and not the end of. */
function openAt({ open, notified }: OutboxContents): readonly Notified[] {
  const all = createContents().notified
  for (const { alert, queues } of notified.list()) all.add(alert, queues)
  const over = new Set<string>()
  for (const { alert, queues, closes } of open.values()) {
    if (alert.status === 'firing') all.add(alert, queues)
    else for (const key of [alertKey(alert), ...closes]) for (const queue of queues) over.add(`${queue}\n${key}`)
  }
  return all
    .list()
    .map(({ alert, queues }) => ({
      alert,
      queues: queues.filter(queue => !over.has(`${queue}\n${alertKey(alert)}`)),
    }))
    .filter(({ queues }) => queues.length > 0)
}
