import type { LogTime } from './log-time.ts'
import type { ReadInner } from './syslog.ts'
import { type LogLine, stripKernelPrefix } from './text.ts'
import { isoTime } from './timestamp.ts'

/**
 * Reads an entry of `journalctl -o json` (also -sse and -seq), or a line that a container runtime wrapped.
 *
 *     {"_TRANSPORT":"kernel","PRIORITY":"3","MESSAGE":"Memory cgroup out of memory: Killed process …","__REALTIME_TIMESTAMP":"…"}
 *     {"log":"[  221.921944] Out of memory: Killed process …\n","stream":"stdout","time":"2026-02-08T00:40:07.1Z"}
 */
export function readJson(line: string, time: LogTime, inner: ReadInner): LogLine | undefined {
  const entry = parseObject(line.slice(line.indexOf('{')))
  if (!entry) return undefined
  if ('MESSAGE' in entry) return ofJournal(key => stringOf(entry[key]))
  const { log, time: stamp } = entry
  if (typeof log !== 'string' || log.startsWith('{')) return undefined
  const logLine = inner(log)
  if (!logLine || logLine.unit !== undefined || logLine.at != null) return logLine
  const leading = typeof stamp === 'string' ? isoTime(stamp) : undefined
  return leading ? { ...logLine, at: time.epoch(leading.time) } : logLine
}

/** A journal entry, of whatever format, by its fields. */
export function ofJournal(field: (key: string) => string | undefined): LogLine | undefined {
  const text = field('MESSAGE')
  if (text === undefined) return undefined
  const at = microseconds(field('__REALTIME_TIMESTAMP'))
  const identifier = field('SYSLOG_IDENTIFIER')
  const transport = field('_TRANSPORT')
  // journald also reads what userspace wrote to /dev/kmsg; it names the facility and the identifier that the writer gave.
  const isKernelFacility = (field('SYSLOG_FACILITY') ?? '0') === '0'
  const isKernel = transport === undefined ? identifier === 'kernel' : transport === 'kernel'
  if (!isKernel || !isKernelFacility || (identifier ?? 'kernel') !== 'kernel') {
    // journald itself says which unit wrote an entry, and as whom; the identifier is what the writer calls itself.
    const writer = field('_SYSTEMD_UNIT')?.replace(/\.service$/, '')
    const trusted = writer !== undefined && trustedUnits.has(writer) && (field('_UID') ?? '0') === '0'
    const unit = trusted ? nameOf(writer) : (identifier ?? writer)
    if (unit === undefined) return undefined
    return { unit, text, at: at === undefined ? null : Math.floor(at / 1000), ...(trusted && { trusted }) }
  }
  const stampUs = microseconds(field('_SOURCE_MONOTONIC_TIMESTAMP'))
  const priority = field('PRIORITY')
  const host = field('_HOSTNAME')
  const prefix = stripKernelPrefix(text)
  return (
    prefix && {
      ...(host !== undefined && { host }),
      at: at === undefined ? null : Math.floor(at / 1000),
      ...(priority !== undefined && /^[0-7]$/.test(priority) && { level: Number(priority) }),
      ...(stampUs !== undefined && { stampUs }),
      ...prefix,
    }
  )
}

/** Units whose log is read, by their names without `.service`. */
const trustedUnits: ReadonlySet<string> = new Set([
  ...['kubelet', 'k3s', 'k3s-agent', 'rke2-server', 'rke2-agent', 'snap.microk8s.daemon-kubelite'],
  ...['containerd', 'docker', 'crio', 'cri-o', 'systemd-oomd', 'earlyoom', 'oomd'],
])

/** As syslog calls it. */
function nameOf(unit: string): string {
  if (unit.startsWith('k3s')) return 'k3s'
  if (unit.startsWith('rke2')) return 'rke2'
  if (unit === 'docker') return 'dockerd'
  if (unit === 'cri-o') return 'crio'
  return unit.startsWith('snap.microk8s') ? 'kubelet' : unit
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined // cut off, or only looks like JSON
  }
}

/** A field is a string, an array of bytes where it is no UTF-8, or an array of strings where it was given twice. */
function stringOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  if (value.every(byte => Number.isInteger(byte) && byte >= 0 && byte < 256)) return Buffer.from(value).toString('utf8')
  return stringOf(value[0])
}

function microseconds(digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d{1,16}$/.test(digits) ? Number(digits) : undefined
}
