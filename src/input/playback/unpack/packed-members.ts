import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { memberEnd } from '../../../recording/packed-members.ts'
import { pump, UnpackError } from './unpack-stream.ts'

/**
 * Unpacks gzip or zstd and goes on behind damage: the recorder packs a segment as many small members, each of which can be
 * read by itself, so that one flipped bit costs some seconds of a recording. What was unpacked of a damaged member before the
 * damage is handed out, closed by a newline. At the end it throws the first error.
 */
export async function* unpackMembers(
  packing: 'gzip' | 'zstd',
  chunks: AsyncIterable<Buffer>,
  chunkSize: number,
): AsyncGenerator<Buffer> {
  const { magic, createDecoder } = kinds[packing]
  const parts = partsOf(chunks, magic)
  let next = await parts.next()
  let failure: UnpackError | undefined

  const member = async function* (): AsyncGenerator<Buffer> {
    do {
      yield next.value!.bytes
      next = await parts.next()
    } while (!next.done && !next.value.isStart)
  }

  while (!next.done) {
    const packed = member()
    try {
      yield* pump(createDecoder(chunkSize), keepOpen(packed))
    } catch (error) {
      if (!(error instanceof UnpackError)) throw error
      failure ??= error
      yield newline
    }
    for await (const _ of packed); // what a damaged member still has
  }
  if (failure) throw failure
}

const newline = Buffer.from('\n')

/** Leaving a loop over a generator ends it; the rest of this one is still to be skipped. */
function keepOpen(generator: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => ({ next: () => generator.next() }) }
}

interface Part {
  readonly bytes: Buffer
  /** A member begins with it. */
  readonly isStart: boolean
}

interface Kind {
  /** The first bytes of each member but the first. */
  readonly magic: Buffer
  readonly createDecoder: (chunkSize: number) => Transform
}

const kinds: Readonly<Record<'gzip' | 'zstd', Kind>> = {
  // As zlib writes them: no name, no time. In packed data they stand once in 2^64 times.
  gzip: {
    magic: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    createDecoder: chunkSize => createGunzip({ chunkSize }),
  },
  // What ends one member is passed over as the beginning of the next.
  zstd: { magic: memberEnd, createDecoder: chunkSize => createZstdDecompress({ chunkSize }) },
}

async function* partsOf(chunks: AsyncIterable<Buffer>, magic: Buffer): AsyncGenerator<Part, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  let isStart = true
  for await (const chunk of chunks) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const at = bytes.indexOf(magic, isStart ? 1 : 0)
      if (at < 0) break
      if (at > 0) yield { bytes: bytes.subarray(0, at), isStart }
      bytes = bytes.subarray(at)
      isStart = true
    }
    // The magic may lie across two chunks.
    const kept = Math.min(magic.length - 1, bytes.length)
    const whole = bytes.subarray(0, bytes.length - kept)
    rest = bytes.subarray(bytes.length - kept)
    if (whole.length > 0) {
      yield { bytes: whole, isStart }
      isStart = false
    }
  }
  if (rest.length > 0) yield { bytes: rest, isStart }
  return undefined
}
