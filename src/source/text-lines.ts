import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import { OomloopError } from '../host/errors.ts'

/** A file's (or stdin's) text as it comes, unpacked where it is gzip, with a look at its beginning. */
export interface OpenText {
  /** The first bytes, unpacked: at least the first line, or 64 KiB of it, or all there is. */
  readonly head: string
  /** All bytes, unpacked, from the beginning; to be read once. */
  readonly chunks: () => AsyncIterable<Buffer>
  /** Modification time of the file, ms; null for stdin. */
  readonly modifiedAt: number | null
  /** Bytes that were read of the file as it lies on disk. */
  readonly bytesRead?: () => number
}

/** Opens a file, or stdin for `-`. Throws OOMLOOP_INPUT where it cannot be read. */
export async function openText(path: string): Promise<OpenText> {
  const modifiedAt = path === '-' ? null : await modificationOf(path)
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: chunkBytes })
  const raw = stream[Symbol.asyncIterator]()
  const first = await nextChunk(raw, path)
  const isGzip = first !== undefined && first[0] === 0x1f && first[1] === 0x8b
  const unpacked = isGzip ? gunzip(chain([first], raw, path))[Symbol.asyncIterator]() : chain([], raw, path)
  const held: Buffer[] = !isGzip && first ? [first] : []
  let length = held[0]?.length ?? 0
  while (length < chunkBytes && !held.some(chunk => chunk.includes(0x0a))) {
    const chunk = await nextChunk(unpacked, path)
    if (!chunk) break
    held.push(chunk)
    length += chunk.length
  }
  return {
    head: Buffer.concat(held).toString('utf8'),
    chunks: () => chain(held, unpacked, path),
    modifiedAt,
    bytesRead: () => ('bytesRead' in stream ? (stream.bytesRead as number) : 0),
  }
}

/**
 * Cuts chunks into lines, a batch for each chunk, so that a line costs no promise. The last batch may hold what follows
 * the last newline as `torn`. A line above 32 MiB is cut: nothing that we write is longer.
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly torn?: string }> {
  const decoder = new TextDecoder() // a character may lie across two chunks
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop()!
    if (rest.length > maxLine) {
      lines.push(rest)
      rest = ''
    }
    yield { lines }
  }
  rest += decoder.decode()
  if (rest !== '') yield { lines: [], torn: rest }
}

const chunkBytes = 64 * 1024
const maxLine = 32 * 1024 * 1024

async function modificationOf(path: string): Promise<number> {
  try {
    const { mtimeMs } = await stat(path)
    return mtimeMs
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function nextChunk(iterator: AsyncIterator<Buffer | string>, path: string): Promise<Buffer | undefined> {
  try {
    const { value, done } = await iterator.next()
    if (done) return undefined
    return typeof value === 'string' ? Buffer.from(value) : value
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function* chain(held: readonly Buffer[], rest: AsyncIterator<Buffer | string>, path: string) {
  yield* held
  for (;;) {
    const chunk = await nextChunk(rest, path)
    if (!chunk) return
    yield chunk
  }
}

/** A writer that was killed leaves no end of the gzip stream: Z_SYNC_FLUSH takes what there is without an error. */
function gunzip(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const source = Readable.from(chunks, { objectMode: false })
  const unpack = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: chunkBytes })
  source.on('error', error => unpack.destroy(error))
  return source.pipe(unpack)
}

function unreadable(path: string, cause: unknown): OomloopError {
  const name = path === '-' ? 'stdin' : path
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  if (code.startsWith('Z_'))
    return new OomloopError('OOMLOOP_INPUT', `${name} is damaged: its gzip data cannot be unpacked to the end`, {
      cause,
    })
  const why: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'it may not be read by this user',
    EISDIR: 'it is a directory',
  }
  return new OomloopError('OOMLOOP_INPUT', `cannot read ${name}: ${why[code] ?? (cause as Error).message}`, { cause })
}
