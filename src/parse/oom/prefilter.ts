import { createLineParser } from '../log-line/format.ts'
import { searchWords, victimPidAt } from '../log-line/kernel-phrases.ts'
import { completenessOf } from '../log-line/pasted/unfinished.ts'
import { parseKilledLine } from './oom-victim.ts'

/** A line of a log with its number, which counts from 1. */
interface NumberedLine {
  readonly text: string
  readonly number: number
}

/** Cuts those lines out of a log's bytes that can belong to an OOM report. */
interface Candidates {
  readonly push: (chunk: Buffer) => readonly NumberedLine[]
  /** What follows the last newline. */
  readonly end: () => readonly NumberedLine[]
  /** Lines that were seen so far. */
  readonly lines: () => number
  /** Lines that are too long to be a kernel's, and were left out: how many, and the first. */
  readonly tooLong: () => { readonly count: number; readonly first: number }
  /** The newest whole line, whatever it is. */
  readonly lastLine: () => string
}

/**
 * Searches for the few words that every line of a report holds, unless it stands within a report: from a header on, all
 * lines are cut out up to the kill line (rows of the task table hold no word at all). Searching is memchr at heart, so
 * words are short and begin with a byte that is rare in logs: `Kill` takes 8 ms for 120 MB of syslog, `oom` 29 ms, `ill`
 * 78 ms.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one automaton: short functions that share its state
export function createCandidates(head: string): Candidates {
  const needles = needlesFor(head)
  const isKill = createKillTest()
  let isWithinReport = 0
  let rest: Buffer[] = []
  let restLength = 0
  let isTooLong = false
  let last = ''
  let lines = 0
  const tooLong = { count: 0, first: 0 }

  const cut = (bytes: Buffer, from: number, to: number, number: number): NumberedLine => {
    const line = bytes.toString('utf8', from, to)
    if (isKill(line)) isWithinReport = isWhole(line) ? 0 : wrappedLines
    else if (isHeader(line)) isWithinReport = reportLines
    else if (isWithinReport === 0 && completenessOf(line) === 'open') isWithinReport = wrappedLines
    else if (isWithinReport > 0) isWithinReport--
    return { text: line, number }
  }

  /** Counts the newlines of a piece up to a place. */
  const count = (bytes: Buffer, from: number, to: number): void => {
    for (let at = bytes.indexOf(newline, from); at >= 0 && at < to; at = bytes.indexOf(newline, at + 1)) lines++
  }

  /** All whole lines of a piece that ends with a newline. */
  const scan = (bytes: Buffer, found: NumberedLine[]): void => {
    const next = needles?.map(needle => nextHit(bytes, needle, 0))
    let at = 0
    let counted = 0
    while (at < bytes.length) {
      if (next && isWithinReport === 0) {
        let hit = bytes.length
        for (const [index, needle] of needles!.entries()) {
          if (next[index]! < at) next[index] = nextHit(bytes, needle, at)
          hit = Math.min(hit, next[index]!)
        }
        if (hit === bytes.length) break
        at = bytes.lastIndexOf(newline, hit) + 1
      }
      const end = bytes.indexOf(newline, at)
      count(bytes, counted, end + 1)
      counted = end + 1
      found.push(cut(bytes, at, end, lines))
      at = end + 1
    }
    count(bytes, counted, bytes.length)
  }

  const leaveOut = (): void => {
    tooLong.count++
    if (tooLong.count === 1) tooLong.first = lines
  }

  const push = (chunk: Buffer): readonly NumberedLine[] => {
    const found: NumberedLine[] = []
    const first = chunk.indexOf(newline)
    if (first < 0) {
      hold(chunk)
      return found
    }
    hold(chunk.subarray(0, first + 1))
    if (isTooLong) {
      lines++
      leaveOut()
    } else scan(rest.length === 1 ? rest[0]! : Buffer.concat(rest), found)
    const final = chunk.lastIndexOf(newline)
    if (final > first) scan(chunk.subarray(first + 1, final + 1), found)
    if (final > first) last = lastLineOf(chunk, final)
    else if (!isTooLong) last = Buffer.concat(rest).toString('utf8').trimEnd()
    rest = []
    restLength = 0
    isTooLong = false
    if (final + 1 < chunk.length) hold(chunk.subarray(final + 1))
    return found
  }

  const hold = (piece: Buffer): void => {
    restLength += piece.length
    if (restLength > maxLine) {
      isTooLong = true
      rest = []
    }
    if (!isTooLong) rest.push(piece)
  }

  const end = (): readonly NumberedLine[] => {
    const found: NumberedLine[] = []
    if (restLength === 0) return found
    if (isTooLong) {
      lines++
      leaveOut()
    } else {
      const final = Buffer.concat([...rest, Buffer.from('\n')])
      scan(final, found)
      last = lastLineOf(final, final.length - 1)
    }
    restLength = 0
    return found
  }

  return { push, end, lines: () => lines, tooLong: () => tooLong, lastLine: () => last }
}

const newline = 10

// Two paths of 4096 bytes, each byte escaped, in a JSON entry of journald with its other fields.
const maxLine = 128 * 1024

// A global report has a row for each process; a header whose kill line never came costs this many lines.
const reportLines = 10_000

// A kill line that is not at its end may go on in the lines after it.
const wrappedLines = 16

// Below eight bytes V8 searches by memchr for the first one; longer words take it five times as long.
const words = [
  ...searchWords,
  'PLEG is', // kubelet's own word for it: PLEG is not healthy
  '-oomd k', // systemd: systemd-oomd killed 23 process(es) in this unit
  'killer:', // oomd kill: … killer:[…]
  'SIG', // earlyoom, nohang: sending SIGTERM to
  '_manage', // eviction_manager.go: pod is evicted, in small letters before 1.20
  'SyncLo', // kubelet: SyncLoop ADD, DELETE: when a pod's life began and was ended
  'Evict', // Evicted: the node was low on resource
  'PID: ', // nohang: PID:       5432, name: stress
  '_kill e', // slurmstepd: Detected 1 oom_kill event in StepId=…
  'killed ', // what was typed from a screen: out of memory: killed process
  'killing', // earlyoom 1.3: killing process 27541 "bash" with signal 15; systemd-oomd: Marked … for killing
  'The nod', // The node was low on resource: memory, without the word `Evicted`
  'Boot ', // journalctl between two boots: -- Boot 9e… --
  'Reboot', // the same in older releases
]

/**
 * undefined: every line counts. A journal export has a line for each field; `dmesg -e` prints the time since the line
 * before.
 */
function needlesFor(head: string): readonly Buffer[] | undefined {
  if (everyLine.test(head)) return undefined
  const all = [
    ...words,
    ...(hasJson.test(head) ? [...numbered, '"oom"'] : []),
    ...(hasDockerEvents.test(head) ? [' oom '] : []),
    ...(head.includes('/tasks/') ? ['sks/oom'] : []),
  ]
  return all.map(word => Buffer.from(word, 'latin1'))
}

// The export format, `-o verbose`, `dmesg -e`.
const everyLine =
  /^__CURSOR=|^(?:\W{0,8}|\W{0,4}\[[\d;]{1,8}m)\[(?:[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d|[ <]*\+\d+\.\d{6})|^\S.{10,60} \[s=[\da-f]{1,40};i=/m
// -o json, json-sse, json-seq; also behind lines of another format.
const hasJson = /^(?:data: |\x1e)?\{/m
// `docker events`
const hasDockerEvents =
  /^\S{10,40}(?: \S{1,20}){0,3} (?:container|image|network|volume) [a-z_: -]{1,40} [\da-f]{12,64} \(/m
// journalctl writes a message that is no UTF-8 as numbers (before systemd 236 with blanks), and so do programs that copy it.
const numbered = ['"MESSAGE":[', '"MESSAGE": [', '"MESSAGE" : [']

function nextAt(bytes: Buffer, needle: Buffer, from: number): number {
  const at = bytes.indexOf(needle, from)
  return at < 0 ? bytes.length : at
}

/** Of kubelet's loop only what it adds, deletes and removes: it writes of its PLEG many times a second. */
function nextHit(bytes: Buffer, needle: Buffer, from: number): number {
  let at = nextAt(bytes, needle, from)
  if (needle[0] !== loopLetter || needle[1] !== loopLetter + 38) return at
  while (at < bytes.length && !isLifeOfPod(bytes, at + 'SyncLoop '.length)) at = nextAt(bytes, needle, at + 1)
  return at
}

const loopLetter = 'S'.charCodeAt(0)

/** `SyncLoop ADD`, `SyncLoop (DELETE, …`. */
function isLifeOfPod(bytes: Buffer, at: number): boolean {
  const letter = bytes[at] === 0x28 ? bytes[at + 1] : bytes[at]
  return letter === 0x41 || letter === 0x44 || letter === 0x52
}

/** Whether a kill line has come to its last size. */
function isWhole(line: string): boolean {
  return /oom_score_adj:|-rss:\d+kB[^a-z]*$/.test(line)
}

function isHeader(line: string): boolean {
  return line.includes('oom-kill:') || line.includes('Task in ') || openers.test(line)
}

const openers =
  /invoked\soom-killer:\s|_adj\sname|Tasks state|Memory\scgroup\sstats\sfor\s|Memory limit reached|Manual OOM execution|Kill process/

/** A line that only quotes a kill (audit, a device's name) does not end the report that it falls into. */
function createKillTest(): (line: string) => boolean {
  const parser = createLineParser({ timeZone: 'UTC' }) // its times are not asked for
  return line => {
    if (victimPidAt(line) < 0) return false
    const record = parser.parse(line)
    return record?.kind === 'kernel' && parseKilledLine(record.text) !== undefined
  }
}

function lastLineOf(chunk: Buffer, final: number): string {
  const start = final === 0 ? 0 : chunk.lastIndexOf(newline, final - 1) + 1
  return chunk.toString('utf8', start, Math.min(final, start + 4096))
}
