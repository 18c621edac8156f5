import type { LogTime } from './log-time.ts'
import { decodeUnprintable, type LogLine, stripKernelPrefix } from './text.ts'
import { ctime, isoTime } from './timestamp.ts'

/**
 * Reads what dmesg prints, with every option that changes its lines, and consoles that print alike.
 *
 *     [  221.921944] …            <4>[ 1771.264287] …           [   37.052923][ T9185] …
 *     [Wed Sep 23 10:44:45 2026] …                              kern  :warn  : [ 1771.264287] …
 *     2026-09-23T10:44:45,123456+00:00 …                        kern:    info: [2024-08-22T17:52:26.351725011Z]: …
 *     [Nov23 20:17] …             [  +0.000012] …              172.20.0.2: kern: info: [2024-08-22T17:52:26.351725011Z]: …
 */
export function readDmesg(line: string, time: LogTime, lastAt: number | null): LogLine | undefined {
  const named = /^(?:[\w.:-]{1,64}: (?=kern: ))?([a-z]{3,8}\d?) *: *([a-z]{3,7}) *: (.*)$/s.exec(line)
  if (named && levels.includes(named[2]!)) {
    if (named[1] !== 'kern') return undefined
    const logLine = readDmesg(named[3]!, time, lastAt)
    return logLine && { level: levelOf(named[2]!), ...logLine }
  }
  return readStamped(line) ?? readBracketed(line, time, lastAt) ?? readIso(line, time)
}

const levels = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'error', 'warning']

function levelOf(name: string): number {
  const at = levels.indexOf(name)
  return at < 8 ? at : at - 5 // `error` is 3, `warning` 4
}

function readStamped(line: string): LogLine | undefined {
  if (!/^(?:<\d{1,3}>)?\[? *\d{1,10}\.\d{6}\]/.test(line)) return undefined
  const prefix = stripKernelPrefix(line)
  if (!prefix) return undefined
  // `journalctl -o short-monotonic` puts the host and the tag after the stamp.
  const tagged = /^[\w.-]{1,64} kernel: /.exec(prefix.text)
  return { ...prefix, text: decodeUnprintable(tagged ? prefix.text.slice(tagged[0].length) : prefix.text) }
}

function readBracketed(line: string, time: LogTime, lastAt: number | null): LogLine | undefined {
  const match = /^(?:<([0-7])>)?\[([^\]]{5,48})\](?::? |$)(.*)$/s.exec(line)
  if (!match) return undefined
  const inside = match[2]!
  const at = insideTime(inside, time, lastAt)
  if (at === undefined) return undefined
  const caller = /^\[\s*([TC]\d{1,10})\] /.exec(match[3]!)
  const text = caller ? match[3]!.slice(caller[0].length) : match[3]!
  return {
    at,
    text: decodeUnprintable(text),
    ...(match[1] !== undefined && { level: Number(match[1]) }),
    ...(caller && { caller: caller[1]! }),
  }
}

/** null: a time that cannot be read; undefined: no time at all (a row of a table). */
function insideTime(inside: string, time: LogTime, lastAt: number | null): number | null | undefined {
  const written = ctime(inside)
  if (written !== undefined) return written === null ? null : time.epoch(written)
  const iso = isoTime(inside)
  if (iso && iso.end === inside.length) return time.epoch(iso.time)
  // `dmesg -e`: the minute where it changes, else seconds since the line before.
  const minute = /^([A-Z][a-z]{2}) ?(\d{1,2}) (\d\d):(\d\d)$/.exec(inside)
  if (minute) {
    const month = 'JanFebMarAprMayJunJulAugSepOctNovDec'.indexOf(minute[1]!) / 3
    if (!Number.isInteger(month) || month < 0) return null
    const [, , day, hour, min] = minute
    return time.epoch({ month, day: Number(day), hour: Number(hour), minute: Number(min), second: 0, millisecond: 0 })
  }
  const since = /^ *\+(\d{1,6})\.(\d{6})$/.exec(inside)
  if (since) return lastAt === null ? null : lastAt + Number(since[1]) * 1000 + Math.floor(Number(since[2]) / 1000)
  return undefined
}

function readIso(line: string, time: LogTime): LogLine | undefined {
  const leading = isoTime(line)
  if (!leading?.hasComma) return undefined
  const rest = line.slice(leading.end + 1)
  const caller = /^\[\s*([TC]\d{1,10})\] /.exec(rest)
  const text = caller ? rest.slice(caller[0].length) : rest
  // journalctl and some daemons write the comma too, but a host or a tag after it.
  if (/^(?:[\w.-]{1,64} )?[\w./@-]{1,64}(?:\[\d+\])?: /.test(text) && !/^(?:oom-kill|Memory|Out|Killed)/.test(text)) {
    const tagged = /^(?:[\w.-]{1,64} )?kernel: /.exec(text)
    if (tagged) return { at: time.epoch(leading.time), ...stripKernelPrefix(text.slice(tagged[0].length))! }
  }
  return { at: time.epoch(leading.time), text: decodeUnprintable(text), ...(caller && { caller: caller[1]! }) }
}
