/** What a file is by its first bytes, where it is not plain text. */
export type Packing = 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'zip'

type Refused =
  | 'journal'
  | 'tar'
  | '7z'
  | 'rar'
  | 'lz4'
  | 'lzma'
  | 'lzo'
  | 'compress'
  | 'image'
  | 'pdf'
  | 'dump'
  | 'evtx'
  | 'sqlite'
  | 'pcap'
  | 'elf'
  | 'binary'

export function packingOf(bytes: Buffer): Packing | undefined {
  return packings.find(([, magic]) => startsWith(bytes, magic))?.[0]
}

const packings: readonly (readonly [Packing, string])[] = [
  ['gzip', '\x1f\x8b'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['xz', '\xfd7zXZ\0'],
  ['bzip2', 'BZh'],
  ['zip', 'PK\x03\x04'],
]

/** undefined: text, as far as its beginning shows. */
export function refusedOf(bytes: Buffer): Refused | undefined {
  const known = refused.find(([, magic]) => startsWith(bytes, magic))?.[0]
  if (known) return known
  if (bytes.toString('latin1', 257, 262) === 'ustar') return 'tar'
  return isText(bytes) ? undefined : 'binary'
}

const refused: readonly (readonly [Refused, string])[] = [
  ['journal', 'LPKSHHRH'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
  ['rar', 'Rar!\x1a\x07'],
  ['lz4', '\x04\x22\x4d\x18'],
  ['lzma', '\x5d\0\0'],
  ['lzo', '\x89LZO'],
  ['compress', '\x1f\x9d'],
  ['compress', '\x1f\xa0'],
  ['image', '\x89PNG'],
  ['image', '\xff\xd8\xff'],
  ['image', 'GIF8'],
  ['pdf', '%PDF-'],
  ['dump', 'KDUMP'],
  ['dump', 'makedumpfile'],
  ['evtx', 'ElfFile\0'],
  ['sqlite', 'SQLite format 3'],
  ['pcap', '\xd4\xc3\xb2\xa1'],
  ['pcap', '\x0a\x0d\x0d\x0a'],
  ['elf', '\x7fELF'],
]

function startsWith(bytes: Buffer, magic: string): boolean {
  return bytes.length >= magic.length && bytes.toString('latin1', 0, magic.length) === magic
}

/**
 * A log that a crash has torn holds long runs of NUL, which say nothing against it; but a text has few other control
 * characters (a terminal's escapes among them).
 */
function isText(bytes: Buffer): boolean {
  let odd = 0
  let written = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === 0 && (bytes[at - 1] === 0 || bytes[at + 1] === 0)) continue
    written++
    if (byte < 0x20 && !(byte >= 0x07 && byte <= 0x0d) && byte !== 0x1b && byte !== 0x1e) odd++
  }
  return odd * 20 <= written
}
