import type { LineParser } from '../format.ts'
import type { LogLine } from '../text.ts'
import { logLineOf, prefixEnd } from './by-phrase.ts'
import { isKernels } from './json-entries.ts'
import type { JsonEntry } from './json-scan.ts'
import { known, type PastedLine, together } from './pasted-line.ts'
import { epochOf, timeOfFacts } from './pasted-time.ts'
import { findPhrase, isSentence, looksLikeOom } from './phrase.ts'
import { type PastedPrefix, readPrefix } from './prefix.ts'
import type { RecordTaker } from './record-taker.ts'
import { stripDecoration } from './strip-decoration.ts'

/** Reads an entry of a JSON log; `context`: what stood before the JSON in its line. */
type ByEntry = (entry: JsonEntry, context?: PastedPrefix) => PastedLine

export function createByEntry(strict: LineParser, take: RecordTaker): ByEntry {
  return (entry, context) => {
    const { facts, text, key } = entry
    const at = timeOfFacts(facts, strict.epoch) ?? epochOf(context?.time, strict.epoch)
    const host = facts.host ?? context?.host
    const level = facts.level !== undefined && /^[0-7]$/.test(facts.level) ? { level: Number(facts.level) } : {}
    if (!isKernels(facts)) {
      const unit = (facts.program ?? facts.unit ?? '').replace(/\.service$/, '')
      const logLine = { unit, text, at, ...(host !== undefined && { host }) }
      return { ...known, records: unit === '' ? [] : take.logLine(logLine), killers: take.killers(logLine) }
    }
    return together(
      text.split('\n').map(each => {
        const bare = stripDecoration(each.trimEnd())
        const inner = key === 'MESSAGE' ? undefined : strict.read(bare)
        // The entry's own time is that of the event; the line's may lack year or zone.
        if (inner?.unit !== undefined)
          return { ...known, killers: take.killers({ ...inner, at: at ?? inner.at ?? null }) }
        const phrase = findPhrase(bare, take.isWithinReport())
        const prefix = inner || !phrase ? undefined : readPrefix(bare.slice(0, phrase.start))
        if (prefix && !prefix.isKnown && !prefix.isNamed && isSentence(bare, phrase!.start))
          return { ...known, isMissed: true }
        const found = inner ?? (prefix && logLineOf(phrase!.text, prefix, strict))
        const logLine = found ?? (key === 'MESSAGE' ? { text: bare } : undefined)
        if (!logLine) {
          const killers = take.killers({ text: bare.slice(prefixEnd(bare)), at, ...(host !== undefined && { host }) })
          return { ...known, killers, isMissed: killers.length === 0 && looksLikeOom(bare) }
        }
        const stampUs = logLine.stampUs ?? facts.stampUs
        const whole: LogLine = {
          ...level,
          ...logLine,
          at: at ?? logLine.at ?? null,
          ...(stampUs !== undefined && { stampUs }),
          ...((logLine.host ?? host) !== undefined && { host: logLine.host ?? host }),
        }
        return { ...known, records: take.logLine(whole), killers: take.killers(whole) }
      }),
    )
  }
}
