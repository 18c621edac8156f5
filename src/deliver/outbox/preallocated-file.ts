import {
  close as closeCallback,
  closeSync,
  constants,
  fdatasync as fdatasyncCallback,
  fstat as fstatCallback,
  fstatSync,
  fsync as fsyncCallback,
  fsyncSync,
  openSync,
  read as readCallback,
  readSync,
  type Stats,
  write as writeCallback,
  writeSync,
} from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const pageBytes = 4096
const chunkBytes = 64 * 1024

/** A file whose space was taken in advance, so that a full disk does not stop what is written into it later. */
export interface ReservedFile {
  /** Bytes that are really there; less than asked for where the disk was full. */
  readonly size: () => number
  readonly read: () => Buffer
  /** Writes whole pages from the page that holds `offset`; what is in that page before `offset` is kept. One at a time. */
  readonly write: (bytes: Buffer, offset: number) => Promise<void>
  readonly sync: () => Promise<void>
  readonly grow: () => Promise<void>
  /** The file that lies at its path now is another one, or none: it was removed, or its directory was replaced. */
  readonly isReplaced: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/**
 * Opens or creates a file and writes zeros to it up to `wantedBytes`. Blocks that are written are really allocated
 * (ext4, xfs, tmpfs); a file system that copies on write (btrfs, zfs) gives no such promise. Opening is synchronous, for
 * the start; all that comes later runs in libuv's threads, so that a disk that hangs blocks nothing else.
 */
export function openReservedFile(
  path: string,
  wantedBytes: number,
  { isGrownLater = false }: { readonly isGrownLater?: boolean } = {},
): ReservedFile {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  let size = wholePages(Math.min(fstatSync(fd).size, wantedBytes))
  let tail = Buffer.alloc(0)
  let tailPage = -1
  if (size < wantedBytes && !isGrownLater) {
    const zeros = Buffer.alloc(chunkBytes)
    try {
      while (size < wantedBytes) size += writeSync(fd, zeros, 0, Math.min(chunkBytes, wantedBytes - size), size)
    } catch {
      size = wholePages(size) // the disk is full; size() returns how much there is
    }
    fsyncSync(fd)
    syncDirectory(dirname(path))
  }

  const grow = async (): Promise<void> => {
    const zeros = Buffer.alloc(chunkBytes)
    try {
      while (size < wantedBytes)
        size += (await write(fd, zeros, 0, Math.min(chunkBytes, wantedBytes - size), size)).bytesWritten
    } catch {
      size = wholePages(size)
    }
    await fsync(fd)
  }

  const writePages = async (bytes: Buffer, offset: number): Promise<void> => {
    const page = wholePages(offset)
    // Whole pages only: the kernel then need not read the old ones back first, which blocks while a node thrashes.
    const before = offset - page
    const block = Buffer.alloc(Math.ceil((before + bytes.length) / pageBytes) * pageBytes)
    if (before > 0 && tailPage === page) tail.copy(block, 0, 0, before)
    else if (before > 0) await read(fd, block, 0, before, page)
    bytes.copy(block, before)
    for (let at = 0; at < block.length; ) at += (await write(fd, block, at, block.length - at, page + at)).bytesWritten
    tailPage = page + block.length - pageBytes
    tail = block.subarray(block.length - pageBytes)
  }

  return {
    size: () => size,
    read: () => {
      const bytes = Buffer.alloc(size)
      let at = 0
      while (at < size) {
        const count = readSync(fd, bytes, at, size - at, at)
        if (count === 0) break
        at += count
      }
      return bytes
    },
    write: writePages,
    sync: () => fdatasync(fd),
    grow,
    isReplaced: async () => {
      const [mine, named] = await Promise.all([fstat(fd), stat(path).catch(() => undefined)])
      return named === undefined || named.ino !== mine.ino || named.dev !== mine.dev
    },
    close: () => close(fd),
  }
}

const { promisify } = process.getBuiltinModule('node:util')
const close = promisify(closeCallback)
const fdatasync = promisify(fdatasyncCallback)
const fstat = promisify(fstatCallback) as (fd: number) => Promise<Stats>
const fsync = promisify(fsyncCallback)
const read = promisify(readCallback)
const write = promisify(writeCallback)

function wholePages(bytes: number): number {
  return bytes - (bytes % pageBytes)
}

/** A new name is safe only when its directory is written too. */
function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
