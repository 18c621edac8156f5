import { closeSync, constants, openSync, readSync } from 'node:fs'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale, Observation, Source, SourceState } from '../../types.ts'
import { createKmsgFeed, type KmsgCounts, type KmsgFeed, type KmsgPosition } from './kmsg-feed.ts'
import { type Wake, wakeOn } from './kmsg-wake.ts'
import { createResponsiveness, type Responsiveness } from './responsiveness.ts'

interface KmsgSource extends Source {
  readonly counts: () => KmsgCounts
  /** `woken` by the kernel or `polling`; undefined while it cannot be read. */
  readonly how: () => Wake['how'] | undefined
}

interface KmsgOptions {
  /** Default /dev/kmsg; below `--root` where the host's is mounted. */
  readonly path?: string
  readonly bootId?: string | null
  /** The last record that an earlier run has read: nothing up to it is emitted again. */
  readonly resumeAfter?: KmsgPosition
  /** Called after each batch with the position, for the next run to resume. */
  readonly onPosition?: (seq: number) => void
  /** Called with each record as it was read, before it is parsed. */
  readonly onRaw?: (raw: Buffer, at: number) => void
  /** Language of the state that is reported; default en. */
  readonly locale?: Locale
}

/**
 * The kernel's log, live: what is in the ring first, then each record as it comes. It tolerates lost records (counted),
 * broken records, and a device that goes away (reported, and retried). Never writes.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the position in the kernel log
export function createKmsgSource(options: KmsgOptions = {}): KmsgSource {
  const path = options.path ?? '/dev/kmsg'
  const t = messagesOf(options.locale ?? 'en').input.kmsg
  const buffer = Buffer.allocUnsafe(recordBytes)
  let emit: (observation: Observation) => void = () => {}
  let feed: KmsgFeed | undefined
  let fd: number | undefined
  let wake: Wake | undefined
  let retry: NodeJS.Timeout | undefined
  let responsiveness: Responsiveness | undefined
  let isOpening = false
  let isDown = false
  let reportedState: SourceState['state'] | undefined
  let reportedSeq: number | undefined

  const take = (bytes: Buffer): void => {
    const at = Date.now()
    options.onRaw?.(bytes, at)
    const moment = { monotonicUs: monotonicUs(), sinceCaughtUpMs: responsiveness?.sinceMs() ?? 0, isBacklog: isOpening }
    for (const observation of feed!.push(bytes, at, moment)) emit(observation)
  }

  /** Reads all there is, or a good part of it; true where there was something. */
  const drain = (): boolean => {
    let count = 0
    // In a flood, timers and delivery get their turn too: what is left wakes us again at once.
    while (fd !== undefined && count < batch) {
      const length = readRecord(fd, buffer)
      if (length === 'empty') {
        responsiveness?.caughtUp()
        break
      }
      if (length === 'gone') {
        lose(t.readError({ path }))
        break
      }
      count++
      if (length > 0) take(buffer.subarray(0, length))
    }
    const seq = feed?.seq()
    if (seq !== undefined && seq !== reportedSeq) options.onPosition?.(seq)
    reportedSeq = seq
    return count > 0
  }

  const open = (): void => {
    retry = undefined
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      lose(whyDenied(error, path, options.locale))
      return
    }
    // The kernel's stamps run with the monotonic clock, to within its drift.
    const opened = { at: Date.now(), stampUs: monotonicUs() }
    if (!feed) feed = createKmsgFeed({ bootId: options.bootId, resumeAfter: options.resumeAfter, opened })
    else if (isDown) feed.reopen(opened)
    const isFirst = reportedState === undefined
    // The backlog, before anything is called live; in a flood there is no end to it.
    isOpening = true
    for (let turn = 0; turn < maxBacklogTurns && drain(); turn++);
    isOpening = false
    responsiveness ??= createResponsiveness(drain)
    responsiveness.caughtUp()
    if (fd === undefined) return
    // Having been overrun, we stand where the kernel would have put us: at the oldest record there is.
    wake = wakeOn(fd, { taken: take, drain, failed: reopen })
    if (isFirst || isDown) report({ state: 'sighted', why: t[wake.how], ...(isFirst && { steady: true }) })
    isDown = false
  }

  const reopen = (): void => {
    close()
    open()
  }

  const lose = (why: string): void => {
    close()
    // Also reported if it could never be read, because it is the only source of kernel records.
    if (!isDown) report({ state: 'blind', why })
    isDown = true
    retry = setTimeout(open, retryMs)
  }

  const report = (state: Pick<SourceState, 'state' | 'why' | 'steady'>): void => {
    reportedState = state.state
    emit({ kind: 'source', at: Date.now(), source: 'kmsg', ...state })
  }

  const close = (): void => {
    if (wake) wake.stop()
    else if (fd !== undefined) closeSync(fd)
    wake = undefined
    fd = undefined
  }

  return {
    name: 'kmsg',
    start: to => {
      emit = to
      open()
    },
    stop: () => {
      clearTimeout(retry)
      responsiveness?.stop()
      close()
    },
    catchUp: () => void drain(),
    counts: () => feed?.counts() ?? { records: 0, foreign: 0, lost: 0, broken: 0 },
    how: () => wake?.how,
  }
}

/** Why /dev/kmsg cannot be read here, in words; undefined where it can. */
export function whyNoKmsg(path = '/dev/kmsg', locale: Locale = 'en'): string | undefined {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    return undefined
  } catch (error) {
    return whyDenied(error, path, locale)
  }
}

// The kernel's own buffer has 8192 bytes (2048 since 6.10); a record that does not fit is consumed and gone.
const recordBytes = 16_384
const batch = 2_000
const maxBacklogTurns = 500
const retryMs = 5_000

/** The clock that the kernel's stamps run with, µs. */
function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** The length of one record; 0 for a record that could not be read and is gone. */
function readRecord(fd: number, buffer: Buffer): number | 'empty' | 'gone' {
  try {
    const length = readSync(fd, buffer, 0, buffer.length, null)
    return length > 0 ? length : 'gone'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return 'empty'
    // EPIPE: overrun, the next read gives the oldest there is. EINVAL: larger than our buffer. The gap in the sequence
    // numbers says how many are missing.
    return code === 'EPIPE' || code === 'EINVAL' || code === 'EINTR' ? 0 : 'gone'
  }
}

function whyDenied(error: unknown, path: string, locale: Locale = 'en'): string {
  const { code } = error as NodeJS.ErrnoException
  const t = messagesOf(locale).input.kmsg
  if (code === 'EPERM' || code === 'EACCES' || code === 'ENOENT') return t[code]({ path })
  return t.other({ path, code: code ?? null })
}
