import { isReportLine } from '../text.ts'
import { stripDecoration } from './strip-decoration.ts'
import { completenessOf, withoutEnd } from './unfinished.ts'

/** A line of a log with its number, which counts from 1. */
interface NumberedLine {
  readonly text: string
  readonly number: number
}

/** Puts kernel lines together that a mail program, a page, a terminal or a source file broke. */
interface Unwrapper {
  readonly push: (line: NumberedLine) => readonly NumberedLine[]
  readonly end: () => readonly NumberedLine[]
}

/**
 * Holds a line back where it begins as a line of a report and may go on, and adds those after it that go on with it:
 * broken between two words, or within one at the edge of a terminal.
 *
 *     [ 42.000001] Out of memory: Killed process 4242 (java) total-vm:2383472kB,
 *     anon-rss:1018148kB, file-rss:128kB, shmem-rss:0kB, UID:0 pgtables:40
 *     8kB oom_score_adj:0
 */
export function createUnwrapper(): Unwrapper {
  let held: NumberedLine | undefined
  let added = 0
  /** Of the last line that was added. */
  let width = 0

  const release = (): readonly NumberedLine[] => {
    const line = held
    held = undefined
    return line ? [line] : []
  }

  return {
    push: line => {
      const next = held && added < mostAdded ? continued(held.text, line.text, width) : undefined
      if (held && next !== undefined) {
        held = { text: next, number: held.number }
        added++
        width = line.text.length
        return []
      }
      const before = release()
      if (line.text.length > longest || !mayGoOn(line.text)) return [...before, line]
      held = line
      added = 0
      width = line.text.length
      return before
    },
    end: release,
  }
}

// Two paths of a container, in a mail of 72 columns.
const mostAdded = 16
const longest = 16_384

function mayGoOn(line: string): boolean {
  return isPrefixOnly(line) || completenessOf(line) !== undefined
}

/** Where a mail was broken behind the stamp, for what follows is one long word. */
function isPrefixOnly(line: string): boolean {
  return /(?:\[ *\d{1,10}\.\d{1,9}\](?:\[ *[TC]\d{1,10}\])?| kernel:) *$/.test(line)
}

/** The two as one line; undefined where the second does not go on with the first. */
function continued(line: string, next: string, width: number): string | undefined {
  if (line.length + next.length > longest) return undefined
  const start = withoutEnd(line)
  for (const rest of restsOf(next)) {
    if (!/\w/.test(rest) || isOwnRecord.test(rest)) continue
    if (isPrefixOnly(line)) {
      if (isReportLine(rest) && rest[0] !== '[') return `${start} ${rest}`
      continue
    }
    // A path may end anywhere: only a line as wide as a screen can have been broken in it.
    const isPath = /(?:limit of |,uid=)\S*$/.test(start)
    if (isPath && (width < narrowest || !/^[\w/][\w./:@-]*$/.test(rest))) continue
    const mayBreakWords = start.endsWith(',') || width <= widest
    const joined = [...(mayBreakWords ? [`${start}${rest}`] : []), `${start} ${rest}`]
    const found = joined.find(both => completenessOf(both) !== undefined)
    if (found !== undefined) return found
  }
  return undefined
}

/** Without the decoration of its own line; a dash may as well belong to the word that was broken. */
function restsOf(line: string): readonly string[] {
  const bare = `${stripDecoration(line).trim()}${/,\s*$/.test(line) ? ',' : ''}`
  const word = /^[>|\s]*(-\S.*)$/.exec(line)?.[1]
  return word === undefined ? [bare] : [bare, word.trimEnd()]
}

// A record of /dev/kmsg, which the kernel itself may have split.
const isOwnRecord = /^\d{1,4},\d{1,16},\d{1,16},/
const narrowest = 60
// Mails and terminals break there; from a line that is longer a program may as well have cut letters.
const widest = 132
