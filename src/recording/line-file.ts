import { createWriteStream } from 'node:fs'
import { constants, createGzip, type Gzip } from 'node:zlib'
import { OomloopError } from '../errors.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import { systemErrorText } from '../text/system-error.ts'
import type { Locale } from '../types.ts'

/** A file of JSON lines, packed where its name ends in .gz. If the writer is killed, only the last second is lost. */
interface LineFile {
  readonly write: (line: object) => void
  /** Resolves when all is written. Rejects with OOMLOOP_OUTPUT where something could not be. */
  readonly close: () => Promise<void>
  /** Rejects with OOMLOOP_OUTPUT when writing fails; never resolves. */
  readonly failed: Promise<never>
}

/** Creates the file, and replaces an existing one. */
export function createLineFile(path: string, locale: Locale = 'en'): LineFile {
  // It contains names of pods, so only its user may read it.
  const file = createWriteStream(path, { mode: 0o600 })
  const packer: Gzip | undefined = path.endsWith('.gz') ? createGzip() : undefined
  packer?.pipe(file)
  const to = packer ?? file
  const { cli, units } = messagesOf(locale)
  const failed = new Promise<never>((_, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new OomloopError('OOMLOOP_OUTPUT', cli.report.cannotWrite({ path, why: systemErrorText(cause, units) }), {
          cause,
        }),
      )
    file.once('error', fail)
    packer?.once('error', fail)
  })
  failed.catch(() => {}) // `close` rejects with it too
  const timer = packer && setInterval(() => packer.flush(constants.Z_SYNC_FLUSH), 1000)

  const close = async (): Promise<void> => {
    clearInterval(timer)
    const closed = new Promise<void>(resolve => file.once('close', resolve))
    to.end()
    await Promise.race([closed, failed])
  }

  return { write: line => void to.write(`${JSON.stringify(line)}\n`), close, failed }
}
