import type { KernelRecord, OomKill, Scope } from '../../types.ts'
import { parseCgroupPath } from '../cgroup/cgroup-path.ts'
import { type ConstraintLine, isWithin } from './oom-constraint.ts'
import { createTaskTable, type TaskTable } from './oom-tasks.ts'
import type { ChoiceLine, KilledLine } from './oom-victim.ts'

/** What the kernel has said of one OOM event so far. Any line of it may be missing: all but the last are rate-limited. */
export interface Report {
  /** Of the newest line that belongs to it. */
  last: KernelRecord
  sysrq: boolean
  invoker: string | null
  invokerPid: number | null
  order: number | null
  gfpMask: string | null
  taskMemcg: string | null
  oomMemcg: string | null
  usageKiB: number | null
  limitKiB: number | null
  choice?: ChoiceLine
  constraint?: ConstraintLine
  /** Since the kernel said so, everybody in this cgroup dies with the first. */
  group: string | null
  tasks: TaskTable
  lines: string[]
  /** Set with the first death: the event's name. */
  event?: string
  killed: number[]
}

export function createReport(record: KernelRecord): Report {
  return {
    last: record,
    sysrq: false,
    invoker: null,
    invokerPid: null,
    order: null,
    gfpMask: null,
    taskMemcg: null,
    oomMemcg: null,
    usageKiB: null,
    limitKiB: null,
    group: null,
    tasks: createTaskTable(),
    lines: [],
    killed: [],
  }
}

/** Whether a kill line belongs to this report: by adjacency, for pids differ where the leader thread is gone. */
export function belongs(report: Report, killed: KilledLine, record: KernelRecord): boolean {
  const { choice, constraint } = report
  const apartMs = millisecondsBetween(report.last, record)
  if (report.killed.length > 0) {
    // A container that is killed as a group is so at a node-level OOM as well; its members are then emitted with that cause.
    const isSameCause = killed.scope === 'memcg' || (killed.scope === 'global' && constraint?.isGlobal === true)
    if (report.group === null || !isSameCause || apartMs > groupGapMs || !sameCaller(report.last, record)) return false
    // All candidates were listed: a victim that is not on the list belongs to another event, whose header was suppressed.
    return !report.tasks.find(report.killed[0]!) || report.tasks.find(killed.pid) !== undefined
  }
  if (killed.scope === 'global' && report.oomMemcg !== null) return false
  if (choice) {
    // A kill line with its own cause is of a kernel that prints no choice.
    return killed.scope === undefined ? apartMs <= choiceGapMs : killed.pid === choice.pid
  }
  if (constraint) {
    if (constraint.pid === killed.pid) return true
    const sameUser = constraint.uid === null || killed.uid === null || constraint.uid === killed.uid
    return sameUser && apartMs <= threadGapMs
  }
  return apartMs <= (report.invoker === null && report.sysrq ? sysrqGapMs : headerGapMs)
}

// The lines of one report are printed under one lock; a slow serial console stretches them (9600 baud, 2000 tasks: 200 s).
const headerGapMs = 240_000
const choiceGapMs = 10_000
const threadGapMs = 1_000
const groupGapMs = 1_000
const sysrqGapMs = 10_000

export function killOf(report: Report, killed: KilledLine, record: KernelRecord): OomKill {
  const { choice, constraint } = report
  const row = report.tasks.find(killed.pid)
  const isFirst = report.killed.length === 0
  const comm = killed.comm ?? row?.comm ?? null
  // Of a group kill, the kernel names the cgroup of the first victim only.
  const taskMemcg = isFirst ? taskMemcgOf(report, comm) : null
  return {
    ...known(report, record, taskMemcg),
    pid: killed.pid,
    comm,
    scope: scopeOf(report, killed.scope),
    // A child that dies in its parent's stead may be another user's.
    uid:
      killed.uid ??
      (isFirst && (choice?.pid ?? killed.pid) === killed.pid ? constraint?.uid : null) ??
      row?.uid ??
      null,
    totalVmKiB: killed.totalVmKiB,
    anonRssKiB: killed.anonRssKiB,
    fileRssKiB: killed.fileRssKiB,
    shmemRssKiB: killed.shmemRssKiB,
    pgtablesKiB: killed.pgtablesKiB,
    oomScoreAdj: killed.oomScoreAdj ?? row?.oomScoreAdj ?? null,
    score: choice?.score ?? null,
    // A row with the chosen pid as its group: a thread of the chosen one, whose leader is gone, and no child of it.
    sacrificedFor: choice && choice.pid !== killed.pid && row?.tgid !== choice.pid ? choice.pid : null,
    event: report.event ?? nameEvent(record, killed.pid),
    partial: false,
  }
}

/** The kill whose kill line is missing, where the report got as far as naming a victim. */
export function partialKillOf(report: Report): OomKill | undefined {
  const { choice, constraint, last } = report
  const pid = choice?.pid ?? constraint?.pid
  if (report.killed.length > 0 || pid === undefined) return undefined
  const row = report.tasks.find(pid)
  const readings = constraint?.readings ?? []
  const comm = choice?.comm ?? (readings.length === 1 ? readings[0]!.comm : null)
  return {
    ...known(report, last, taskMemcgOf(report, comm)),
    pid,
    comm: comm ?? row?.comm ?? null,
    scope: scopeOf(report, undefined),
    uid: constraint?.uid ?? row?.uid ?? null,
    totalVmKiB: null,
    anonRssKiB: null,
    fileRssKiB: null,
    shmemRssKiB: null,
    pgtablesKiB: null,
    oomScoreAdj: row?.oomScoreAdj ?? null,
    score: choice?.score ?? null,
    sacrificedFor: null,
    event: nameEvent(last, pid),
    partial: true,
  }
}

/** All that the report contains, whichever process is the victim. */
function known(report: Report, record: KernelRecord, taskMemcg: string | null) {
  const named = report.constraint?.oomMemcg ?? report.oomMemcg
  // A path that was cut off would name another cgroup.
  const oomMemcg = named !== null && taskMemcg !== null && !isWithin(taskMemcg, named) ? null : named
  const container = parseCgroupPath(taskMemcg ?? oomMemcg ?? report.group ?? '/')
  return {
    at: record.at,
    invoker: report.invoker,
    invokerPid: report.invokerPid,
    order: report.order,
    gfpMask: report.gfpMask,
    taskMemcg,
    oomMemcg,
    limitKiB: report.limitKiB,
    usageKiB: report.usageKiB,
    containerId: container.containerId,
    podUid: container.podUid,
    ...(report.group !== null && { group: report.group }),
    ...(record.estimated && { estimated: true }),
    ...(record.foundBy && { foundBy: record.foundBy }),
    ...(record.stampUs !== undefined && { stampMs: record.stampUs / 1000 }),
    lines: [...report.lines],
    tasks: report.tasks.largest(),
  }
}

function taskMemcgOf(report: Report, comm: string | null): string | null {
  const readings = report.constraint?.readings
  if (!readings) return report.taskMemcg
  const fitting = readings.length > 1 ? readings.filter(reading => reading.comm === comm) : readings
  return fitting.length === 1 ? fitting[0]!.taskMemcg : null
}

function scopeOf(report: Report, said: Scope | undefined): Scope {
  const { constraint, choice } = report
  if (report.sysrq || report.order === -1) return 'sysrq'
  const cause = said ?? choice?.scope
  if (cause === 'memcg' || (constraint && constraint.oomMemcg !== null)) return 'memcg'
  if (constraint?.constraint === 'cpuset' || constraint?.constraint === 'mempolicy') return constraint.constraint
  if (cause) return cause
  if (constraint) return constraint.constraint === 'memcg' ? 'memcg' : 'global'
  return report.oomMemcg === null ? 'unknown' : 'memcg'
}

/** From what is logged alone, so that a replay gives the same: the kernel's stamp, else the log's time; and the pid. */
function nameEvent(record: KernelRecord, pid: number): string {
  if (record.stampUs !== undefined) return `${record.stampUs}-${pid}`
  return `${record.at === null ? 'undated' : Math.floor(record.at / 1000)}-${pid}`
}

/** Zero where it is not known: then adjacency alone decides. */
export function millisecondsBetween(a: KernelRecord, b: KernelRecord): number {
  if (a.stampUs !== undefined && b.stampUs !== undefined) return Math.abs(b.stampUs - a.stampUs) / 1000
  return a.at === null || b.at === null ? 0 : Math.abs(b.at - a.at)
}

function sameCaller(a: KernelRecord, b: KernelRecord): boolean {
  return a.caller === undefined || b.caller === undefined || a.caller === b.caller
}
