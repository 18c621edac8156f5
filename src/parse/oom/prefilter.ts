import { createLineParser } from '../parse/carrier.ts'
import { parseKilledLine } from '../parse/oom-victim.ts'

/** Cuts those lines out of a log's bytes that can belong to an OOM report. */
export interface Candidates {
  readonly push: (chunk: Buffer) => readonly string[]
  /** What follows the last newline. */
  readonly end: () => readonly string[]
  /** The newest whole line, whatever it is. */
  readonly lastLine: () => string
}

/**
 * Searches for the few words that every line of a report holds, unless it stands within a report: from a header on, all
 * lines are cut out up to the kill line (rows of the task table hold no word at all). Searching is memchr at heart, so
 * words are short and begin with a byte that is rare in logs: `Kill` takes 8 ms for 120 MB of syslog, `oom` 29 ms, `ill`
 * 78 ms.
 */
export function createCandidates(head: string): Candidates {
  const needles = needlesFor(head)
  const isKill = createKillTest()
  let isWithinReport = 0
  let rest: Buffer[] = []
  let restLength = 0
  let isTooLong = false
  let last = ''

  const cut = (bytes: Buffer, from: number, to: number): string => {
    const line = bytes.toString('utf8', from, to)
    if (isKill(line)) isWithinReport = 0
    else if (isHeader(line)) isWithinReport = reportLines
    else if (isWithinReport > 0) isWithinReport--
    return line
  }

  /** All whole lines of a piece that ends with a newline. */
  const scan = (bytes: Buffer, lines: string[]): void => {
    const next = needles?.map(needle => nextAt(bytes, needle, 0))
    let at = 0
    while (at < bytes.length) {
      if (next && isWithinReport === 0) {
        let hit = bytes.length
        for (const [index, needle] of needles!.entries()) {
          if (next[index]! < at) next[index] = nextAt(bytes, needle, at)
          hit = Math.min(hit, next[index]!)
        }
        if (hit === bytes.length) return
        at = bytes.lastIndexOf(newline, hit) + 1
      }
      const end = bytes.indexOf(newline, at)
      lines.push(cut(bytes, at, end))
      at = end + 1
    }
  }

  const push = (chunk: Buffer): readonly string[] => {
    const lines: string[] = []
    const first = chunk.indexOf(newline)
    if (first < 0) {
      hold(chunk)
      return lines
    }
    hold(chunk.subarray(0, first + 1))
    if (!isTooLong) scan(rest.length === 1 ? rest[0]! : Buffer.concat(rest), lines)
    const final = chunk.lastIndexOf(newline)
    if (final > first) scan(chunk.subarray(first + 1, final + 1), lines)
    if (final > first) last = lastLineOf(chunk, final)
    else if (!isTooLong) last = Buffer.concat(rest).toString('utf8').trimEnd()
    rest = []
    restLength = 0
    isTooLong = false
    if (final + 1 < chunk.length) hold(chunk.subarray(final + 1))
    return lines
  }

  const hold = (piece: Buffer): void => {
    restLength += piece.length
    if (restLength > maxLine) {
      isTooLong = true
      rest = []
    }
    if (!isTooLong) rest.push(piece)
  }

  const end = (): readonly string[] => {
    const lines: string[] = []
    if (restLength > 0 && !isTooLong) scan(Buffer.concat([...rest, Buffer.from('\n')]), lines)
    return lines
  }

  return { push, end, lastLine: () => last }
}

const newline = 10

// Two paths of 4096 bytes, each byte escaped, in a JSON entry of journald with its other fields.
const maxLine = 128 * 1024

// A global report has a row for each process; a header whose kill line never came costs this many lines.
const reportLines = 10_000

// Below eight bytes V8 searches by memchr for the first one; longer words take it five times as long.
const words = [
  'Kill', // Killed process, Kill process
  '-kill', // oom-kill:, invoked oom-killer:
  'OOM', // sysrq: Manual OOM execution
  'Task', // Task in, Tasks in, Tasks state
  'Memory ', // Memory cgroup out of memory, Memory cgroup stats for, Memory limit reached of cgroup
  'Out of ', // Out of memory: kill process (2.6.32 writes the choice in small letters)
  'MPOL_', // No available memory (MPOL_BIND): kill process
  '_adj na', // the header of the table
  'PLEG is', // kubelet's own word for it: PLEG is not healthy
]

/**
 * undefined: every line counts. A journal export has a line for each field; `dmesg -e` tells the time since the line
 * before.
 */
function needlesFor(head: string): readonly Buffer[] | undefined {
  if (/^__CURSOR=|^\[(?:[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d|[ <]*\+\d+\.\d{6})/m.test(head)) return undefined
  const all = hasJson.test(head) ? [...words, ...numbered] : words
  return all.map(word => Buffer.from(word, 'latin1'))
}

// -o json, json-sse, json-seq; also behind lines of another carrier.
const hasJson = /^(?:data: |\x1e)?\{/m
// journalctl writes a message that is no UTF-8 as numbers (before systemd 236 with blanks), and so do those who copy it.
const numbered = ['"MESSAGE":[', '"MESSAGE": [', '"MESSAGE" : [']

function nextAt(bytes: Buffer, needle: Buffer, from: number): number {
  const at = bytes.indexOf(needle, from)
  return at < 0 ? bytes.length : at
}

function isHeader(line: string): boolean {
  return (
    line.includes('invoked oom-killer: ') ||
    line.includes('oom-kill:') ||
    line.includes('Task in ') ||
    openers.test(line)
  )
}

const openers = /_adj name|Tasks state|Memory cgroup stats for |Memory limit reached|Manual OOM execution|Kill process/

/** A line that only quotes a kill (audit, a device's name) does not end the report that it falls into. */
function createKillTest(): (line: string) => boolean {
  const carrier = createLineParser({ timeZone: 'UTC' }) // its times are not asked for
  return line => {
    if (!line.includes('Killed process')) return false
    const carried = carrier.parse(line)
    return carried?.kind === 'kernel' && parseKilledLine(carried.text) !== undefined
  }
}

function lastLineOf(chunk: Buffer, final: number): string {
  const start = final === 0 ? 0 : chunk.lastIndexOf(newline, final - 1) + 1
  return chunk.toString('utf8', start, Math.min(final, start + 4096))
}
