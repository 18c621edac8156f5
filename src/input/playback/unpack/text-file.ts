import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { OomloopError } from '../../../errors.ts'
import { type Locale, messagesOf } from '../../../text/messages/catalogues.ts'
import { systemErrorText } from '../../../text/system-error.ts'
import { asUtf8, encodingOf, withNewlines } from './encoding.ts'
import { type Packing, packingOf, refusedOf } from './file-kind.ts'
import { unpack } from './unpack.ts'
import { UnpackError } from './unpack-stream.ts'

/** A file's (or stdin's) text as it comes, unpacked and as UTF-8, with a look at its beginning. */
export interface OpenText {
  /** The first bytes, unpacked: at least the first line, or 64 KiB of it, or all there is. */
  readonly head: string
  /** All bytes, unpacked, from the beginning; to be read once. */
  readonly chunks: () => AsyncIterable<Buffer>
  /** Modification time of the file, ms; null for stdin. */
  readonly modifiedAt: number | null
  /** Bytes that were read of the file as it lies on disk. */
  readonly bytesRead?: () => number
  /** What a person should know of how it could be read; complete when all was. */
  readonly notes?: () => readonly string[]
  /** The packed data ended too early, or was damaged: what follows is not known. */
  readonly isCut?: () => boolean
}

interface OpenOptions {
  readonly locale?: Locale
  /** A segment of our own recorder: what it is follows from its name, also where its first bytes are damaged. */
  readonly isSegment?: boolean
}

/** Opens a file, or stdin for `-`. Throws OOMLOOP_INPUT where it cannot be read or is no text. */
export async function openText(path: string, options: OpenOptions = {}): Promise<OpenText> {
  const { locale = 'en', isSegment = false } = options
  const name = path === '-' ? 'stdin' : path
  const t = messagesOf(locale).input
  const fail: Fail = cause => unreadable(name, cause, locale)
  const notes: string[] = []
  let isCut = false
  const modifiedAt = path === '-' ? null : await modificationOf(path, fail)
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: readBytes })
  const raw = stream[Symbol.asyncIterator]()
  const first = await firstBytes(raw, fail, 512)
  const packing = isSegment ? packingByName(path) : packingOf(first)
  const bytes = chain([first], raw, fail)

  const gentle = async function* (packed: AsyncIterable<Buffer>, by: Packing): AsyncGenerator<Buffer> {
    try {
      yield* unpack(by, packed)
    } catch (error) {
      if (!(error instanceof UnpackError)) throw error
      if (error.why !== 'cut' && error.why !== 'damaged')
        throw new OomloopError('OOMLOOP_INPUT', t.packed[error.why]({ name, packing: by }), { cause: error })
      isCut = true
      notes.push(t.packed[error.why]({ name, packing: by }))
    }
  }

  const unpacked = (packing ? gentle(bytes, packing) : bytes)[Symbol.asyncIterator]()
  const held: Buffer[] = []
  let length = 0
  while (length < chunkBytes && !held.some(chunk => chunk.includes(0x0a) && length > 4096)) {
    const chunk = await nextChunk(unpacked, fail)
    if (!chunk) break
    held.push(chunk)
    length += chunk.length
  }
  const beginning = Buffer.concat(held)
  if (packing && !isSegment && packingOf(beginning)) {
    stream.destroy()
    throw new OomloopError('OOMLOOP_INPUT', t.packedTwice({ name }))
  }
  const encoding = isSegment ? 'utf-8' : encodingOf(beginning)
  const refused = encoding === 'utf-8' && !isSegment ? refusedOf(beginning.subarray(0, chunkBytes)) : undefined
  if (refused) {
    stream.destroy()
    throw new OomloopError('OOMLOOP_INPUT', t.refused[refused]({ name }))
  }
  const head = textOf(beginning, encoding)
  return {
    head,
    chunks: () => withNewlines(asUtf8(chain(held, unpacked, fail), encoding), head),
    modifiedAt,
    bytesRead: () => ('bytesRead' in stream ? (stream.bytesRead as number) : 0),
    notes: () => notes,
    isCut: () => isCut,
  }
}

function packingByName(path: string): Packing | undefined {
  if (path.endsWith('.zst')) return 'zstd'
  return path.endsWith('.gz') ? 'gzip' : undefined
}

function textOf(bytes: Buffer, encoding: ReturnType<typeof encodingOf>): string {
  return new TextDecoder(encoding).decode(bytes).replace(/^\ufeff/, '')
}

/**
 * Cuts chunks into lines, a batch for each chunk, so that a line costs no promise. The last batch may hold what follows
 * the last newline as `torn`. A line above 32 MiB is cut: nothing that we write is longer.
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly torn?: string }> {
  const decoder = new TextDecoder() // a character may lie across two chunks
  // In pieces, joined when the newline comes: joined at every chunk, a line of 30 MiB would be copied 500 times.
  let rest: string[] = []
  let restLength = 0
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true })
    const newline = text.lastIndexOf('\n')
    if (newline < 0) {
      rest.push(text)
      restLength += text.length
      if (restLength <= maxLine) continue
      yield { lines: [rest.join('')] }
      rest = []
      restLength = 0
      continue
    }
    const lines = text.slice(0, newline).split('\n')
    lines[0] = rest.join('') + lines[0]
    rest = [text.slice(newline + 1)]
    restLength = rest[0]!.length
    yield { lines }
  }
  const torn = rest.join('') + decoder.decode()
  if (torn !== '') yield { lines: [], torn }
}

const chunkBytes = 64 * 1024
/** Of a file at once: with 64 KiB a seventh of the time of a large log goes into waiting for the next read. */
const readBytes = 256 * 1024
const maxLine = 32 * 1024 * 1024

async function modificationOf(path: string, fail: Fail): Promise<number> {
  try {
    const { mtimeMs } = await stat(path)
    return mtimeMs
  } catch (cause) {
    throw fail(cause)
  }
}

/** A pipe may hand over a byte at a time, and a kind needs a few to be known. */
async function firstBytes(iterator: AsyncIterator<Buffer | string>, fail: Fail, atLeast: number): Promise<Buffer> {
  const held: Buffer[] = []
  let length = 0
  while (length < atLeast) {
    const chunk = await nextChunk(iterator, fail)
    if (!chunk) break
    held.push(chunk)
    length += chunk.length
  }
  return Buffer.concat(held)
}

async function nextChunk(iterator: AsyncIterator<Buffer | string>, fail: Fail): Promise<Buffer | undefined> {
  try {
    const { value, done } = await iterator.next()
    if (done) return undefined
    return typeof value === 'string' ? Buffer.from(value) : value
  } catch (cause) {
    if (cause instanceof OomloopError) throw cause
    throw fail(cause)
  }
}

async function* chain(held: readonly Buffer[], rest: AsyncIterator<Buffer | string>, fail: Fail) {
  yield* held
  for (;;) {
    const chunk = await nextChunk(rest, fail)
    if (!chunk) return
    yield chunk
  }
}

type Fail = (cause: unknown) => OomloopError

/** The path cannot be opened, listed or read. */
export function unreadable(name: string, cause: unknown, locale: Locale): OomloopError {
  const { input, units } = messagesOf(locale)
  const reason = systemErrorText(cause, units)
  return new OomloopError('OOMLOOP_INPUT', input.unreadable.file({ name, reason }), { cause })
}
