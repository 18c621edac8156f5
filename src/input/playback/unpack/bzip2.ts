import type { BitReader } from 'unbzip2-stream/lib/bit_iterator.js'
import { UnpackError } from './unpack-stream.ts'

/**
 * Unpacks bzip2 a block at a time. The package's own stream unpacks all that it holds at once, each byte as a number: a
 * gigabyte of zeros, 700 bytes packed, took 1.4 GiB of memory. So its two inner functions are used instead.
 */
export async function* viaBzip2(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { default: bzip2 } = await import('unbzip2-stream/lib/bzip2.js')
  const { default: createBits } = await import('unbzip2-stream/lib/bit_iterator.js')
  const queue: Buffer[] = []
  // It takes the first piece at once.
  let bits: BitReader | undefined
  const output = createOutput()
  let received = 0
  let blockSize = 0
  let checksum: number | null = null
  let scratch = new Int32Array(0)

  /** Reads a stream's header or its next block. */
  const step = (bits: BitReader): Buffer[] => {
    try {
      if (blockSize === 0) {
        blockSize = bzip2.header(bits)
        checksum = 0
        return []
      }
      const size = 100_000 * blockSize
      if (scratch.length !== size) scratch = new Int32Array(size)
      checksum = bzip2.decompress(bits, output.put, scratch, size, checksum)
      if (checksum === null) blockSize = 0 // another stream may follow
      return output.take()
    } catch (cause) {
      throw new UnpackError('cut', cause)
    }
  }

  for await (const chunk of chunks) {
    queue.push(chunk)
    received += chunk.length
    bits ??= createBits(() => queue.shift())
    // How long a block is packed is known at its end only: none is longer than that.
    while (received - bits.bytesRead + 1 >= 25_000 + 100_000 * blockSize) {
      yield* step(bits)
    }
  }
  while (bits && received > bits.bytesRead) {
    yield* step(bits)
  }
  if (checksum !== null) throw new UnpackError('cut')
}

/** The bytes of a block, of which there may be 46 million in the largest: in pieces that are never copied. */
function createOutput() {
  let pieces: Buffer[] = []
  let piece = Buffer.allocUnsafeSlow(pieceBytes)
  let length = 0
  return {
    put: (byte: number): void => {
      if (length === pieceBytes) {
        pieces.push(piece)
        piece = Buffer.allocUnsafeSlow(pieceBytes)
        length = 0
      }
      piece[length++] = byte
    },
    take: (): Buffer[] => {
      const block = [...pieces, piece.subarray(0, length)]
      pieces = []
      piece = Buffer.allocUnsafeSlow(pieceBytes)
      length = 0
      return block
    },
  }
}

const pieceBytes = 256 * 1024
