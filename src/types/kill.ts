/* OOM kills as the kernel reports them. The glossary stands in ../types.ts. */

import type { OtherKiller } from '../verdicts/respawn-loop.ts'

export type Scope = 'global' | 'memcg' | 'cpuset' | 'mempolicy' | 'sysrq' | 'unknown'

/** One OOM kill; what the log does not say is null. Sizes are the kernel's kB. */
export interface OomKill {
  /** Milliseconds since the epoch, or null where the log has no time. `replay --kills` prints ISO 8601. */
  readonly at: number | null
  readonly pid: number
  readonly comm: string | null
  readonly scope: Scope
  readonly uid: number | null
  readonly totalVmKiB: number | null
  readonly anonRssKiB: number | null
  readonly fileRssKiB: number | null
  readonly shmemRssKiB: number | null
  readonly pgtablesKiB: number | null
  readonly oomScoreAdj: number | null
  readonly score: number | null
  /** The pid that was chosen first, if a child was killed instead. */
  readonly sacrificedFor: number | null
  /** Name and pid of the allocating process. */
  readonly invoker: string | null
  readonly invokerPid: number | null
  readonly order: number | null
  readonly gfpMask: string | null
  readonly taskMemcg: string | null
  readonly oomMemcg: string | null
  readonly limitKiB: number | null
  readonly usageKiB: number | null
  readonly containerId: string | null
  readonly podUid: string | null
  /** Same value: same OOM event. */
  readonly event: string
  /** The choice was logged and the kill line is missing. */
  readonly partial: boolean
  /** `phrase`: its line had no form that is known, and the kernel's words were found within it (only in a replay). */
  readonly foundBy?: 'phrase'
  // Beyond the published fields, for the core alone:
  /** Set on members of a group kill: the cgroup with memory.oom.group. */
  readonly group?: string | null
  readonly estimated?: boolean
  /** The kernel's own stamp of the kill line, ms of the printk clock. */
  readonly stampMs?: number
  /** The kernel's own lines of this kill, at most 20, raw. */
  readonly lines?: readonly string[]
  /** The kernel's table of tasks in the report, when it was printed (largest first, at most 50). */
  readonly tasks?: readonly ReportedTask[]
}

/** One row of the task table in an OOM report. */
export interface ReportedTask {
  readonly pid: number
  readonly tgid: number
  readonly uid: number
  readonly comm: string
  readonly rssKiB: number
  readonly swapKiB: number
  readonly oomScoreAdj: number | null
}

/** Who killed a process for memory: the kernel, a userspace OOM killer, or kubelet by eviction. */
export type EndedBy = 'kernel' | Exclude<OtherKiller, 'unknown'>
