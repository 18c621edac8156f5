import type { LogTime } from './log-time.ts'
import { decodeUnprintable, isReportLine, type LogLine, stripKernelPrefix } from './text.ts'
import { classicTime, isoTime } from './timestamp.ts'

/** Reads a line that stands within another one. */
export type ReadInner = (line: string) => LogLine | undefined

/**
 * Reads syslog files and wire formats, and what journalctl prints alike.
 *
 *     Jun 11 01:43:49 node kernel: [648929.158736] …       <4>Jun 11 01:43:49 node kernel: …
 *     2026-02-08T00:40:07.136582+00:00 node kernel: …      Wed 2026-09-23 10:44:45 UTC node kernel: …
 *     <6>1 2026-02-08T00:40:07Z node kernel - - - …        1695465885.123456 node kernel: …
 *     2023-12-04T10:49:30.127Z stdout F …                  (what a container printed)
 */
export function readSyslog(line: string, time: LogTime, inner: ReadInner): LogLine | undefined {
  const priority = /^<(\d{1,3})>(?=\S)/.exec(line)
  const level = priority ? Number(priority[1]) : undefined
  // A facility other than the kernel's: another program wrote it, whatever it contains.
  const isForeign = level !== undefined && level > 7
  const text = priority ? line.slice(priority[0].length) : line

  const logLine = readRfc5424(text, time) ?? readTimed(text, time, inner)
  if (!logLine || (isForeign && logLine.unit === undefined)) return undefined
  return level !== undefined && !isForeign ? { level, ...logLine } : logLine
}

const structured = /^(?:-|(?:\[(?:[^\]\\"]|\\.|"(?:[^"\\]|\\.)*")*\])+)(?: |$)/

function readRfc5424(text: string, time: LogTime): LogLine | undefined {
  if (!text.startsWith('1 ')) return undefined
  const leading = isoTime(text.slice(2))
  if (!leading) return undefined
  const header = /^ (\S{1,255}) (\S{1,64}) (\S{1,128}) (\S{1,32}) /.exec(text.slice(2 + leading.end))
  if (!header) return undefined
  const rest = text.slice(2 + leading.end + header[0].length)
  const data = structured.exec(rest)
  if (!data) return undefined
  const said = rest.slice(data[0].length).replace(/^\uFEFF/, '')
  return ofTag({ tag: header[2]!, host: header[1] }, said, time.epoch(leading.time))
}

function readTimed(text: string, time: LogTime, inner: ReadInner): LogLine | undefined {
  const leading = classicTime(text) ?? isoTime(text)
  if (leading) {
    const at = (): number | null => time.epoch(leading.time)
    return readTagged(text.slice(leading.end).trimStart(), at, inner)
  }
  const unix = /^(\d{9,11})\.(\d{3,9}) /.exec(text)
  if (!unix) return undefined
  return readTagged(text.slice(unix[0].length), () => Math.floor(Number(`${unix[1]}.${unix[2]}`) * 1000), inner)
}

function readTagged(rest: string, at: () => number | null, inner: ReadInner): LogLine | undefined {
  // Without a host (`May 29 11:33:39 kernel: …`), with one, and with busybox's facility between them.
  const tagged =
    /^(?:(\S{0,254}[^\s:]) )?(?:([a-z]{2,8}\d?)\.[a-z]{3,7} )?([^\s:[\]]{1,128})(?:\[[^\]\s]{0,32}\])?: ?/.exec(rest)
  if (tagged && (tagged[2] === undefined || tagged[2] === 'kern' || tagged[3] !== 'kernel')) {
    return ofTag({ tag: tagged[3]!, host: tagged[1] }, rest.slice(tagged[0].length), at())
  }
  return ofContainer(rest, at, inner) ?? ofGuest(rest, at) ?? ofStamped(rest, at)
}

interface Head {
  readonly tag: string
  readonly host: string | undefined
}

function ofTag({ tag, host }: Head, text: string, at: number | null): LogLine | undefined {
  if (tag !== 'kernel') return { unit: tag, text, at }
  const prefix = stripKernelPrefix(text)
  return prefix && { at, ...prefix, text: decodeUnprintable(prefix.text), ...(host !== undefined && { host }) }
}

/** CRI: `stdout F <what the container printed>`; a container that prints the kernel's log has kernel lines. */
function ofContainer(rest: string, at: () => number | null, inner: ReadInner): LogLine | undefined {
  const match = /^(?:stdout|stderr) [FP] /.exec(rest)
  const logLine = match && inner(rest.slice(match[0].length))
  if (!logLine || logLine.unit !== undefined) return undefined
  return logLine.at == null ? { ...logLine, at: at() } : logLine
}

/** `docker logs -t`, `kubectl logs --timestamps`: a time in front of what dmesg printed. */
function ofStamped(rest: string, at: () => number | null): LogLine | undefined {
  const prefix = /^(?:<[0-7]>)?\[ *\d/.test(rest) ? stripKernelPrefix(rest) : undefined
  return prefix?.stampUs !== undefined && isReportLine(prefix.text) ? { at: at(), ...prefix } : undefined
}

/** VMware's log of a guest's console: `In(05) vcpu-5 - Guest: <6>[39291577.009360] …`. */
function ofGuest(rest: string, at: () => number | null): LogLine | undefined {
  const match = /^\S{1,16} \S{1,16} - Guest: (?=<[0-7]>\[)/.exec(rest)
  const prefix = match && stripKernelPrefix(rest.slice(match[0].length))
  return prefix && isReportLine(prefix.text) ? { at: at(), ...prefix } : undefined
}
