import { createReadStream, createWriteStream, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { segmentName, segmentNumber } from './segments.ts'

/** The files of a recording: one that is appended to, and closed ones, packed, the oldest of which makes room. */
export interface SegmentStore {
  /** Appends to the current segment; its opening does not count against its size. */
  readonly append: (opening: string, text: string) => Promise<void>
  /** The same at once, where the segment is open and whole; false where it is not, or the write failed. */
  readonly appendNow: (text: string) => boolean
  readonly isFull: () => boolean
  /** Closes the current segment and opens the next; deletes the oldest beyond the bound. */
  readonly next: () => Promise<void>
  /** Packs closed segments that are still plain (8 to 1), one after the other. */
  readonly pack: () => Promise<void>
  /** Forces what was appended onto the disk. */
  readonly sync: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface SegmentStoreOptions {
  readonly dir: string
  readonly maxBytes: number
  readonly segmentBytes: number
}

export function createSegmentStore({ dir, maxBytes, segmentBytes }: SegmentStoreOptions): SegmentStore {
  let { number, bytes, isTorn } = whereToGoOn(dir, segmentBytes)
  let handle: FileHandle | undefined
  let packing: Promise<void> | undefined
  let syncing: Promise<void> | undefined

  const append = async (opening: string, text: string): Promise<void> => {
    handle ??= await open(join(dir, segmentName(number)), 'a', 0o640)
    // After a write that failed half-way, or a run that was killed in one, the next line begins on a line of its own.
    const whole = `${isTorn ? '\n' : ''}${opening}${text}`
    isTorn = true
    await handle.appendFile(whole)
    isTorn = false
    bytes += Buffer.byteLength(text)
  }

  const appendNow = (text: string): boolean => {
    if (!handle || isTorn) return false
    const whole = Buffer.from(text)
    isTorn = true
    try {
      for (let written = 0; written < whole.length; ) written += writeSync(handle.fd, whole, written)
    } catch {
      return false // a full disk, say: the slow way finds out and tells
    }
    isTorn = false
    bytes += whole.length
    return true
  }

  const next = async (): Promise<void> => {
    const closing = handle
    handle = undefined
    number++
    bytes = 0
    isTorn = false
    await closing?.datasync()
    await closing?.close()
    await makeRoom()
  }

  const makeRoom = async (): Promise<void> => {
    const files = await segmentFiles()
    // The current segment may still grow to its full size, and a snapshot beyond it.
    let total = files.reduce((sum, file) => sum + file.bytes, 0) + segmentBytes * 2
    for (const file of files) {
      if (total <= maxBytes || file.number >= number) return
      await rm(join(dir, file.name), { force: true })
      total -= file.bytes
    }
  }

  const segmentFiles = async () => {
    const files = []
    for (const name of await readdir(dir)) {
      const itsNumber = segmentNumber(name)
      if (itsNumber === undefined) continue
      const { size } = await stat(join(dir, name)).catch(() => ({ size: 0 })) // packed and renamed meanwhile
      files.push({ name, number: itsNumber, bytes: size })
    }
    return files.sort((a, b) => a.number - b.number)
  }

  const packAll = async (): Promise<void> => {
    for (const file of await segmentFiles())
      if (file.number < number && file.name.endsWith('.jsonl')) await packOne(join(dir, file.name))
  }

  return {
    append,
    appendNow,
    next,
    isFull: () => bytes >= segmentBytes,
    pack: () => {
      packing ??= packAll().finally(() => {
        packing = undefined
      })
      return packing
    },
    sync: () => {
      syncing ??= (handle?.datasync() ?? Promise.resolve()).finally(() => {
        syncing = undefined
      })
      return syncing
    },
    close: async () => {
      await packing?.catch(() => {}) // it was told when it failed
      await syncing?.catch(() => {}) // likewise
      await handle?.datasync()
      await handle?.close()
      handle = undefined
    },
  }
}

/** Packs into a file of another name first: a name that ends in .gz is complete, whenever we are killed. */
async function packOne(path: string): Promise<void> {
  const unfinished = `${path}.gz.part`
  await pipeline(createReadStream(path), createGzip({ level: 6 }), createWriteStream(unfinished, { mode: 0o640 }))
  await rename(unfinished, `${path}.gz`)
  await rm(path, { force: true })
}

/** A small segment that an earlier run left is gone on with, so that a restart a second makes no file a second. */
function whereToGoOn(dir: string, segmentBytes: number): { number: number; bytes: number; isTorn: boolean } {
  let newest = ''
  let number = 0
  for (const name of readdirSync(dir)) {
    if (name.endsWith('.part')) rmSync(join(dir, name), { force: true }) // packing that was interrupted
    const itsNumber = segmentNumber(name)
    if (itsNumber === undefined || itsNumber < number) continue
    // The packed one wins: it is complete, and nothing may be appended to it.
    newest = itsNumber === number && newest.endsWith('.gz') ? newest : name
    number = itsNumber
  }
  if (!newest || newest.endsWith('.gz')) return { number: number + 1, bytes: 0, isTorn: false }
  const bytes = statSync(join(dir, newest)).size
  if (bytes >= segmentBytes) return { number: number + 1, bytes: 0, isTorn: false }
  return { number, bytes, isTorn: bytes > 0 }
}
