import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

const pageBytes = 4096
const chunkBytes = 64 * 1024

/** A file whose space was taken in advance, so that a full disk does not stop what is written into it later. */
export interface ReservedFile {
  /** Bytes that are really there; less than asked for where the disk was full. */
  readonly size: () => number
  readonly read: () => Buffer
  /** Writes whole pages from the page that holds `offset`; what is in that page before `offset` is kept. Throws. */
  readonly write: (bytes: Buffer, offset: number) => void
  readonly syncNow: () => void
  readonly sync: () => Promise<void>
  readonly grow: () => void
  readonly close: () => void
}

/**
 * Opens or creates a file and writes zeros to it up to `wantedBytes`. Blocks that are written are really allocated
 * (ext4, xfs, tmpfs); a file system that copies on write (btrfs, zfs) gives no such promise.
 */
export function openReservedFile(path: string, wantedBytes: number): ReservedFile {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  let size = Math.min(fstatSync(fd).size, wantedBytes)
  size -= size % pageBytes
  let tail = Buffer.alloc(0)
  let tailPage = -1

  const grow = (): void => {
    const zeros = Buffer.alloc(chunkBytes)
    try {
      while (size < wantedBytes) size += writeWhole(fd, zeros, Math.min(chunkBytes, wantedBytes - size), size)
    } catch {
      size -= size % pageBytes // the disk is full: what there is must do, size() tells
    }
    fsyncSync(fd)
    syncDirectory(dirname(path))
  }
  if (size < wantedBytes) grow()

  const write = (bytes: Buffer, offset: number): void => {
    const page = offset - (offset % pageBytes)
    // Whole pages only: the kernel then need not read the old ones back first, which blocks while a node thrashes.
    const before = offset - page
    const length = Math.ceil((before + bytes.length) / pageBytes) * pageBytes
    const block = Buffer.alloc(length)
    if (before > 0) (tailPage === page ? tail : readPage(fd, page)).copy(block, 0, 0, before)
    bytes.copy(block, before)
    writeWhole(fd, block, length, page)
    tailPage = page + length - pageBytes
    tail = block.subarray(length - pageBytes)
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
    write,
    syncNow: () => fdatasyncSync(fd),
    sync: () => new Promise((resolve, reject) => fdatasync(fd, error => (error ? reject(error) : resolve()))),
    grow,
    close: () => closeSync(fd),
  }
}

/** A new name is safe only when its directory is written too. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function readPage(fd: number, page: number): Buffer {
  const bytes = Buffer.alloc(pageBytes)
  readSync(fd, bytes, 0, pageBytes, page)
  return bytes
}

function writeWhole(fd: number, bytes: Buffer, length: number, offset: number): number {
  let at = 0
  while (at < length) at += writeSync(fd, bytes, at, length - at, offset + at)
  return length
}
