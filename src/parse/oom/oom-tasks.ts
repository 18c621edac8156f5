import type { ReportedTask } from '../../types.ts'

/** The table of tasks in an OOM report, as it comes line by line; keeps the largest. */
export interface TaskTable {
  /** Takes a header or a row; false where the line is neither. */
  readonly push: (text: string) => boolean
  readonly find: (pid: number) => ReportedTask | undefined
  /** Largest first, at most 50. */
  readonly largest: () => readonly ReportedTask[]
  readonly rows: () => number
}

/**
 * Columns differ from kernel to kernel, so they are taken from the header:
 *
 *     [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
 *     [   7523]     0  7523    20636    19779    18080     1699         0   204800        0             0 java
 */
export function createTaskTable(): TaskTable {
  let columns: readonly string[] | undefined
  let row = /$^/
  let count = 0
  let tasks: ReportedTask[] = []
  // The victim need not be among the largest; its row is looked up once its pid is known.
  const byPid = new Map<number, ReportedTask>()

  const push = (text: string): boolean => {
    const header = /^\[\s*pid\s*\]\s+(uid\s.{1,200}\sname)\s*$/.exec(text)
    if (header) {
      columns = header[1]!.split(/\s+/).slice(0, -1)
      row = new RegExp(`^\\[\\s*(\\d{1,10})\\]${'\\s+(-?\\d{1,15})'.repeat(columns.length)}(?: (.*))?$`, 's')
      return true
    }
    const match = columns && row.exec(text)
    if (!match) return false
    const value = (name: string): number | undefined => {
      const at = columns!.indexOf(name)
      return at < 0 ? undefined : Number(match[at + 2])
    }
    const uid = value('uid') ?? 0
    if (uid < -(2 ** 31) || uid >= 2 ** 32) return false
    const task = {
      pid: Number(match[1]),
      tgid: value('tgid') ?? Number(match[1]),
      uid: uid >>> 0, // printed as %5d: 4294967294 stands there as -2
      comm: (match[columns!.length + 2] ?? '').slice(0, 60),
      rssKiB: (value('rss') ?? 0) * pageKiB,
      swapKiB: (value('swapents') ?? 0) * pageKiB,
      oomScoreAdj: value('oom_score_adj') ?? null,
    }
    count++
    if (byPid.size < maxIndexed) byPid.set(task.pid, task)
    tasks.push(task)
    if (tasks.length >= 4 * maxTasks) tasks = bySize(tasks)
    return true
  }

  return { push, find: pid => byPid.get(pid), largest: () => bySize(tasks), rows: () => count }
}

const maxTasks = 50
// The kernel's own limit of processes is far above; a report that long is of no use.
const maxIndexed = 65_536
// The table counts in pages and does not say how large they are. x86 and most arm64 nodes: 4 KiB.
const pageKiB = 4

function bySize(tasks: readonly ReportedTask[]): ReportedTask[] {
  return tasks.toSorted((a, b) => b.rssKiB - a.rssKiB || a.pid - b.pid).slice(0, maxTasks)
}
