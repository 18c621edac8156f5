import type { KernelRecord, UnitLine } from '../../../types.ts'
import type { LineParser } from '../format.ts'
import { type Carried, isReportLine } from '../text.ts'
import type { ByPhrase } from './by-phrase.ts'
import { known, type PastedLine } from './pasted-line.ts'
import { findPhrase } from './phrase.ts'
import { readPrefix, relays } from './prefix.ts'
import type { RecordTaker } from './record-taker.ts'

/** Reads a line by the strict rules of the live agent; undefined where they know no carrier. */
type ByCarrier = (text: string) => PastedLine | undefined

export function createByCarrier(strict: LineParser, take: RecordTaker, byPhrase: ByPhrase): ByCarrier {
  const read = (observation: KernelRecord | UnitLine | undefined, carried: Carried | undefined): PastedLine => {
    const killers = carried ? take.killers(asWritten(carried)) : []
    if (!observation) {
      const quoted = carried?.unit !== undefined && relays.test(carried.unit) ? byPhrase(carried.text, carried) : known
      return { ...quoted, isKnown: true, isMissed: false, killers }
    }
    if (observation.kind === 'unit-line') return { ...known, records: take.observation(observation), killers }
    const text = observation.text.trimStart()
    const inner = startsReport(text) ? { text } : relayed(text, take.isWithinReport())
    const records = take.observation(inner ? { ...observation, ...inner } : observation)
    return { ...known, records, killers, isMissed: !inner && killers.length === 0 && isQuoted(text) }
  }

  return text => {
    const observation = strict.parse(text)
    const carried = strict.lastCarried()
    if (!observation && !carried) return undefined
    // Without a stamp or a tag the strict rules let a line begin a little late: its prefix has to be looked at.
    if (
      carried?.unit === undefined &&
      !isStated(carried) &&
      observation?.kind === 'kernel' &&
      !startsReport(observation.text)
    )
      return undefined
    if (carried?.unit !== undefined && noWriter.test(carried.unit)) return undefined
    return read(observation, carried)
  }
}

/** Programs that write to /dev/kmsg stand in dmesg with their names: `systemd-oomd[659]: Killed /user.slice/…`. */
function asWritten(carried: Carried): Carried {
  const tag = carried.unit === undefined ? /^([\w@-]{1,64})\[\d{1,10}\]: /.exec(carried.text) : null
  return tag ? { ...carried, unit: tag[1]!, text: carried.text.slice(tag[0].length) } : carried
}

/** A known carrier around another: `kernel: node-a kernel: [123.456789] …`. */
function relayed(text: string, isWithinReport: boolean): Partial<KernelRecord> | undefined {
  const phrase = findPhrase(text, isWithinReport)
  if (!phrase || phrase.start === 0) return undefined
  const prefix = readPrefix(text.slice(0, phrase.start))
  if (!prefix.isKnown && !prefix.isNamed) return undefined
  return { text: phrase.text, ...(prefix.stampUs !== undefined && { stampUs: prefix.stampUs }) }
}

/** A kill line behind something that is no carrier: it is not taken, but must not pass in silence. */
function isQuoted(text: string): boolean {
  const at = text.search(/(?:[Oo]ut of memory: )?Killed process \d{1,10} \(/)
  return at > 0 && readPrefix(text.slice(0, at)).writer === undefined && !/^audit: |^audit\(/.test(text)
}

/** A name has 15 bytes: what is longer holds a carrier's prefix. */
function startsReport(text: string): boolean {
  return isReportLine(text) && !(text.indexOf(' invoked oom-killer: ') > 15) && !/^c\d{1,3} +\d{1,10} /.test(text)
}

/** Whether a carrier says anything of a line beside its text. */
function isStated(carried: Carried | undefined): boolean {
  return carried !== undefined && (carried.at != null || carried.stampUs !== undefined || carried.host !== undefined)
}

/** What stands before the first colon of a kernel's line, and is no program. */
const noWriter = /^(?:oom-kill|oom_reaper|memory|sysrq|SysRq|CPU|Pid|memcg|Killed|swap|lowmemorykiller)$/

/** A carrier that is known names a facility other than the kernel's: whatever the line says, the kernel did not. */
export function isForeign(text: string): boolean {
  const kmsg = /^\s*(\d{1,4}),\d{1,16},\d{1,16},/.exec(text)?.[1]
  const priority = /^\s*<(\d{1,3})>/.exec(text)?.[1]
  if (Number(kmsg ?? priority ?? 0) > 7) return true
  return /^\s*(?:[\w.:-]{1,64}: )?(?:user|mail|daemon|auth(?:priv)?|syslog|lpr|news|uucp|cron|ftp|local[0-7]) *: *(?:emerg|alert|crit|err(?:or)?|warn(?:ing)?|notice|info|debug) *: /.test(
    text,
  )
}
