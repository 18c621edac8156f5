import { invoked, reportLine } from './kernel-phrases.ts'
import { decodeEscapes } from './kmsg.ts'

/** One line of a log as its format was read: a kernel line, or (with `unit`) a line of a daemon. */
export interface LogLine {
  /** Milliseconds since the epoch; null or absent where the line has none. */
  readonly at?: number | null
  readonly text: string
  /** Whose line it is, where it is not the kernel's. */
  readonly unit?: string
  /** The format proves the unit: no user can write it so. */
  readonly trusted?: boolean
  /** Whose log it is, as far as a kernel line says so. */
  readonly host?: string
  readonly level?: number
  readonly seq?: number
  readonly stampUs?: number
  readonly continues?: boolean
  readonly caller?: string
}

/** What stands in front of the kernel's text: priority, stamp, caller. */
interface Prefix {
  readonly text: string
  readonly level?: number
  readonly stampUs?: number
  readonly caller?: string
}

const levelAndStamp = /^(?:<(\d{1,3})>)?(?:(\[)?\s*(\d{1,10})\.(\d{6})\](?:\s?\[\s*([TC]\d{1,10})\])?(?: |$))?/

/**
 * Takes the kernel's own prefix off a text; undefined where it names a facility that is not the kernel's.
 *
 *     <4>[ 1771.264287] …    [   37.052923][ T9185] …    41066.536886] … (cut off when it was pasted)
 */
export function stripKernelPrefix(text: string): Prefix | undefined {
  const match = levelAndStamp.exec(text)!
  const priority = match[1] === undefined ? undefined : Number(match[1])
  if (priority !== undefined && priority > 7) return undefined
  return {
    text: text.slice(match[0].length),
    ...(priority !== undefined && { level: priority }),
    ...(match[3] !== undefined && { stampUs: Number(match[3]) * 1_000_000 + Number(match[4]) }),
    ...(match[5] !== undefined && { caller: match[5] }),
  }
}

/** Decodes what dmesg shows as `\xNN`, where it is no printable character: those dmesg shows as they are. */
export function decodeUnprintable(text: string): string {
  if (!text.includes('\\x')) return text
  return text.replace(/(?:\\x(?:[01][0-9a-f]|7f|[89a-f][0-9a-f]))+/g, escapes => decodeEscapes(escapes))
}

/**
 * A line without any prefix (a console, `journalctl -o cat`, a README) counts as the kernel's only where it begins as a
 * line of an OOM report does.
 *
 *     "Memory cgroup out of memory: Killed process 668669 (redis-server) total-vm:237071kB, …"
 */
export function readBare(line: string): LogLine | undefined {
  const unquoted = /^"(.*)",?\s*$/s.exec(line)?.[1] ?? line
  const isNamed = unquoted.startsWith('kernel: ')
  // What is named may have a stamp of its own: `kernel: [ 8085.099452] …`, of which the time and the host were cut off.
  if (isNamed) return stripKernelPrefix(unquoted.slice('kernel: '.length).trimStart())
  return isReportLine(unquoted) ? { text: unquoted } : undefined
}

/** Whether a text begins as some line of an OOM report. */
export function isReportLine(text: string): boolean {
  if (reportLine.test(text)) return true
  const at = text.indexOf(`${invoked}gfp_mask=`)
  // A number in brackets is a stamp, of whatever precision, and no part of the name.
  return at >= 0 && at <= 60 && !/^(?:<\d>)?\[ *\d{1,10}(?:\.\d{0,9})?\]/.test(text)
}
