import type { LineParser } from '../format.ts'
import type { Carried } from '../text.ts'
import { carriedOf, prefixEnd } from './by-phrase.ts'
import { isKernels } from './json-entries.ts'
import type { JsonEntry } from './json-scan.ts'
import { known, type PastedLine, together } from './pasted-line.ts'
import { epochOf, timeOfFacts } from './pasted-time.ts'
import { findPhrase, looksLikeOom } from './phrase.ts'
import { type PastedPrefix, readPrefix } from './prefix.ts'
import type { RecordTaker } from './record-taker.ts'
import { undress } from './undress.ts'

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
      const carried = { unit, text, at, ...(host !== undefined && { host }) }
      return { ...known, records: unit === '' ? [] : take.carried(carried), killers: take.killers(carried) }
    }
    return together(
      text.split('\n').map(each => {
        const bare = undress(each.trimEnd())
        const inner = key === 'MESSAGE' ? undefined : strict.carry(bare)
        // The entry's own time is that of the event; the line's may lack year or zone.
        if (inner?.unit !== undefined)
          return { ...known, killers: take.killers({ ...inner, at: at ?? inner.at ?? null }) }
        const phrase = findPhrase(bare, take.isWithinReport())
        const found = inner ?? (phrase && carriedOf(phrase.text, readPrefix(bare.slice(0, phrase.start)), strict))
        const carried = found ?? (key === 'MESSAGE' ? { text: bare } : undefined)
        if (!carried) {
          const killers = take.killers({ text: bare.slice(prefixEnd(bare)), at, ...(host !== undefined && { host }) })
          return { ...known, killers, isMissed: killers.length === 0 && looksLikeOom(bare) }
        }
        const stampUs = carried.stampUs ?? facts.stampUs
        const whole: Carried = {
          ...level,
          ...carried,
          at: at ?? carried.at ?? null,
          ...(stampUs !== undefined && { stampUs }),
          ...((carried.host ?? host) !== undefined && { host: carried.host ?? host }),
        }
        return { ...known, records: take.carried(whole), killers: take.killers(whole) }
      }),
    )
  }
}
