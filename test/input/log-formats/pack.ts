import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'

/** Ways in which a text may lie on disk. */
export const packings: Readonly<Record<string, (text: string) => Buffer>> = {
  plain: text => Buffer.from(text),
  gzip: text => gzipSync(text),
  'gzip of two members': text => Buffer.concat([gzipSync(text.slice(0, 200)), gzipSync(text.slice(200))]),
  zstd: text => zstdCompressSync(text),
  'zip, deflated': text => zipOf(text, { method: 8, isSizeKnown: true }),
  'zip, stored': text => zipOf(text, { method: 0, isSizeKnown: true }),
  'zip, sizes behind the data': text => zipOf(text, { method: 8, isSizeKnown: false }),
  'UTF-16 with a mark': text => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 without a mark': text => Buffer.from(text, 'utf16le'),
  'UTF-16 big-endian': text => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'UTF-16 in gzip': text => gzipSync(Buffer.from(`\ufeff${text}`, 'utf16le')),
  'UTF-8 with a mark': text => Buffer.from(`\ufeff${text}`),
}

function zipOf(
  text: string,
  { method, isSizeKnown }: { readonly method: 0 | 8; readonly isSizeKnown: boolean },
): Buffer {
  const bytes = Buffer.from(text)
  const packed = method === 8 ? deflateRawSync(bytes) : bytes
  const name = Buffer.from('var/log/kern.log')
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(isSizeKnown ? 0 : 8, 6)
  header.writeUInt16LE(method, 8)
  header.writeUInt32LE(isSizeKnown ? crc32(bytes) : 0, 14)
  header.writeUInt32LE(isSizeKnown ? packed.length : 0, 18)
  header.writeUInt32LE(isSizeKnown ? bytes.length : 0, 22)
  header.writeUInt16LE(name.length, 26)
  const descriptor = Buffer.alloc(16)
  descriptor.writeUInt32LE(0x08074b50, 0)
  descriptor.writeUInt32LE(crc32(bytes), 4)
  descriptor.writeUInt32LE(packed.length, 8)
  descriptor.writeUInt32LE(bytes.length, 12)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  return Buffer.concat([header, name, packed, ...(isSizeKnown ? [] : [descriptor]), end])
}
