import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { HostFiles } from '../types.ts'

export interface LiveFilesOptions {
  /** Descriptors kept open by `reread`; the one unused for longest makes room. Default 512. */
  readonly maxKept?: number
}

/** Reads the files of the live host, or of any folder that looks like one. Synchronous: /proc and cgroupfs never wait
 * for a disk, and a promise costs more than such a read does (5 to 15 µs). */
export function createLiveFiles(root: string, options: LiveFilesOptions = {}): HostFiles {
  const maxKept = options.maxKept ?? 512
  const prefix = root === '/' ? '' : root.replace(/\/+$/, '')
  const kept = new Map<string, number>()
  let buffer = Buffer.allocUnsafe(64 * 1024)

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

  const read = (path: string): string | undefined => {
    let fd: number | undefined
    try {
      fd = openSync(prefix + path, openFlags)
      return contentOf(fd)
    } catch {
      return undefined // gone, hidden (hidepid) or not ours to read: all the same to the caller
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
    try {
      fd ??= openSync(prefix + path, openFlags)
      // Kept again at the end, so that the first of the map is the one unused for longest.
      if (wasKept) kept.delete(path)
      kept.set(path, fd)
      if (kept.size > maxKept) forget(kept.keys().next().value!)
      return contentOf(fd)
    } catch {
      // A kept descriptor of a process or cgroup that is gone answers ESRCH or ENODEV for ever; a new one of the same
      // name (a pid used again, a unit started again) has to be opened anew.
      forget(path)
      return wasKept ? read(path) : undefined
    }
  }

  const list = (path: string): readonly string[] | undefined => {
    try {
      return readdirSync(prefix + path)
    } catch {
      return undefined // does not exist, or may not be seen
    }
  }

  return {
    read,
    reread,
    forget,
    list,
    pids: () => pidsOf(list('/proc') ?? []),
    link: path => {
      try {
        return readlinkSync(join(prefix, path))
      } catch {
        return undefined // no link, or gone
      }
    },
    close: () => {
      for (const fd of kept.values()) closeSync(fd)
      kept.clear()
    },
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
