import { ownCopy } from '../../text/own-copy.ts'
import type { KernelRecord, OomKill } from '../../types.ts'
import { firstLetters, invoked } from '../log-line/kernel-phrases.ts'
import { parseConstraintLine, parseCutConstraint } from './oom-constraint.ts'
import { createFragments } from './oom-fragments.ts'
import {
  isSysrq,
  parseGroup,
  parseInvokedLine,
  parseInvokerPid,
  parseStatsMemcg,
  parseTaskIn,
  parseUsage,
} from './oom-header.ts'
import { belongs, createReport, killOf, millisecondsBetween, partialKillOf, type Report } from './oom-report.ts'
import { parseChoiceLine, parseKilledLine } from './oom-victim.ts'
import { createInterrupted, createOpenReports, patienceMs, withoutContext } from './open-reports.ts'

export interface OomParser {
  /** Kills that this record completes; usually none or one. */
  readonly push: (record: KernelRecord) => readonly OomKill[]
  /** Kills whose kill line never came, once the moment is past; with Infinity all that are still open. */
  readonly flush: (now: number) => readonly OomKill[]
}

/**
 * Reads the kernel's OOM reports, 2.4 to 6.18. A kill is emitted at its `Killed process` line and never later; what the
 * lines before it said is joined by adjacency, because they are rate-limited and may name another thread's pid.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the report that is being read
export function createOomParser(): OomParser {
  /** The report that the record at hand belongs to. */
  let report: Report | undefined
  const open = createOpenReports()
  const interrupted = createInterrupted()
  const join = createFragments()
  const isRepeated = createMemory()

  /** The report that a line of context belongs to: a new one where the last has come to its kill. */
  const current = (record: KernelRecord): Report => {
    if (!report || report.killed.length > 0) report = createReport(record)
    report.last = record
    return report
  }

  /** Ends a report; it is a kill without a kill line where it had named its victim. */
  const abandon = (): OomKill[] => {
    const ended = report
    report = undefined
    return ended ? interrupted.push(ended) : []
  }

  const push = (record: KernelRecord): readonly OomKill[] => {
    const text = join(record)
    report = open.of(record)
    if (!mayMatter(text, report)) return none
    const late = interrupted.until(record)
    const kills = read(record, text)
    open.keep(record, report)
    return late.length > 0 ? [...late, ...kills] : kills
  }

  const read = (record: KernelRecord, text: string): readonly OomKill[] => {
    const killed = parseKilledLine(text)
    if (killed) {
      const earlier = interrupted.take(killed, { record, report })
      if (earlier.report) {
        if (report) report = withoutContext(report)
        const kill = isRepeated(killed, record) ? [] : [killOf(keep(earlier.report, record, text), killed, record)]
        return [...earlier.others, ...kill]
      }
      const abandoned = [...earlier.others, ...(report && !belongs(report, killed, record) ? abandon() : [])]
      report ??= createReport(record)
      // Before 5.10 a member of a group could be named twice: first chosen, then as one of the group.
      if (report.killed.includes(killed.pid)) return abandoned
      if (isRepeated(killed, record)) {
        // So are the lines before it: they name no other victim.
        if (report.killed.length === 0) report = undefined
        return abandoned
      }
      keep(report, record, text)
      const kill = killOf(report, killed, record)
      report.event = kill.event
      report.killed.push(kill.pid)
      return [...abandoned, kill]
    }

    if (namesNoVictim(text)) {
      if (report?.killed.length === 0) report = undefined
      return none
    }

    const choice = parseChoiceLine(text)
    if (choice && isEcho(report, record, text)) return none
    if (choice) {
      // Linux 5.0 prints both lines for one victim.
      const isOther = report?.choice || (report?.constraint && report.constraint.pid !== choice.pid)
      const abandoned = isOther ? abandon() : []
      keep(current(record), record, text).choice = choice
      return abandoned
    }

    if (text.startsWith('oom-kill:')) {
      const constraint = parseConstraintLine(text)
      if (isEcho(report, record, text)) return none
      if (!constraint) {
        // What it still says must not be taken for certain of a victim that another line names.
        const cut = report?.killed.length === 0 && !report.constraint ? parseCutConstraint(text) : undefined
        if (cut) Object.assign(keep(current(record), record, text), cut)
        return none
      }
      // No kernel prints the choice first, but people sort and select lines.
      const isOther = report?.constraint || (report?.choice && report.choice.pid !== constraint.pid)
      const abandoned = isOther ? abandon() : []
      keep(current(record), record, text).constraint = constraint
      return abandoned
    }

    const invoked = parseInvokedLine(text)
    if (invoked) {
      const isAsked = report?.sysrq && report.invoker === null && report.killed.length === 0
      const abandoned = isAsked ? [] : abandon()
      Object.assign(keep(current(record), record, text), invoked)
      return abandoned
    }

    if (isSysrq(text)) {
      const abandoned = abandon()
      keep(current(record), record, text).sysrq = true
      return abandoned
    }
    if (text === 'sysrq: OOM request ignored because killer is disabled') return abandon()

    context(text, record)
    return none
  }

  const context = (text: string, record: KernelRecord): void => {
    const group = parseGroup(text)
    if (group !== undefined) {
      // Another group than that of the report: its header was held back, and what it said is not theirs.
      if (report && report.group !== null && report.group !== group) report = successorOf(report, record)
      if (report) keep(report, record, text).group = group
      return
    }
    const taskIn = parseTaskIn(text)
    if (taskIn) {
      Object.assign(keep(current(record), record, text), taskIn)
      return
    }
    const usage = parseUsage(text)
    if (usage) {
      Object.assign(keep(current(record), record, text), usage)
      return
    }
    const statsMemcg = parseStatsMemcg(text)
    if (statsMemcg !== undefined) {
      current(record).oomMemcg ??= statsMemcg // the first is the one that ran out, the rest lie below it
      return
    }
    if (text.charCodeAt(0) === bracket) {
      const isOpen = report && report.killed.length === 0
      if (isOpen ? report!.tasks.push(text) : isTableHeader(text) && current(record).tasks.push(text))
        report!.last = record
      return
    }
    if (report?.invoker != null && report.invokerPid === null && report.killed.length === 0) {
      const pid = parseInvokerPid(text, report.invoker)
      if (pid !== undefined) keep(report, record, text).invokerPid = pid
    }
  }

  const flush = (now: number): readonly OomKill[] => {
    const kills: OomKill[] = [...interrupted.flush(now)]
    for (const each of open.all()) {
      const isOver = now === Infinity || now - (each.last.at ?? Infinity) >= patienceMs
      if (each.killed.length > 0 || !isOver) continue
      open.close(each)
      const partial = partialKillOf(each)
      if (partial) kills.push(partial)
    }
    return kills.length === 0 ? none : kills
  }

  return { push: record => own(push(record)), flush: now => own(flush(now)) }
}

const none: readonly OomKill[] = []

const bracket = '['.charCodeAt(0)

/** A kill is remembered for hours, the records that reported it are not. */
function own(kills: readonly OomKill[]): readonly OomKill[] {
  return kills.length === 0 ? kills : ownCopy(kills)
}

/**
 * Most records are none of ours, and in a flood there are 20 000 a second: one character and one search decide. Longer
 * lines than this the kernel cannot write (two paths of 4096 bytes).
 */
function mayMatter(text: string, report: Report | undefined): boolean {
  if (text.length > 16_384) return false
  const letter = text.charCodeAt(0)
  if (firstLetters.has(letter)) return true
  // CPU: … PID: … Comm: …, Pid: …
  return ((letter === letterC || letter === letterP) && report?.invoker != null) || text.includes(invoked)
}

const letterC = 'C'.charCodeAt(0)
const letterP = 'P'.charCodeAt(0)

/** The kernel gave up: the process that it chose had exited already, or there was none. */
function namesNoVictim(text: string): boolean {
  return (
    / OOM victim \d+ \(.*\) is already exiting\. Skip killing the task$/s.test(text) ||
    text.startsWith('Out of memory and no killable processes')
  )
}

/** The same line again, as two writers of one file leave it. Two records of one ring are two lines whatever they say. */
function isEcho(report: Report | undefined, record: KernelRecord, text: string): boolean {
  if (!report || report.killed.length > 0 || !report.lines.includes(text.slice(0, 2048))) return false
  return record.seq === undefined || record.seq === report.last.seq
}

/** The event goes on under a name of its own with the last victim, of which nothing else is known. */
function successorOf({ event, killed }: Report, record: KernelRecord): Report {
  return { ...createReport(record), ...(event !== undefined && { event }), killed: killed.slice(-1) }
}

function isTableHeader(text: string): boolean {
  return /^\[\s*pid\s*\]\s+uid\s/.test(text)
}

/** Keeps a line as evidence: the last twenty of a report, none longer than a kernel record. */
function keep(report: Report, record: KernelRecord, text: string): Report {
  report.last = record
  if (report.lines.length >= 20) report.lines = report.lines.slice(-19)
  report.lines.push(text.slice(0, 2048))
  return report
}

/**
 * The same kill printed more than once (by two writers of one file, or by a person who collected both): the same pid,
 * name and size within ten seconds. Two records of one ring are two kills whatever they say.
 */
function createMemory(): (killed: NonNullable<ReturnType<typeof parseKilledLine>>, record: KernelRecord) => boolean {
  let recent: { key: string; record: KernelRecord }[] = []
  return (killed, record) => {
    const key = `${killed.pid} ${killed.totalVmKiB} ${killed.anonRssKiB} ${killed.comm}`
    const isSame = (other: { key: string; record: KernelRecord }): boolean =>
      other.key === key &&
      (record.seq === undefined || other.record.seq === undefined || record.seq === other.record.seq) &&
      millisecondsBetween(other.record, record) <= 10_000
    if (recent.some(isSame)) return true
    recent = [...recent.slice(-15), { key, record }]
    return false
  }
}
