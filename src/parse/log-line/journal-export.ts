import { ofJournal } from './json.ts'
import type { LogTime } from './log-time.ts'
import type { LogLine } from './text.ts'

/** Reads the journal export format, whose entries are many lines: a field a line, an empty line at the end. */
interface ExportReader {
  /** 'taken': a field of an entry; an entry where one is complete; undefined where the line is something else. */
  readonly push: (line: string, time: LogTime) => LogLine | 'taken' | undefined
  readonly end: (time: LogTime) => LogLine | undefined
}

/**
 * An entry begins with `__CURSOR=`. Fields that are no text (a length in 8 bytes follows their name's line) are not read:
 * a kernel line with such a field is found by its other lines, or not.
 *
 *     __CURSOR=s=…
 *     __REALTIME_TIMESTAMP=1695465885123456
 *     _TRANSPORT=kernel
 *     MESSAGE=Memory cgroup out of memory: Killed process …
 */
export function createExportReader(): ExportReader {
  let fields: Map<string, string> | undefined

  const finish = (): LogLine | undefined => {
    const entry = fields
    fields = undefined
    return entry && ofJournal(key => entry.get(key))
  }

  return {
    push: line => {
      if (line.startsWith('__CURSOR=')) {
        const previous = finish()
        fields = new Map()
        return previous ?? 'taken'
      }
      if (!fields) return undefined
      if (line === '') return finish() ?? 'taken'
      const equals = line.indexOf('=')
      const name = line.slice(0, Math.max(0, equals))
      if (wanted.has(name) && !fields.has(name)) fields.set(name, line.slice(equals + 1))
      return 'taken'
    },
    end: finish,
  }
}

const wanted: ReadonlySet<string> = new Set([
  '__REALTIME_TIMESTAMP',
  '_HOSTNAME',
  '_TRANSPORT',
  'SYSLOG_IDENTIFIER',
  'SYSLOG_FACILITY',
  'PRIORITY',
  'MESSAGE',
  '_SYSTEMD_UNIT',
  '_UID',
  '_SOURCE_MONOTONIC_TIMESTAMP',
])
