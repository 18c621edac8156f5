import { mkdir, stat } from 'node:fs/promises'
import { diskWrites } from '../platform/disk-queue.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import type { Locale, SourceState } from '../types.ts'

/** Interval of the checks. A fault is reported at the second check at the latest, within 10s. */
const lookEveryMs = 5000
/** A write that takes longer than this means that the disk hangs. */
const stalledMs = 5000

interface StateDirectoryOptions {
  readonly path: string
  readonly emit: (state: SourceState) => void
  readonly now: () => number
  /** Writes something into the directory; `false`: an earlier write still waits. Rejects where the directory refuses. */
  readonly write: () => Promise<boolean>
  /** Reopens the files that are kept there: the directory is another one than before. */
  readonly reopen: () => Promise<void>
  readonly everyMs?: number
  /** Language of the state that is reported; default en. */
  readonly locale?: Locale
}

interface StateDirectory {
  /** Checks once. Resolves with the result, which may be never on a disk that hangs. */
  readonly look: () => Promise<void>
  readonly stop: () => void
}

/**
 * Watches the directory that the agent writes to: a disk that hangs, is full or became read-only, and a directory that was
 * removed or replaced. Reports each as a source that is down, and reopens the files where that helps.
 */
export function watchStateDirectory(options: StateDirectoryOptions): StateDirectory {
  const { path, emit, now } = options
  const { agent: t, units } = messagesOf(options.locale ?? 'en')
  let identity: string | undefined
  let isDown = false
  let looking: Promise<void> | null = null

  const report = (why: string | null): void => {
    if ((why !== null) === isDown) return
    isDown = why !== null
    emit({
      kind: 'source',
      at: now(),
      source: 'state-directory',
      state: isDown ? 'blind' : 'sighted',
      why: why ?? t.stateDirectoryUp({ path }),
    })
  }

  const check = async (): Promise<void> => {
    try {
      const before = identity
      identity = await identityOf(path)
      if (identity === undefined) {
        report(t.stateDirectoryGone({ path }))
        await diskWrites.run(() => mkdir(path, { recursive: true, mode: 0o750 }))
        identity = await identityOf(path)
      }
      if (before !== undefined && identity !== before) await options.reopen()
      if (await options.write()) report(null)
    } catch (error) {
      report(t.stateDirectoryRefuses({ path, why: systemErrorText(error, units) }))
    }
  }

  const look = (): Promise<void> => {
    const waitedMs = diskWrites.busyMs()
    if (waitedMs > stalledMs) report(t.stateDirectoryStalled({ path, seconds: Math.round(waitedMs / 1000) }))
    looking ??= check().finally(() => {
      looking = null
    })
    return looking
  }

  const timer = setInterval(() => void look(), options.everyMs ?? lookEveryMs)
  timer.unref()
  return { look, stop: () => clearInterval(timer) }
}

/** Device and inode: another directory of the same name has another one. undefined: there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await diskWrites.run(() => stat(path))
    return `${dev}:${ino}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
