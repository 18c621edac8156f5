import { readdirSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { constants, zstdCompress as zstdCallback } from 'node:zlib'
import { diskSyncs, diskWrites } from '../platform/disk-queue.ts'
import { memberEnd } from './packed-members.ts'
import { segmentName, segmentNumber } from './segment-name.ts'

/** The files of a recording: one that is appended to, and closed ones, packed; the oldest is deleted to make room. */
interface SegmentStore {
  /** Appends to the current segment; its opening does not count against its size. */
  readonly append: (opening: string, text: string) => Promise<void>
  readonly isFull: () => boolean
  /** Closes the current segment and opens the next; deletes the oldest beyond the bound. */
  readonly next: () => Promise<void>
  /** The directory was removed or replaced: makes it again, and goes on in a new segment there. */
  readonly reopen: () => Promise<void>
  /** Packs closed segments that are still plain (10 to 1), one after the other. */
  readonly pack: () => Promise<void>
  /** Syncs the appended data to disk. */
  readonly sync: () => Promise<void>
  readonly close: () => Promise<void>
}

interface SegmentStoreOptions {
  readonly dir: string
  readonly maxBytes: number
  readonly segmentBytes: number
}

/** Nothing here waits for the disk but promises: every operation goes through the disk queues. */
export function createSegmentStore({ dir, maxBytes, segmentBytes }: SegmentStoreOptions): SegmentStore {
  let { number, bytes, isTorn } = whereToGoOn(dir, segmentBytes)
  let handle: FileHandle | undefined
  let openingBytes = segmentBytes / 8
  let packing: Promise<void> | undefined
  let syncing: Promise<void> | undefined

  const append = (opening: string, text: string): Promise<void> =>
    diskWrites.run(async () => {
      handle ??= await open(join(dir, segmentName(number)), 'a', 0o640)
      // After a write that failed half-way, or a run that was killed in one, the next line begins on a line of its own.
      const whole = `${isTorn ? '\n' : ''}${opening}${text}`
      isTorn = true
      await handle.appendFile(whole)
      isTorn = false
      bytes += Buffer.byteLength(text)
      if (opening !== '') openingBytes = Math.max(segmentBytes / 8, opening.length)
    })

  const beginNext = (): void => {
    const closing = handle
    handle = undefined
    number++
    bytes = 0
    isTorn = false
    if (closing) void diskSyncs.run(() => closing.datasync().finally(() => closing.close())).catch(() => {}) // a full or failing disk; the next append reports it
  }

  /** For so many bytes more than there are, and for what the next segment opens with: about what the last one did. */
  const makeRoom = async (bytesToCome: number): Promise<void> => {
    const files = await segmentFiles()
    let total = files.reduce((sum, file) => sum + file.bytes, 0) + bytesToCome + openingBytes * 1.25
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
    for (const file of await diskSyncs.run(segmentFiles))
      if (file.number < number && file.name.endsWith('.jsonl')) await diskSyncs.run(() => packOne(join(dir, file.name)))
  }

  /** When the closed segment is packed, or could not be, the current one may grow to its full size. */
  const packAndMakeRoom = async (): Promise<void> => {
    try {
      await packAll()
    } finally {
      await diskSyncs.run(() => makeRoom(segmentBytes))
    }
  }

  return {
    append,
    next: () => {
      beginNext()
      return diskWrites.run(() => makeRoom(0))
    },
    reopen: async () => {
      await diskWrites.run(() => mkdir(dir, { recursive: true, mode: 0o750 }))
      beginNext()
    },
    isFull: () => bytes >= segmentBytes,
    pack: () => {
      packing ??= packAndMakeRoom().finally(() => {
        packing = undefined
      })
      return packing
    },
    sync: () => {
      const synced = handle
      syncing ??= diskSyncs
        .run(async () => synced?.datasync())
        .finally(() => {
          syncing = undefined
        })
      return syncing
    },
    close: async () => {
      await packing?.catch(() => {}) // it was logged when it failed
      await syncing?.catch(() => {}) // likewise
      await handle?.datasync()
      await handle?.close()
      handle = undefined
    },
  }
}

const { promisify } = process.getBuiltinModule('node:util')
const zstd = promisify<Buffer, object, Buffer>(zstdCallback)

/**
 * Packs into a file of another name first: a name that ends in .zst is complete, whenever the agent is killed. Each 512 KiB
 * of whole lines are a member of their own, so that a damaged bit costs one member and not the rest of the segment. One step
 * at a time, each about a millisecond of one thread of the pool and a megabyte: little enough for a node in a crisis.
 */
async function packOne(path: string): Promise<void> {
  const unfinished = `${path}.zst.part`
  const plain = await open(path, 'r')
  const packed = await open(unfinished, 'w', 0o640)
  try {
    let buffer = Buffer.allocUnsafe(memberBytes)
    let length = 0
    for (;;) {
      // A line that is longer than a member.
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(memberBytes)])
      const { bytesRead } = await plain.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead > 0 && length < buffer.length) continue
      const end = bytesRead === 0 ? length : buffer.lastIndexOf(newline, length - 1) + 1
      if (end > 0) await packed.appendFile(Buffer.concat([await zstd(buffer.subarray(0, end), packing), memberEnd]))
      buffer.copyWithin(0, end, length)
      length -= end
      if (bytesRead === 0) break
    }
  } finally {
    await plain.close()
    await packed.close()
  }
  await rename(unfinished, `${path}.zst`)
  await rm(path, { force: true })
}

const newline = 10
const memberBytes = 512 * 1024
// Measured on an hour of crisis: level 6 makes it 6 % smaller, for three times the CPU and 7 MiB of memory instead of 2; a
// larger window changes nothing.
const packing = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 1,
    [constants.ZSTD_c_windowLog]: 18,
    [constants.ZSTD_c_checksumFlag]: 1,
  },
}

/** A small segment that an earlier run left is continued, so that a restart a second makes no file a second. */
function whereToGoOn(dir: string, segmentBytes: number): { number: number; bytes: number; isTorn: boolean } {
  let newest = ''
  let number = 0
  for (const name of readdirSync(dir)) {
    if (name.endsWith('.part')) rmSync(join(dir, name), { force: true }) // packing that was interrupted
    const itsNumber = segmentNumber(name)
    if (itsNumber === undefined || itsNumber < number) continue
    // The packed one wins: it is complete, and nothing may be appended to it.
    newest = itsNumber === number && isPacked(newest) ? newest : name
    number = itsNumber
  }
  if (!newest || isPacked(newest)) return { number: number + 1, bytes: 0, isTorn: false }
  const bytes = statSync(join(dir, newest)).size
  if (bytes >= segmentBytes) return { number: number + 1, bytes: 0, isTorn: false }
  return { number, bytes, isTorn: bytes > 0 }
}

function isPacked(name: string): boolean {
  return !name.endsWith('.jsonl')
}
