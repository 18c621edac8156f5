import { wordsInJson } from '../kernel-phrases.ts'
import { createJsonScanner, type EntryFacts, type JsonEntry } from './json-scan.ts'

/** Where JSON begins in a line: at its start, or after what a shipper put before it; −1 where none does. */
export function jsonStart(text: string): number {
  const at = text.search(/\S/)
  if (text[at] === '{' || (text[at] === '[' && /^\[\s*[[{"]/.test(text.slice(at, at + 20)))) return at
  if (!text.trimEnd().endsWith('}')) return -1
  const inner = text.indexOf('{"')
  return inner > 0 && inner < 300 ? inner : -1
}

/** The entries of a line that is JSON; undefined: it is none after all. */
export function entriesOf(text: string): readonly JsonEntry[] | undefined {
  const scanner = createJsonScanner(isWanted)
  const entries = scanner.push(text)
  if (scanner.isOpen() && !/^\s*[{[]\s*"/.test(text)) return undefined
  return [...entries, ...scanner.end()]
}

/** Whether a string may be a part of an OOM report, or another OOM killer's line. */
export function isWanted(text: string): boolean {
  return oomWords.test(text)
}

/** The kernel's words, and those of kubelet and the userspace OOM killers. */
const oomWords = new RegExp(`${wordsInJson}|PLEG is|SIGKILL|SIGTERM|evict|low on resource|lowmemorykiller|oomd|, name:`)

/** Whether the kernel is an entry's writer, or no writer is named. */
export function isKernels({ transport, facility, program }: EntryFacts): boolean {
  if (facility !== undefined && foreignFacility.test(facility)) return false
  if (transport !== undefined) return transport === 'kernel' && (program ?? 'kernel') === 'kernel'
  return program === undefined || /^(?:kernel|kmsg|dmesg|klogd?)$/i.test(program)
}

/** Facilities of syslog other than the kernel's; any other word is no facility (GELF names its library there). */
const foreignFacility =
  /^(?:[1-9]|1\d|2[0-3]|user(?:-level)?|mail|daemon|system|auth(?:priv)?|security.*|syslogd?|lpr|line printer|news|uucp|cron|clock|ftp|ntp|local ?[0-7])$/i
