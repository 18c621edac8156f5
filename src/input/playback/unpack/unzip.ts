import { createInflateRaw } from 'node:zlib'
import { pump, UnpackError } from './unpack-stream.ts'

/**
 * Reads the files of a zip archive one after the other, as they lie in it, in flat memory. Only those that are text by
 * their names or have no known extension are read; every one begins on a line of its own.
 *
 *     PK\x03\x04 version flags method … crc packed-size size name-length extra-length name extra data
 */
export async function* unzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const bytes = createByteReader(chunks)
  let files = 0
  for (;;) {
    const header = await bytes.take(4)
    if (header.length === 0 && files === 0) throw new UnpackError('empty')
    if (header.length < 4 || header.readUInt32LE(0) !== 0x04034b50) {
      if (files === 0) throw new UnpackError('empty')
      return
    }
    const rest = await bytes.take(26)
    if (rest.length < 26) throw new UnpackError('cut')
    const flags = rest.readUInt16LE(2)
    const method = rest.readUInt16LE(4)
    const packedSize = rest.readUInt32LE(14)
    const name = (await bytes.take(rest.readUInt16LE(22))).toString('utf8')
    await bytes.take(rest.readUInt16LE(24))
    if ((flags & 1) !== 0) throw new UnpackError('encrypted')
    const isSizeKnown = (flags & 8) === 0
    if (method !== 0 && method !== 8) throw new UnpackError('method')
    if (method === 0 && !isSizeKnown) throw new UnpackError('method')
    const isWanted = !name.endsWith('/') && !/\.(?:png|jpe?g|gif|pdf|exe|dll|so|zip|gz|xz)$/i.test(name)
    if (isWanted) files++
    let last = 0x0a
    const data = method === 0 ? bytes.stream(packedSize) : inflated(bytes, isSizeKnown ? packedSize : undefined)
    for await (const chunk of data) {
      if (!isWanted || chunk.length === 0) continue
      last = chunk.at(-1)!
      yield chunk
    }
    if (isWanted && last !== 0x0a) yield Buffer.from('\n')
    if (!isSizeKnown) await skipDescriptor(bytes)
  }
}

async function* inflated(bytes: ByteReader, size: number | undefined): AsyncGenerator<Buffer> {
  if (size !== undefined) return yield* pump(createInflateRaw(), bytes.stream(size))
  // The size is not known before: inflate finds the end, and says how much of the last piece it took.
  const decoder = createInflateRaw()
  let given = 0
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of bytes.stream(Number.POSITIVE_INFINITY, 8 * 1024)) {
      given += chunk.length
      yield chunk
    }
  }
  yield* pump(decoder, counted())
  bytes.putBack(given - decoder.bytesWritten)
}

/** crc and sizes behind the data, with or without a signature. */
async function skipDescriptor(bytes: ByteReader): Promise<void> {
  const first = await bytes.take(4)
  await bytes.take(first.length === 4 && first.readUInt32LE(0) === 0x08074b50 ? 12 : 8)
}

interface ByteReader {
  readonly take: (count: number) => Promise<Buffer>
  readonly stream: (count: number, piece?: number) => AsyncGenerator<Buffer>
  /** Gives the last bytes of what was streamed back, to be read again. */
  readonly putBack: (count: number) => void
}

function createByteReader(chunks: AsyncIterable<Buffer>): ByteReader {
  const source = chunks[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let recent: Buffer = Buffer.alloc(0)

  const more = async (): Promise<boolean> => {
    const { value, done } = await source.next()
    if (done) return false
    held = held.length === 0 ? value : Buffer.concat([held, value])
    return true
  }

  return {
    take: async count => {
      while (held.length < count && (await more())) {}
      const taken = held.subarray(0, count)
      held = held.subarray(taken.length)
      return taken
    },
    stream: async function* (count, piece = 64 * 1024) {
      let left = count
      while (left > 0) {
        if (held.length === 0 && !(await more())) return
        const taken = held.subarray(0, Math.min(left, piece))
        held = held.subarray(taken.length)
        left -= taken.length
        recent = Buffer.concat([recent.subarray(-64 * 1024), taken])
        yield taken
      }
    },
    putBack: count => {
      if (count > 0) held = Buffer.concat([recent.subarray(recent.length - count), held])
    },
  }
}
