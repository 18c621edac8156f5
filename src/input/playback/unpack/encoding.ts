type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** How a text is written, by its mark or by where its NULs stand: Windows tools write two bytes a character. */
export function encodingOf(bytes: Buffer): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, 4096)
  let [even, odd] = [0, 0]
  for (let at = 0; at < sample.length; at++) if (sample[at] === 0) at % 2 === 0 ? even++ : odd++
  const half = sample.length / 2
  if (half < 4) return 'utf-8'
  if (odd > half * 0.6 && even < half * 0.1) return 'utf-16le'
  if (even > half * 0.6 && odd < half * 0.1) return 'utf-16be'
  return 'utf-8'
}

/** The same text in UTF-8, without a mark. */
export async function* asUtf8(chunks: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    let isFirst = true
    for await (const chunk of chunks) {
      const hasMark = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf
      isFirst = false
      yield hasMark ? chunk.subarray(3) : chunk
    }
    return
  }
  const decoder = new TextDecoder(encoding)
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }))
  yield Buffer.from(decoder.decode())
}

/** Old Macintoshes, and some serial consoles, end lines with a carriage return alone. */
export async function* withNewlines(chunks: AsyncIterable<Buffer>, head: string): AsyncGenerator<Buffer> {
  if (head.includes('\n') || !head.includes('\r')) return yield* chunks
  for await (const chunk of chunks) {
    const copy = Buffer.from(chunk)
    for (let at = copy.indexOf(13); at >= 0; at = copy.indexOf(13, at + 1)) copy[at] = 10
    yield copy
  }
}
