import type { KernelRecord, OomKill } from '../../types.ts'
import { millisecondsBetween, partialKillOf, type Report } from './oom-report.ts'
import type { KilledLine } from './oom-victim.ts'

/** The reports that are being read, one for each thread or processor that prints (`[ T123]`, `[ C1]`). */
interface OpenReports {
  readonly of: (record: KernelRecord) => Report | undefined
  readonly keep: (record: KernelRecord, report: Report | undefined) => void
  readonly close: (report: Report) => void
  readonly all: () => readonly Report[]
}

/** A line that names no caller, as kernels without CONFIG_PRINTK_CALLER print it, belongs to the newest report. */
export function createOpenReports(): OpenReports {
  const reports = new Map<string, Report>()

  const keyOf = ({ caller }: KernelRecord): string => {
    if (caller === undefined) return [...reports.keys()].at(-1) ?? ''
    return reports.has(caller) || !reports.has('') ? caller : ''
  }

  return {
    of: record => (reports.size === 0 ? undefined : reports.get(keyOf(record))),
    keep: (record, report) => {
      const key = keyOf(record)
      if (reports.get(key) === report) return
      reports.delete(key)
      if (report) reports.set(key, report)
      if (reports.size > mostCallers) reports.delete(reports.keys().next().value!)
    },
    close: report => {
      for (const [key, one] of reports) if (one === report) reports.delete(key)
    },
    all: () => [...reports.values()],
  }
}

// One report is printed at a time; what is older has been cut off.
const mostCallers = 8

/** Reports that named a victim when another began: their kill line may still come, from another processor. */
interface Interrupted {
  /** Returns what has waited too long, as kills without a kill line. */
  readonly push: (report: Report) => OomKill[]
  readonly until: (record: KernelRecord) => readonly OomKill[]
  /** The report that a kill line belongs to, where it is none that is open; and other victims of the same pid. */
  readonly take: (
    killed: KilledLine,
    at: { readonly record: KernelRecord; readonly report: Report | undefined },
  ) => { readonly report?: Report; readonly others: readonly OomKill[] }
  readonly flush: (now: number) => readonly OomKill[]
}

export function createInterrupted(): Interrupted {
  let waiting: Report[] = []

  const release = (isOver: (report: Report) => boolean): readonly OomKill[] => {
    if (waiting.length === 0) return none
    const over = waiting.filter(isOver)
    if (over.length > 0) waiting = waiting.filter(report => !over.includes(report))
    return over.flatMap(report => partialKillOf(report) ?? [])
  }

  return {
    push: report => {
      if (!partialKillOf(report)) return []
      waiting.push(report)
      return [...release(one => waiting.length > mostInterrupted && one === waiting[0])]
    },
    until: record => release(({ last }) => millisecondsBetween(last, record) > patienceMs),
    take: (killed, { record, report }) => {
      const same = waiting.filter(one => names(one, killed) && millisecondsBetween(one.last, record) <= patienceMs)
      if (same.length === 0) return nothing
      waiting = waiting.filter(one => !same.includes(one))
      const found = report && names(report, killed) ? undefined : same.shift()
      // Two records of one ring are two kills whatever they say; elsewhere a line may have been written twice.
      const others = same.filter(({ last }) => last.seq !== undefined).flatMap(one => partialKillOf(one) ?? [])
      return { ...(found && { report: withoutContext(found) }), others }
    },
    flush: now => release(({ last }) => now === Infinity || now - (last.at ?? Infinity) >= patienceMs),
  }
}

const none: readonly OomKill[] = []
const nothing = { others: none }
const mostInterrupted = 4

// The choice and the kill line are printed within a millisecond; a serial console at 9600 baud takes 0.2 s for a line.
export const patienceMs = 10_000

function names({ choice, constraint }: Report, { pid }: KilledLine): boolean {
  return choice?.pid === pid || constraint?.pid === pid
}

/** Of two reports that were mixed line by line only what names a pid is certain. */
export function withoutContext(report: Report): Report {
  return {
    ...report,
    ...{ invoker: null, invokerPid: null, order: null, gfpMask: null },
    ...{ taskMemcg: null, oomMemcg: null, usageKiB: null, limitKiB: null },
  }
}
