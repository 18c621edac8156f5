import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { HostFiles } from '../../types.ts'

interface LiveFilesOptions {
  /** Descriptors kept open by `reread`; the one unused for longest makes room. Default 512, or a third of what may be open. */
  readonly maxKept?: number
}

export interface LiveFiles extends HostFiles {
  /** How often a file could not be read because of missing descriptors or memory or a disk error, and the last code. */
  readonly failures: () => { readonly count: number; readonly code: string | undefined }
}

/** Reads the files of the live host, or of any folder that looks like one. Synchronous: /proc and cgroupfs never wait
 * for a disk, and a promise costs more than such a read does (5 to 15 µs). */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the open descriptors
export function createLiveFiles(root: string, options: LiveFilesOptions = {}): LiveFiles {
  const maxKept = options.maxKept ?? Math.min(512, Math.floor(openFilesLimit() / 3))
  const prefix = root === '/' ? '' : root.replace(/\/+$/, '')
  const kept = new Map<string, number>()
  let buffer = Buffer.allocUnsafe(64 * 1024)
  let failure: string | undefined
  let failures = 0
  let lastFailure: string | undefined

  // At most 4 MiB: nothing we ask for is larger, and a runtime's state files are not ours to trust.
  const contentOf = (fd: number): string => {
    let length = 0
    for (;;) {
      const got = readSync(fd, buffer, length, buffer.length - length, length)
      length += got
      // /proc gives a page at a time, less the record that did not fit: only far below a page is it the end for sure.
      if (got < 1024 || length >= maxBytes) return buffer.toString('utf8', 0, length)
      if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2)
    }
  }

  /** Descriptors that are kept are a reserve: where none is left, some are closed and the file is opened once more. */
  const open = (path: string): number => {
    try {
      return openSync(prefix + path, openFlags)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if ((code !== 'EMFILE' && code !== 'ENFILE') || kept.size === 0) throw error
      for (const other of [...kept.keys()].slice(0, releasedAtOnce)) forget(other)
      return openSync(prefix + path, openFlags)
    }
  }

  const note = (error: unknown): undefined => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    failure = isGone.has(code) ? undefined : code
    if (!isShortage.has(code)) return
    failures++
    lastFailure = code
  }

  const read = (path: string): string | undefined => {
    let fd: number | undefined
    failure = undefined
    try {
      fd = open(path)
      return contentOf(fd)
    } catch (error) {
      return note(error) // gone, hidden (hidepid), not ours to read, or no descriptor left: failure() says which
    } finally {
      if (fd !== undefined) closeSync(fd)
    }
  }

  const forget = (path: string): void => {
    const fd = kept.get(path)
    if (fd === undefined) return
    kept.delete(path)
    closeSync(fd)
  }

  const reread = (path: string): string | undefined => {
    let fd = kept.get(path)
    const wasKept = fd !== undefined
    failure = undefined
    try {
      fd ??= open(path)
      // Kept again at the end, so that the first of the map is the one unused for longest.
      if (wasKept) kept.delete(path)
      kept.set(path, fd)
      if (kept.size > maxKept) forget(kept.keys().next().value!)
      return contentOf(fd)
    } catch (error) {
      note(error)
      // A kept descriptor of a process or cgroup that is gone answers ESRCH or ENODEV for ever; a new one of the same
      // name (a pid used again, a unit started again) has to be reopened.
      forget(path)
      return wasKept ? read(path) : undefined
    }
  }

  const list = (path: string): readonly string[] | undefined => {
    failure = undefined
    try {
      return readdirSync(prefix + path)
    } catch (error) {
      return note(error)
    }
  }

  return {
    read,
    reread,
    forget,
    list,
    failure: () => failure,
    failures: () => ({ count: failures, code: lastFailure }),
    pids: () => pidsOf(list('/proc') ?? []),
    link: path => {
      failure = undefined
      try {
        return readlinkSync(join(prefix, path))
      } catch (error) {
        return note(error)
      }
    },
    close: () => {
      for (const fd of kept.values()) closeSync(fd)
      kept.clear()
    },
  }
}

const isGone = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'ENOTDIR'])
const isShortage = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])
const releasedAtOnce = 32

/** What this process may have open; 1024 where it cannot be read. */
function openFilesLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024)
  } catch {
    return 1024
  }
}

const maxBytes = 4 * 1024 * 1024

// Should a name below the root be a FIFO, opening it must not wait for a writer.
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK

function pidsOf(names: readonly string[]): readonly number[] {
  const pids: number[] = []
  for (const name of names) {
    const first = name.charCodeAt(0)
    if (first >= 49 && first <= 57) pids.push(Number(name)) // nothing in /proc but a pid begins with a digit
  }
  return pids
}
