import { ofJournal } from '../json.ts'
import type { LogLine } from '../text.ts'

/** Reads `journalctl -o verbose`, whose entries are a line with the time and then an indented line for each field. */
interface VerboseReader {
  readonly push: (line: string) => LogLine | 'taken' | undefined
  readonly end: () => LogLine | undefined
}

/**
 *     Thu 2026-04-16 21:08:50.123456 UTC [s=4f1c…;i=2a;b=9e…;m=1c;t=5f;x=77]
 *         _TRANSPORT=kernel
 *         MESSAGE=Out of memory: Killed process …
 */
export function createVerboseReader(timeOf: (line: string) => number | null): VerboseReader {
  let fields: Map<string, string> | undefined
  let at: number | null = null

  const finish = (): LogLine | undefined => {
    const entry = fields
    fields = undefined
    const logLine = entry && ofJournal(key => entry.get(key))
    return logLine && { ...logLine, at: logLine.at ?? at }
  }

  return {
    push: line => {
      if (header.test(line)) {
        const previous = finish()
        fields = new Map()
        at = timeOf(line)
        return previous ?? 'taken'
      }
      if (!fields) return undefined
      const field = /^\s+([A-Z_\d]{1,64})=(.*)$/s.exec(line)
      if (!field) return finish() ?? undefined
      if (!fields.has(field[1]!)) fields.set(field[1]!, field[2]!.trimEnd())
      return 'taken'
    },
    end: finish,
  }
}

const header = /^\S.{10,60} \[s=[\da-f]{1,40};i=[\da-f]{1,20}(?:;[bmtx]=[\da-f]{1,40}){1,4}\]\s*$/
