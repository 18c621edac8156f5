import { OomloopError } from '../host/errors.ts'
import { isRecord } from '../record/check-observation.ts'
import type { ReplayKind } from './replay.ts'

/** Tells from the beginning of a text what it is. Throws OOMLOOP_INPUT where the header of our own formats is missing. */
export function recognise(head: string, name: string): ReplayKind {
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
  if ('oomloop' in value)
    throw new OomloopError(
      'OOMLOOP_INPUT',
      `${name} says it is ${JSON.stringify(value.oomloop)?.slice(0, 40)}, but only "recording" and "capture" are known`,
    )
  if (typeof value.at !== 'number') return 'log' // journal export in JSON, for one
  const format =
    'kind' in value ? 'recording' : 'files' in value || 'kmsg' in value || 'line' in value ? 'capture' : undefined
  if (!format) return 'log'
  throw new OomloopError(
    'OOMLOOP_INPUT',
    `${name} has lines of a ${format} but no header: put {"oomloop":"${format}","version":1,"at":${Math.trunc(value.at)}} before its first line`,
  )
}
