import type { Transform } from 'node:stream'

/** Thrown where the packed data cannot be read on; all that was before it has been handed out. */
export class UnpackError extends Error {
  /** `cut`: the data ends too early; `bomb`: it grows out of all proportion; `empty`: an archive without a log. */
  readonly why: 'cut' | 'damaged' | 'bomb' | 'encrypted' | 'empty' | 'method'

  constructor(why: UnpackError['why'], cause?: unknown) {
    super(why, { cause })
    this.name = 'UnpackError'
    this.why = why
  }
}

// Packed data may grow a thousandfold; this much is unpacked at a time.
const pieceBytes = 8 * 1024

/** Feeds a decoder piece by piece, so that nothing which it had unpacked is lost where the data is cut off. */
export async function* pump(decoder: Transform, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let ready: Buffer[] = []
  let failure: unknown
  let isOver = false
  let resume: (() => void) | undefined
  decoder.on('data', chunk => ready.push(chunk))
  decoder.on('error', error => {
    failure ??= error
    resume?.()
  })
  decoder.on('end', () => {
    isOver = true
    resume?.()
  })
  const settled = (start: (done: () => void) => void): Promise<void> =>
    new Promise(resolve => {
      resume = resolve
      start(resolve)
    })
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length && failure === undefined && !isOver; at += pieceBytes) {
      await settled(done => decoder.write(chunk.subarray(at, at + pieceBytes), () => done()))
      const some = ready
      ready = []
      yield* some
    }
    if (failure !== undefined || isOver) break
  }
  if (failure === undefined && !isOver) {
    await settled(() => decoder.end())
  }
  yield* ready
  if (failure !== undefined) throw new UnpackError(isCut(failure) ? 'cut' : 'damaged', failure)
}

export function isCut(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'Z_BUF_ERROR' || /unexpected end|truncated|premature/i.test(message)
}
