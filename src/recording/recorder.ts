import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { OomloopError } from '../host/errors.ts'
import type { Observation } from '../types.ts'
import { formatVersion, type RecordingHeader, type RecordingLine } from './formats.ts'
import { createHostState } from './host-state.ts'
import { createSegmentStore } from './segment-store.ts'

/**
 * The flight recorder: keeps all that enters the core on disk, bounded. `write` costs a JSON.stringify and no system
 * call; what was written leaves the process once a second and reaches the disk every five (or as slowly as it takes).
 */
export interface Recorder {
  readonly write: (observation: Observation) => void
  /**
   * Hands all that was written so far to the kernel, so that it survives a kill -9 of this process. Awaited before an
   * alert is sent, a recording holds the cause of every alert that left. Resolves after 250 ms at the latest: an alert
   * is worth more than the record of it.
   */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface RecorderOptions {
  readonly dir: string
  /** Disk that it may take, bytes. */
  readonly maxBytes: number
  readonly agentVersion: string
  readonly bootId: string | null
  readonly log: { readonly warn: (fields: object, message: string) => void }
  readonly now?: () => number
}

/** Goes on behind what an earlier run left in the directory. Throws OOMLOOP_STATE_DIR where it cannot be made. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { dir, log } = options
  const now = options.now ?? Date.now
  try {
    mkdirSync(dir, { recursive: true, mode: 0o750 })
  } catch (cause) {
    throw new OomloopError('OOMLOOP_STATE_DIR', `cannot make the directory ${dir} for recordings: ${reason(cause)}`, {
      cause,
    })
  }
  // A segment is a twelfth of the bound: what is lost when the oldest makes room is little, and few files are many.
  const segmentBytes = Math.max(64 * 1024, Math.min(2 * 1024 * 1024, Math.floor(options.maxBytes / 12)))
  const store = createSegmentStore({ dir, maxBytes: options.maxBytes, segmentBytes })
  const state = createHostState()
  const run = randomBytes(6).toString('hex')

  let segment = 1
  /** Header and snapshot of a segment that has not been written to; they do not count against its size. */
  let opening = headerLine()
  let lines: string[] = []
  let bufferedBytes = 0
  let missing = 0
  let writing: Promise<void> | undefined
  let lastSyncAt = 0
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
      ...(options.bootId ? { bootId: options.bootId } : {}),
    }
    return `${JSON.stringify(header)}\n`
  }

  const write = (observation: Observation): void => {
    if (isClosed) return
    state.observe(observation)
    if (bufferedBytes > maxBufferedBytes) {
      missing++ // the disk hangs; memory is what the node is short of, so none is taken for it
      return
    }
    if (missing > 0) push({ kind: 'gap', at: now(), missing })
    missing = 0
    push(observation)
  }

  const push = (line: RecordingLine): void => {
    const text = `${JSON.stringify(line)}\n`
    lines.push(text)
    bufferedBytes += text.length
  }

  const drain = async (): Promise<void> => {
    while (lines.length > 0 || opening !== '') {
      const text = lines.join('')
      const count = lines.length
      lines = []
      bufferedBytes = 0
      try {
        await store.append(opening, text)
        opening = ''
      } catch (error) {
        missing += count
        warn(error)
        return
      }
      if (store.isFull()) await rotate()
    }
    if (now() - lastSyncAt < syncEveryMs) return
    lastSyncAt = now()
    // Not awaited: on a thrashing disk this takes seconds, and what follows can be written meanwhile.
    store.sync().catch(warn)
  }

  const rotate = async (): Promise<void> => {
    segment++
    // The snapshot knows what is still waiting to be written behind it, which does no harm: a reader that has the segment
    // before skips the snapshot, one that has not sees the same state twice.
    opening = `${headerLine()}${JSON.stringify(state.snapshot(now()))}\n`
    try {
      await store.next()
      if (!state.isTight()) store.pack().catch(warn)
    } catch (error) {
      warn(error)
    }
  }

  const warn = (error: unknown): void => {
    if (now() - lastWarnAt < warnEveryMs) return
    lastWarnAt = now()
    log.warn({ dir, missing, error: reason(error) }, 'recording cannot be written')
  }

  const flushAll = (): Promise<void> => {
    writing ??= drain().finally(() => {
      writing = undefined
    })
    return writing
  }

  /**
   * Where memory is not short a write ends in the page cache at once (0.1 ms; by way of the thread pool 4 ms). Where it
   * is, whoever writes may have to wait for the disk, so nobody waits who has an alert to send.
   */
  const flushNow = (): boolean => {
    if (writing || opening !== '' || bufferedBytes > maxBytesAtOnce || store.isFull() || state.isTight()) return false
    if (!store.appendNow(lines.join(''))) return false
    lines = []
    bufferedBytes = 0
    return true
  }

  const flush = async (): Promise<void> => {
    if (flushNow()) return
    // Twice: the first may have begun before the last observation was written.
    await withDeadline(writing ? writing.then(flushAll) : flushAll(), flushDeadlineMs)
  }

  const timer = setInterval(() => void flushAll(), flushEveryMs)
  timer.unref()
  if (!state.isTight()) store.pack().catch(warn)

  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    clearInterval(timer)
    await (writing ? writing.then(flushAll) : flushAll())
    await store.close().catch(warn)
  }

  return { write, flush, close }
}

const flushEveryMs = 1000
const flushDeadlineMs = 250
const maxBytesAtOnce = 256 * 1024
const syncEveryMs = 5000
const warnEveryMs = 60_000
const maxBufferedBytes = 4 * 1024 * 1024

async function withDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    work,
    new Promise<void>(resolve => {
      timer = setTimeout(resolve, deadlineMs)
    }),
  ])
  clearTimeout(timer)
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
