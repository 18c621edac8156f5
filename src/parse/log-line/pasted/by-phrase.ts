import type { LineParser } from '../format.ts'
import { isReportLine, type LogLine } from '../text.ts'
import { known, type PastedLine, type PastedRecord, unknown } from './pasted-line.ts'
import { epochOf } from './pasted-time.ts'
import { findPhrase, isSentence, looksLikeOom } from './phrase.ts'
import { type PastedPrefix, readPrefix } from './prefix.ts'
import type { RecordTaker } from './record-taker.ts'
import { writtenTimes } from './written-time.ts'

/** Reads a line of no known format by the kernel's own phrases, wherever they stand; `around`: the line that quotes it. */
export type ByPhrase = (text: string, around?: LogLine) => PastedLine

export function createByPhrase(strict: LineParser, take: RecordTaker): ByPhrase {
  const ofWriter = (text: string, prefix: PastedPrefix): Pick<PastedLine, 'records' | 'killers'> => {
    const tag = text.indexOf(`${prefix.writer}[`)
    const message = text.slice(text.indexOf(': ', Math.max(0, tag)) + 2)
    const logLine: LogLine = { at: epochOf(prefix.time, strict.epoch), unit: prefix.writer!, text: message }
    return { records: take.logLine(logLine), killers: take.killers(logLine) }
  }

  return (text, around) => {
    const phrase = findPhrase(text, take.isWithinReport())
    const prefix = readPrefix(phrase ? text.slice(0, phrase.start) : text)
    // Another program's line: what it quotes is not the kernel's word.
    if (prefix.writer !== undefined) return { ...known, ...ofWriter(text, prefix) }
    const at = epochOf(prefix.time, strict.epoch) ?? around?.at ?? null
    const isKnown = prefix.isKnown || prefix.isNamed
    // A person's sentence is no log; an application's, which has a time, must not pass in silence.
    if (phrase && !isKnown && isSentence(text, phrase.start))
      return { ...unknown, isKnown: prefix.time !== undefined, isMissed: prefix.time !== undefined }
    if (!phrase) {
      // `reason: OOMKilled` begins like a line with a tag, and has none.
      const tagged = take.killers({ text: text.slice(prefixEnd(text)), at })
      const killers = tagged.length > 0 ? tagged : take.killers({ text: text.trimStart(), at })
      const isMissed = killers.length === 0 && looksLikeOom(text)
      return {
        records: [],
        killers,
        isKnown: prefix.time !== undefined || prefix.isNamed || killers.length > 0,
        isMissed,
      }
    }
    const found = take.logLine({ ...logLineOf(phrase.text, prefix, strict), at }, !isKnown || around !== undefined)
    const killers = take.killers({ text: phrase.text, at })
    const isRead =
      found.length === 0 ||
      killers.length > 0 ||
      isReportLine(phrase.text) ||
      partOfReport.test(phrase.text) ||
      !looksLikeOom(text)
    return { records: marked(found, isKnown), killers, isKnown, isMissed: !isRead }
  }
}

/** Parts of a report that no line may begin with unless its prefix names the kernel. */
const partOfReport = /^(?:oom_reaper: |Linux version |Kernel panic |System is deadlocked )/

/** A text of the kernel with all that the prefix before it says. */
export function logLineOf(text: string, prefix: PastedPrefix, strict: LineParser): LogLine {
  const { stampUs, level, host, caller, time } = prefix
  return {
    at: epochOf(time, strict.epoch),
    text,
    ...(stampUs !== undefined && { stampUs }),
    ...(level !== undefined && { level }),
    ...(host !== undefined && { host }),
    ...(caller !== undefined && { caller }),
  }
}

/** Where the message begins in a line of no known format: behind the times and stamps at its start. */
export function prefixEnd(text: string): number {
  const times = writtenTimes(text.slice(0, 200)).filter(({ start }) => start <= 40)
  const from = times.at(-1)?.end ?? 0
  return (
    from +
    (/^[\])]?:?\s*(?:<\d>)?(?:\[ *\d{1,10}\.\d{1,9}\])?\s*(?:[\w.-]{1,64} (?=[\w.-]{1,64}\[\d+\]: ))?(?:(?!PID:)[\w.@-]{1,64}(?:\[\d+\])?: )?/.exec(
      text.slice(from),
    )?.[0].length ?? 0)
  )
}

function marked(records: readonly PastedRecord[], isKnown: boolean): readonly PastedRecord[] {
  if (isKnown) return records
  return records.map(({ observation, host }) => ({
    ...(host !== undefined && { host }),
    observation: observation.kind === 'kernel' ? { ...observation, foundBy: 'phrase' } : observation,
  }))
}
