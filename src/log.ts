import { openLogOutput } from './log-output.ts'

/** The agent's own log: a constant sentence and fields, as JSON lines on stderr. Never a URL's path, never a secret. */
export interface Log {
  readonly debug: (fields: object, sentence: string) => void
  readonly info: (fields: object, sentence: string) => void
  readonly warn: (fields: object, sentence: string) => void
  readonly error: (fields: object, sentence: string) => void
}

/**
 * Creates the log. error = data lost or a person is needed; warn = unexpected, nothing lost; info = started, stopped,
 * alert sent; debug = the rest, never per record. Never throws and never waits: while stderr takes nothing (a full or
 * hanging disk, a reader that stopped) lines are dropped, and their number is logged as soon as it can be. `show`
 * formats a line for the reader.
 */
export function createLog(level: LogLevel, fd = 2, show: (line: string) => string = line => line): Log {
  const write = openLogOutput(fd)
  const at = (own: LogLevel): Log['info'] =>
    levels.indexOf(own) < levels.indexOf(level)
      ? () => {}
      : (fields, sentence) => write(show(lineOf(own, fields, sentence)))
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

type LogLevel = keyof Log

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/**
 * {"level":"info","time":"2026-11-28T14:02:07.113Z","webhook":"pager","msg":"alert sent"}
 */
function lineOf(level: LogLevel, fields: object, msg: string): string {
  const head = { level, time: new Date().toISOString() }
  try {
    return `${JSON.stringify({ ...head, ...fields, msg }, plain)}\n`
  } catch {
    return `${JSON.stringify({ ...head, msg })}\n` // a field that refers to itself: the sentence counts
  }
}

/** What JSON has no word for. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? value.message : value
}
