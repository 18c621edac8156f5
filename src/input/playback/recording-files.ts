import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OomloopError } from '../../errors.ts'
import { segmentNumber } from '../../recording/segment-name.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale } from '../../types.ts'

/** The files to read for a path: its recording's segments, oldest first, where it is a directory; else itself. */
export async function recordingFiles(path: string, locale: Locale = 'en'): Promise<readonly string[]> {
  if (path === '-') return [path]
  const isDirectory = await stat(path).then(
    found => found.isDirectory(),
    () => false, // the one who opens it says why it cannot be read
  )
  if (!isDirectory) return [path]
  const segments = orderSegments(await readdir(path))
  if (segments.length === 0) throw new OomloopError('OOMLOOP_INPUT', messagesOf(locale).input.recording.none({ path }))
  return segments.map(name => join(path, name))
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
