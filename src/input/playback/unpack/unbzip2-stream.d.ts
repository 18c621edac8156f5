declare module 'unbzip2-stream/lib/bzip2.js' {
  import type { BitReader } from 'unbzip2-stream/lib/bit_iterator.js'
  /** The block size of the stream that begins here, in units of 100 000 bytes. */
  export function header(bits: BitReader): number
  /** Hands out a block byte by byte; null at the end of the stream, else its checksum so far. */
  export function decompress(
    bits: BitReader,
    put: (byte: number) => void,
    scratch: Int32Array,
    size: number,
    checksum: number | null,
  ): number | null
  const all: { readonly header: typeof header; readonly decompress: typeof decompress }
  export default all
}

declare module 'unbzip2-stream/lib/bit_iterator.js' {
  export interface BitReader {
    readonly bytesRead: number
  }
  export default function bitIterator(next: () => Buffer | undefined): BitReader
}
