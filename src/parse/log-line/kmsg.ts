/** One record of /dev/kmsg, decoded. */
interface KmsgRecord {
  /** 0 is the kernel itself; userspace can write any other, but not 0. */
  readonly facility: number
  readonly level: number
  readonly seq: number
  /** The kernel's own stamp, microseconds of the printk clock. */
  readonly stampUs: number
  /** `c` (a fragment) or `+` (its follow-up, up to 4.9). */
  readonly continues: boolean
  readonly caller?: string
  readonly text: string
}

/**
 * Reads a raw record of /dev/kmsg; what follows the first newline is its dictionary (`SUBSYSTEM=…`) and left out.
 *
 *     4,417,4664771711,-,caller=T7523;bad\x0aname\x01\xff)x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0
 */
export function parseKmsgRecord(raw: string): KmsgRecord | undefined {
  // Text may hold ; and , so the header ends at the first semicolon.
  const header = /^(\d{1,10}),(\d{1,16}),(\d{1,16}),([^;\n]{0,200});/.exec(raw)
  if (!header) return undefined
  const prefix = Number(header[1])
  const flags = header[4]!
  const caller = /,caller=([TC]\d{1,10})/.exec(flags)?.[1]
  const newline = raw.indexOf('\n', header[0].length)
  const text = raw.slice(header[0].length, newline < 0 ? undefined : newline)
  return {
    facility: prefix >>> 3,
    level: prefix & 7,
    seq: Number(header[2]),
    stampUs: Number(header[3]),
    continues: flags[0] === 'c' || flags[0] === '+',
    ...(caller !== undefined && { caller }),
    text: decodeEscapes(text),
  }
}

/**
 * Decodes `\xNN` to bytes, and the bytes to text; what is no UTF-8 becomes U+FFFD. The kernel escapes every byte below
 * 0x20, above 0x7e, and the backslash, so an escape of any other is not the kernel's and stays as it is; so does one that
 * was cut off with its record.
 */
export function decodeEscapes(text: string): string {
  if (!text.includes('\\x')) return text
  const bytes = Buffer.from(text, 'utf8')
  let to = 0
  for (let from = 0; from < bytes.length; from++) {
    const isEscape = bytes[from] === backslash && bytes[from + 1] === letterX
    const value = isEscape ? escapedByte(bytes[from + 2], bytes[from + 3]) : -1
    bytes[to++] = value < 0 ? bytes[from]! : value
    if (value >= 0) from += 3
  }
  return bytes.toString('utf8', 0, to)
}

const backslash = 0x5c
const letterX = 0x78

function escapedByte(high: number | undefined, low: number | undefined): number {
  const value = hexDigit(high) * 16 + hexDigit(low)
  return value < 0x20 || value > 0x7e || value === backslash ? value : -1
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return Number.NaN
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  return code >= 65 && code <= 70 ? code - 55 : Number.NaN
}
