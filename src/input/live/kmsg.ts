import { closeSync, constants, openSync, readSync } from 'node:fs'
import type { Observation, Source, SourceState } from '../types.ts'
import { createKmsgFeed, type KmsgCounts, type KmsgFeed, type KmsgPosition } from './kmsg-feed.ts'
import { type Wake, wakeOn } from './kmsg-wake.ts'

export interface KmsgSource extends Source {
  readonly counts: () => KmsgCounts
  /** `woken` by the kernel or `polling`; undefined while it cannot be read. */
  readonly how: () => Wake['how'] | undefined
}

export interface KmsgOptions {
  /** Default /dev/kmsg; below `--root` where the host's is mounted. */
  readonly path?: string
  readonly bootId?: string | null
  /** The last record that an earlier run has read: nothing up to it is told again. */
  readonly resumeAfter?: KmsgPosition
  /** Told after each batch how far we are, for the next run to resume. */
  readonly onPosition?: (seq: number) => void
  /** Told each record as it was read, before what was made of it. */
  readonly onRaw?: (raw: Buffer, at: number) => void
}

/**
 * The kernel's log, live: what is in the ring first, then each record as it comes. Survives being overrun (the loss is
 * counted), broken records, and the device going away (tries again, and says so). Never writes.
 */
export function createKmsgSource(options: KmsgOptions = {}): KmsgSource {
  const path = options.path ?? '/dev/kmsg'
  const buffer = Buffer.allocUnsafe(recordBytes)
  let emit: (observation: Observation) => void = () => {}
  let feed: KmsgFeed | undefined
  let fd: number | undefined
  let wake: Wake | undefined
  let retry: NodeJS.Timeout | undefined
  let isBlind = false
  let toldState: SourceState['state'] | undefined
  let toldSeq: number | undefined

  const take = (bytes: Buffer): void => {
    const at = Date.now()
    options.onRaw?.(bytes, at)
    for (const observation of feed!.push(bytes, at)) emit(observation)
  }

  /** Reads all there is, or a good part of it; true where there was something. */
  const drain = (): boolean => {
    let count = 0
    // In a flood, timers and delivery get their turn too: what is left wakes us again at once.
    while (fd !== undefined && count < batch) {
      const length = readRecord(fd, buffer)
      if (length === 'empty') break
      if (length === 'gone') {
        lose('cannot be read any more')
        break
      }
      count++
      if (length > 0) take(buffer.subarray(0, length))
    }
    const seq = feed?.seq()
    if (seq !== undefined && seq !== toldSeq) options.onPosition?.(seq)
    toldSeq = seq
    return count > 0
  }

  const open = (): void => {
    retry = undefined
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      lose(whyDenied((error as NodeJS.ErrnoException).code))
      return
    }
    // The kernel's stamps run with the monotonic clock, to within its drift.
    const opened = { at: Date.now(), stampUs: Number(process.hrtime.bigint() / 1000n) }
    if (!feed) feed = createKmsgFeed({ bootId: options.bootId, resumeAfter: options.resumeAfter, opened })
    else if (isBlind) feed.reopen(opened)
    const isFirst = toldState === undefined
    // The backlog, before anything is called live; in a flood there is no end to it.
    for (let turn = 0; turn < maxBacklogTurns && drain(); turn++);
    if (fd === undefined) return
    // Having been overrun, we stand where the kernel would have put us: at the oldest record there is.
    wake = wakeOn(fd, { taken: take, drain, failed: reopen })
    const why = wake.how === 'woken' ? 'reading it as it is written' : 'polling it every 4 to 20 ms'
    if (isFirst || isBlind) tell({ state: 'sighted', why, ...(isFirst && { steady: true }) })
    isBlind = false
  }

  const reopen = (): void => {
    close()
    open()
  }

  const lose = (why: string): void => {
    close()
    if (!isBlind) tell({ state: 'blind', why: `${path} ${why}`, ...(toldState === undefined && { steady: true }) })
    isBlind = true
    retry = setTimeout(open, retryMs)
  }

  const tell = (state: Pick<SourceState, 'state' | 'why' | 'steady'>): void => {
    toldState = state.state
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
      close()
    },
    counts: () => feed?.counts() ?? { records: 0, foreign: 0, lost: 0, broken: 0 },
    how: () => wake?.how,
  }
}

/** Why /dev/kmsg cannot be read here, in words; undefined where it can. */
export function whyNoKmsg(path = '/dev/kmsg'): string | undefined {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    return undefined
  } catch (error) {
    return whyDenied((error as NodeJS.ErrnoException).code)
  }
}

// The kernel's own buffer has 8192 bytes (2048 since 6.10); a record that does not fit is consumed and gone.
const recordBytes = 16_384
const batch = 2_000
const maxBacklogTurns = 500
const retryMs = 5_000

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

function whyDenied(code: string | undefined): string {
  if (code === 'EPERM')
    return 'may not be read: needs CAP_SYSLOG and access to the device (in a pod: privileged), and no printk.devkmsg=off'
  if (code === 'EACCES') return 'may not be opened by this user: run as root, or with CAP_SYSLOG and read access'
  if (code === 'ENOENT') return 'does not exist here: mount the host’s, or use --root'
  return `cannot be opened (${code ?? 'no reason given'})`
}
