import { OomloopError } from '../../errors.ts'
import { isRecord } from '../../recording/validate-observation.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Locale } from '../../types.ts'

export type ReplayKind = 'recording' | 'capture' | 'log'

/** Recognises a text by its beginning. Throws OOMLOOP_INPUT where the header of our own formats is missing. */
export function recognise(head: string, name: string, locale: Locale = 'en'): ReplayKind {
  const first = head.split('\n').find(line => line.trim() !== '')
  if (!first?.startsWith('{')) return 'log'
  let value: unknown
  try {
    value = JSON.parse(first)
  } catch {
    // A header that is cut off belongs to an empty recording; anything else in braces is for the log reader to judge.
    return /^\{"oomloop":"recording"/.test(first)
      ? 'recording'
      : /^\{"oomloop":"capture"/.test(first)
        ? 'capture'
        : 'log'
  }
  if (!isRecord(value)) return 'log'
  if (value.oomloop === 'recording' || value.oomloop === 'capture') return value.oomloop
  const t = messagesOf(locale).input.recording
  if ('oomloop' in value) {
    const message = t.unknownFormat({ name, format: String(JSON.stringify(value.oomloop)).slice(0, 40) })
    throw new OomloopError('OOMLOOP_INPUT', message)
  }
  if (typeof value.at !== 'number') return 'log' // journal export in JSON, for one
  const format =
    'kind' in value ? 'recording' : 'files' in value || 'kmsg' in value || 'line' in value ? 'capture' : undefined
  if (!format) return 'log'
  const header = `{"oomloop":"${format}","version":1,"at":${Math.trunc(value.at)}}`
  throw new OomloopError('OOMLOOP_INPUT', t.noHeader({ name, format, header }))
}
