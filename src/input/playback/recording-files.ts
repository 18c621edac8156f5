import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OomloopError } from '../../errors.ts'
import { segmentNumber } from '../../recording/segment-name.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale } from '../../types.ts'
import { unreadable } from './unpack/text-file.ts'

/**
 * The files to read for a path: its recording's segments, oldest first, where it is a directory; else itself. A shell
 * whose user may not list the directory passes `recordings/*` on as it stands: that is the directory too.
 * Throws OOMLOOP_INPUT where the directory cannot be listed, or has no recording.
 */
export async function recordingFiles(given: string, locale: Locale = 'en'): Promise<readonly string[]> {
  if (given === '-') return [given]
  const path = given.endsWith('/*') ? dirname(given) : given
  if (!(await isDirectory(path))) return [given]
  const names = await readdir(path).catch(cause => {
    throw unreadable(path, cause, locale)
  })
  const segments = orderSegments(names)
  if (segments.length === 0) throw new OomloopError('OOMLOOP_INPUT', messagesOf(locale).input.recording.none({ path }))
  return segments.map(name => join(path, name))
}

/** False also where it cannot be asked: the one who opens it says why it cannot be read. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}

/** Names of segments in order; one that is there packed and plain (its packing was interrupted) counts once. */
function orderSegments(names: readonly string[]): readonly string[] {
  const byNumber = new Map<number, string>()
  for (const name of names) {
    const number = segmentNumber(name)
    if (number === undefined) continue
    const other = byNumber.get(number)
    // The packed file got its name when it was complete, so it is as good as the plain one.
    if (!other || name.length > other.length) byNumber.set(number, name)
  }
  return [...byNumber].sort(([a], [b]) => a - b).map(([, name]) => name)
}
