import { Readable } from 'node:stream'
import { viaBzip2 } from './bzip2.ts'
import type { Packing } from './file-kind.ts'
import { unpackMembers } from './packed-members.ts'
import { isCut, UnpackError } from './unpack-stream.ts'
import { unzip } from './unzip.ts'

/** Unpacks in flat memory, chunk by chunk; ends with an UnpackError where something is wrong. */
export async function* unpack(packing: Packing, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const guard = createBombGuard()
  for await (const chunk of unpacked(packing, guard.packed(chunks))) {
    guard.grown(chunk.length)
    yield chunk
  }
}

async function* unpacked(packing: Packing, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  switch (packing) {
    case 'gzip':
    case 'zstd':
      return yield* unpackMembers(packing, chunks, chunkBytes)
    case 'zip':
      return yield* unzip(chunks)
    case 'xz':
      return yield* viaXz(chunks)
    case 'bzip2':
      return yield* viaBzip2(chunks)
  }
}

const chunkBytes = 64 * 1024
/** WebAssembly of XZ Embedded; loaded for such a file alone. */
async function* viaXz(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const xz = (await import('xz-decompress')) as unknown as XzModule & { readonly default?: XzModule }
  const { XzReadableStream } = xz.XzReadableStream ? xz : xz.default!
  const stream = new XzReadableStream(Readable.toWeb(Readable.from(chunks)) as ReadableStream<Uint8Array>)
  try {
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) yield Buffer.from(chunk)
  } catch (cause) {
    throw cause instanceof UnpackError ? cause : new UnpackError(isCut(cause) ? 'cut' : 'damaged', cause)
  }
}

// The package is CommonJS: what it exports stands under `default` where it is not bundled.
interface XzModule {
  readonly XzReadableStream: new (packed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>
}

/**
 * Logs shrink to a tenth, and a kill repeated a million times to a two-hundredth. Data that grows a thousandfold beyond
 * a gigabyte is hostile.
 */
function createBombGuard() {
  let inBytes = 0
  let outBytes = 0
  return {
    packed: async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        inBytes += chunk.length
        yield chunk
      }
    },
    grown: (bytes: number): void => {
      outBytes += bytes
      if (outBytes > harmlessBytes && outBytes > inBytes * mostGrowth) throw new UnpackError('bomb')
    },
  }
}

const harmlessBytes = 256 * 1024 ** 2
const mostGrowth = 400
