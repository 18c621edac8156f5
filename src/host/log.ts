import { pino } from 'pino'

/** The agent's own log: a constant sentence and fields, as JSON lines on stderr. Never a URL's path, never a secret. */
export interface Log {
  readonly debug: (fields: object, sentence: string) => void
  readonly info: (fields: object, sentence: string) => void
  readonly warn: (fields: object, sentence: string) => void
  readonly error: (fields: object, sentence: string) => void
}

/**
 * Creates the log. error = data lost or a person is needed; warn = odd, nothing lost; info = started, stopped, alert
 * sent; debug = the rest, never per record. Synchronous: a line that explains a death must not die in a buffer. Never
 * throws: while stderr takes nothing (a full disk) lines are lost, and the agent goes on.
 */
export function createLog(level: 'debug' | 'info' | 'warn' | 'error', fd = 2): Log {
  const open = () => pino.destination({ fd, sync: true })
  let stream = open()
  const write = (line: string): void => {
    try {
      stream.write(line)
    } catch {
      stream = open() // this one would keep the line, and all that come after it
    }
  }
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    { write },
  )
}
