import type { KernelRecord, UnitLine } from '../../types.ts'
import { readDmesg } from './dmesg.ts'
import { createExportReader } from './journal-export.ts'
import { readJson } from './json.ts'
import { parseKmsgRecord } from './kmsg.ts'
import { createLogTime, type LogTimeOptions, type TimeNote } from './log-time.ts'
import type { WallTime } from './log-time-zone.ts'
import { readSyslog } from './syslog.ts'
import { type LogLine, readBare } from './text.ts'

export interface LineParser {
  /** A line without its newline. Undefined: it is no kernel line, and none of a daemon that we follow. */
  readonly parse: (line: string) => KernelRecord | UnitLine | undefined
  /** What is left at the end of the log (the last entry of a journal export). */
  readonly end: () => KernelRecord | UnitLine | undefined
  /** The time at the start of a line, whatever the line is; null where it has none. */
  readonly timeOf: (line: string) => number | null
  /** What the last line was read as, also where it gave no record: another program's line, a field of an entry (empty). */
  readonly lastLine: () => LogLine | undefined
  /** Reads a line without the memory of those before it. */
  readonly read: (line: string) => LogLine | undefined
  /** Makes a record of what another reader found. */
  readonly accept: (logLine: LogLine) => KernelRecord | UnitLine | undefined
  readonly epoch: (time: WallTime) => number | null
  /** The host that the last kernel line named. */
  readonly lastHost: () => string | undefined
  /** The hosts that kernel lines name, in the order of their appearance, the first few. */
  readonly hosts: () => readonly string[]
  /** What was assumed of year and time zone. */
  readonly notes: () => readonly TimeNote[]
}

/**
 * Reads the lines of a log, each by itself, so that formats may be mixed within one file: raw kmsg, dmesg
 * (plain, -T, -x, iso, caller ids), syslog (classic, RFC 3339, RFC 5424), journalctl (short variants, JSON, export),
 * consoles, container-runtime JSON. Records of userspace facilities are left out wherever the format names one.
 */
export function createLineParser(options: LogTimeOptions = {}): LineParser {
  const time = createLogTime(options)
  const journalExport = createExportReader()
  /** Wall time less the kernel's stamp, ms, once a line has shown both. */
  let bootOffset: number | undefined
  let lastAt: number | null = null
  let lastHost: string | undefined
  let lastLine: LogLine | undefined
  const hosts = new Set<string>()

  const record = (logLine: LogLine | undefined): KernelRecord | UnitLine | undefined => {
    if (!logLine) return undefined
    const { at: writtenAt, unit, trusted, text, stampUs, host, ...rest } = logLine
    if (unit !== undefined) {
      const at = writtenAt ?? lastAt
      if (at === null || at === undefined || !followed.has(unit)) return undefined
      lastAt = at
      return { kind: 'unit-line', at, unit, line: text.slice(0, 4096), ...(trusted && { trusted }) }
    }
    lastHost = host !== undefined && isHostName(host) ? host : undefined
    if (host !== undefined && !hosts.has(host) && hosts.size < keptHosts && isHostName(host)) hosts.add(host)
    if (writtenAt != null && stampUs !== undefined) bootOffset = writtenAt - stampUs / 1000
    const isEstimated = writtenAt == null && stampUs !== undefined && bootOffset !== undefined
    const at = isEstimated ? Math.round(bootOffset! + stampUs! / 1000) : (writtenAt ?? null)
    lastAt = at ?? lastAt
    return {
      kind: 'kernel',
      at,
      text,
      ...(stampUs !== undefined && { stampUs }),
      ...(isEstimated && { estimated: true }),
      ...rest,
    }
  }

  const read = (line: string): LogLine | undefined => {
    // Blanks at the end may belong to a text that was cut in pieces; a carriage return never belongs to it.
    const text = plain(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (text === '') return undefined
    switch (kindOf(text)) {
      case 'json':
        return readJson(text, time, read)
      case 'kmsg':
        return readKmsg(text)
      case 'other':
        return readDmesg(text, time, lastAt) ?? readSyslog(text, time, read) ?? readBare(text)
    }
  }

  return {
    parse: line => {
      lastLine = undefined
      if (line.length > maxLine) return undefined
      const entry = journalExport.push(line, time)
      lastLine = entry === 'taken' ? fieldOfEntry : entry
      if (entry !== undefined) return entry === 'taken' ? undefined : record(entry)
      lastLine = read(line)
      return record(lastLine)
    },
    lastLine: () => lastLine,
    read,
    accept: record,
    epoch: time.epoch,
    lastHost: () => lastHost,
    end: () => record(journalExport.end(time)),
    timeOf: line => timeOf(line.trim(), time),
    hosts: () => [...hosts],
    notes: time.notes,
  }
}

// Two paths of 4096 bytes, each byte escaped, and the words around them. A JSON entry of journald may hold more fields.
const maxLine = 128 * 1024

const keptHosts = 10

/** Stands for a line that is a part of an entry. */
const fieldOfEntry: LogLine = { unit: '', text: '' }

/** A name that distinguishes hosts, and nothing else that stands in its place. */
function isHostName(text: string): boolean {
  return (
    /^[a-z\d](?:[\w.-]{0,251}[a-z\d])?$/i.test(text) &&
    !/^localhost(?:\.localdomain)?$|^(?:kern|user|daemon|syslog)\.[a-z]{3,7}$/i.test(text)
  )
}

/** Daemons whose own log says something about the node's end. */
const followed: ReadonlySet<string> = new Set([
  'kubelet',
  'k3s',
  'rke2',
  'containerd',
  'dockerd',
  'crio',
  'systemd-oomd',
  'earlyoom',
  'nohang',
  'oomd',
])

/** Without escape sequences for colours (`dmesg --color=always`), and without netconsole's kernel release. */
function plain(line: string): string {
  const text = line.includes('\x1b[') ? line.replaceAll(colour, '').trimStart() : line.trimStart()
  return isDigit(text.charCodeAt(0))
    ? text.replace(/^\d{1,3}\.\d{1,3}\.\d[^,;\s]{0,64},(?=\d{1,4},\d{1,16},\d{1,16},)/, '')
    : text
}

const colour = /\x1b\[[\d;]{0,16}m/g

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function kindOf(text: string): 'json' | 'kmsg' | 'other' {
  if (text[0] === '{' || text.startsWith('data: {') || text.startsWith('\x1e{')) return 'json'
  return /^\d{1,4},\d{1,16},\d{1,16},/.test(text) ? 'kmsg' : 'other'
}

function readKmsg(text: string): LogLine | undefined {
  const parsed = parseKmsgRecord(text)
  if (parsed?.facility !== 0) return undefined
  const { facility: _, continues, ...record } = parsed
  return { at: null, ...record, ...(continues && { continues }) }
}

function timeOf(text: string, time: ReturnType<typeof createLogTime>): number | null {
  const logLine = text[0] === '{' ? undefined : (readDmesg(text, time, null) ?? readSyslog(text, time, () => undefined))
  return logLine?.at ?? null
}
