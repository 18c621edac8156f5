import type { KernelRecord, UnitLine } from '../../../types.ts'
import type { LineParser } from '../format.ts'
import { isReportLine, type LogLine } from '../text.ts'
import type { ByPhrase } from './by-phrase.ts'
import { known, type PastedLine } from './pasted-line.ts'
import { findPhrase } from './phrase.ts'
import { readPrefix, relays } from './prefix.ts'
import type { RecordTaker } from './record-taker.ts'

/** Reads a line by the strict rules of the live agent; undefined where they know no format of it. */
type ByFormat = (text: string) => PastedLine | undefined

export function createByFormat(strict: LineParser, take: RecordTaker, byPhrase: ByPhrase): ByFormat {
  const read = (observation: KernelRecord | UnitLine | undefined, logLine: LogLine | undefined): PastedLine => {
    const killers = logLine ? take.killers(asWritten(logLine)) : []
    if (!observation) {
      const quoted = logLine?.unit !== undefined && relays.test(logLine.unit) ? byPhrase(logLine.text, logLine) : known
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
    const logLine = strict.lastLine()
    if (!observation && !logLine) return undefined
    // Without a stamp or a tag the strict rules let a line begin a little late: its prefix has to be looked at.
    if (
      logLine?.unit === undefined &&
      !isStated(logLine) &&
      observation?.kind === 'kernel' &&
      !startsReport(observation.text)
    )
      return undefined
    if (logLine?.unit !== undefined && noWriter.test(logLine.unit)) return undefined
    return read(observation, logLine)
  }
}

/** Programs that write to /dev/kmsg stand in dmesg with their names: `systemd-oomd[659]: Killed /user.slice/…`. */
function asWritten(logLine: LogLine): LogLine {
  const tag = logLine.unit === undefined ? /^([\w@-]{1,64})\[\d{1,10}\]: /.exec(logLine.text) : null
  return tag ? { ...logLine, unit: tag[1]!, text: logLine.text.slice(tag[0].length) } : logLine
}

/** A known format around another: `kernel: node-a kernel: [123.456789] …`. */
function relayed(text: string, isWithinReport: boolean): Partial<KernelRecord> | undefined {
  const phrase = findPhrase(text, isWithinReport)
  if (!phrase || phrase.start === 0) return undefined
  const prefix = readPrefix(text.slice(0, phrase.start))
  if (!prefix.isKnown && !prefix.isNamed) return undefined
  return { text: phrase.text, ...(prefix.stampUs !== undefined && { stampUs: prefix.stampUs }) }
}

/** A kill line behind something that is no known prefix: it is not taken, but must not pass in silence. */
function isQuoted(text: string): boolean {
  const at = text.search(/(?:[Oo]ut of memory: )?Killed process \d{1,10} \(/)
  return at > 0 && readPrefix(text.slice(0, at)).writer === undefined && !/^audit: |^audit\(/.test(text)
}

/** A name has 15 bytes: what is longer holds the prefix of a log format. */
function startsReport(text: string): boolean {
  return isReportLine(text) && !(text.indexOf(' invoked oom-killer: ') > 15) && !/^c\d{1,3} +\d{1,10} /.test(text)
}

/** Whether the format gives anything of a line beside its text: a time, a stamp, a host. */
function isStated(logLine: LogLine | undefined): boolean {
  return logLine !== undefined && (logLine.at != null || logLine.stampUs !== undefined || logLine.host !== undefined)
}

/** What stands before the first colon of a kernel's line, and is no program. */
const noWriter = /^(?:oom-kill|oom_reaper|memory|sysrq|SysRq|CPU|Pid|memcg|Killed|swap|lowmemorykiller)$/

/** A known format names a facility other than the kernel's: whatever the line says, the kernel did not. */
export function isForeign(text: string): boolean {
  const kmsg = /^\s*(\d{1,4}),\d{1,16},\d{1,16},/.exec(text)?.[1]
  const priority = /^\s*<(\d{1,3})>/.exec(text)?.[1]
  if (Number(kmsg ?? priority ?? 0) > 7) return true
  return /^\s*(?:[\w.:-]{1,64}: )?(?:user|mail|daemon|auth(?:priv)?|syslog|lpr|news|uucp|cron|ftp|local[0-7]) *: *(?:emerg|alert|crit|err(?:or)?|warn(?:ing)?|notice|info|debug) *: /.test(
    text,
  )
}
