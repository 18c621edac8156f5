import type { LineParser } from '../format.ts'
import type { EntryFacts } from './json-scan.ts'
import { type WrittenTime, writtenTimes } from './written-time.ts'

type Epoch = LineParser['epoch']

/** Milliseconds since the epoch of a time that stands in a text; null where it is none, or not certain. */
export function epochOf(time: WrittenTime['time'] | undefined, epoch: Epoch): number | null {
  if (!time) return null
  return 'epochMs' in time ? time.epochMs : epoch(time)
}

/** The time at the beginning of a line, in whatever form; behind a host and a facility it stands in brackets. */
export function timeAtStart(text: string, epoch: Epoch): number | null {
  const isFirst = (start: number): boolean => start <= 8 || (start <= 60 && text[start - 1] === '[')
  return epochOf(
    writtenTimes(text.slice(0, 200)).find(({ start, time }) => isFirst(start) && time !== null)?.time,
    epoch,
  )
}

/** The time of an entry of a JSON log: seconds, milliseconds, microseconds or nanoseconds, or a time in words. */
export function timeOfFacts({ time }: EntryFacts, epoch: Epoch): number | null {
  if (time === undefined) return null
  if (/^\d{10}(?:\.\d{1,9})?$/.test(time)) return Math.floor(Number(time) * 1000)
  if (/^\d{13}$/.test(time)) return Number(time)
  if (/^\d{16}$/.test(time)) return Math.floor(Number(time) / 1000)
  if (/^\d{19}$/.test(time)) return Math.floor(Number(time.slice(0, 13)))
  return epochOf(writtenTimes(time).find(one => one.time !== null)?.time, epoch)
}
