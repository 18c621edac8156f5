/* Everything that enters the core. The glossary stands in ../types.ts. */

import type { HeldCgroup, ReleasedCgroup } from './hold.ts'
import type { HostFacts } from './host.ts'
import type { CoreSettings } from './settings.ts'

/** Anything that enters the core. */
export type Observation =
  | Start
  | Resume
  | Saved
  | SettingsObservation
  | HostObservation
  | KernelRecord
  | UnitLine
  | MemorySample
  | CgroupSamples
  | ProcessSamples
  | PodNames
  | Baselines
  | UsageTrends
  | SourceState
  | HoldObservation
  | LostRecords
  | Tick
  | End

/** Start of a run: the core discards its state. A replay emits it between two runs or files. */
export interface Start {
  readonly kind: 'start'
  readonly at: number
}

/** A run continues an earlier one of the same boot, with the state that it saved. */
export interface Resume {
  readonly kind: 'resume'
  readonly at: number
  /** What the core keeps over a restart, as the version that wrote it knows it: no part of the published format. */
  readonly memory: unknown
}

/** The agent saved its state under this name. Later lines of the recording are newer than the state. */
export interface Saved {
  readonly kind: 'saved'
  readonly at: number
  readonly id: string
}

/** The settings of the core; the first observation of every run and recording, and again after a reload. */
export interface SettingsObservation {
  readonly kind: 'settings'
  readonly at: number
  readonly settings: CoreSettings
}

/** Facts that do not change while the node is up. Read at start, and again when kubelet's settings change. */
export interface HostObservation {
  readonly kind: 'host'
  readonly at: number
  readonly host: HostFacts
}

/** How far a log file has been read: the next run goes on there. */
export interface FilePlace {
  /** Of the file: after a rotation its name belongs to another one. */
  readonly inode: number
  /** Up to here whole lines were read. */
  readonly bytes: number
}

/** One record of the kernel's own facility, from any source. */
export interface KernelRecord {
  readonly kind: 'kernel'
  /** When it was read (live) or what the line says (a log); null where it has no usable time. */
  readonly at: number | null
  readonly text: string
  /** Sequence number in /dev/kmsg; absent in other sources. */
  readonly seq?: number
  readonly level?: number
  /** The kernel's own stamp, microseconds of the printk clock. */
  readonly stampUs?: number
  /** `c` or `+`: continues the record before it. */
  readonly continues?: boolean
  /** From the ring's backlog or a log without wall time: `at` is computed, not observed. */
  readonly estimated?: boolean
  readonly caller?: string
  /** The line had no form that is known: the kernel's words were found within it. Only a replay reads so. */
  readonly foundBy?: 'phrase'
  /** Of the last line of those that were read from a log file at once. */
  readonly readTo?: FilePlace
}

/** One line of a daemon's own log (kubelet, containerd), where it can be read. */
export interface UnitLine {
  readonly kind: 'unit-line'
  readonly at: number
  readonly unit: string
  readonly line: string
  /**
   * The format proves the unit: fields of the journal that no user can set, or a file that the daemon alone writes.
   * Absent: any user could have written it (`logger -t kubelet`), so it is a hint.
   */
  readonly trusted?: boolean
  /** Of a log without wall time: microseconds since boot, from which `at` was made. */
  readonly stampUs?: number
  /** Of the last line of those that were read from a log file at once. */
  readonly readTo?: FilePlace
}

export interface PressureTotals {
  /** Time since boot in which some (all non-idle) tasks waited, microseconds. */
  readonly someUs: number
  readonly fullUs: number
}

/** One reading of the node's memory: /proc/meminfo, vmstat, pressure, loadavg. Absent = the kernel has none. */
export interface MemorySample {
  readonly kind: 'memory'
  readonly at: number
  /** Fields of /proc/meminfo by their own names (`MemAvailable`), KiB. `HugePages_*` are counts. */
  readonly meminfo: Readonly<Record<string, number>>
  /** Counters of /proc/vmstat by their own names (`workingset_refault_file`, pages or events since boot). */
  readonly vmstat: Readonly<Record<string, number>>
  readonly pressure?: {
    readonly memory?: PressureTotals
    readonly io?: PressureTotals
    readonly cpu?: PressureTotals
  }
  readonly load1?: number
  /** Sum of the low watermarks of all zones, KiB (/proc/zoneinfo); read rarely. */
  readonly lowWatermarkKiB?: number
  /** Memory of each NUMA node, where there are several: free + reclaimable, KiB, by node number. */
  readonly numaAvailableKiB?: Readonly<Record<string, number>>
  /** Evictable ARC of ZFS, KiB. */
  readonly zfsArcEvictableKiB?: number
  /** Compressed-swap (zram) cost: KiB of memory used per KiB stored. */
  readonly zramRatio?: number
  /** How long reading took, and how late the timer was: slow reading is evidence of stall. */
  readonly readMs?: number
  readonly lateMs?: number
}

export interface CgroupSample {
  /** Path below the hierarchy's root as the kernel writes it: `/kubepods.slice/…`. */
  readonly path: string
  readonly currentKiB?: number
  /** null = unlimited. */
  readonly limitKiB?: number | null
  /** Fields of memory.stat by their own v2 names (v1's are translated), KiB for sizes, counts for events. */
  readonly stat?: Readonly<Record<string, number>>
  /** memory.events (v2). */
  readonly events?: Readonly<Record<string, number>>
  readonly memoryPressure?: PressureTotals
  readonly ioPressure?: PressureTotals
}

export interface CgroupSamples {
  readonly kind: 'cgroups'
  readonly at: number
  readonly cgroups: readonly CgroupSample[]
  /** Cgroups seen before that are gone. */
  readonly gone?: readonly string[]
}

/** One process as /proc shows it. Only stat, statm, oom_score, oom_score_adj and cgroup are ever read of it. */
export interface ProcessSample {
  readonly pid: number
  /** Clock ticks (100 a second) since boot at which it started: with the pid, its identity. */
  readonly startTicks: number
  readonly ppid: number
  readonly comm: string
  /** One letter of /proc/PID/stat. */
  readonly state: string
  readonly threads: number
  readonly majorFaults: number
  readonly rssKiB: number
  readonly oomScore: number
  readonly oomScoreAdj: number
  /** Path of its memory cgroup (v2 line preferred where the v1 line reads `/`), as the kernel writes it. */
  readonly cgroup: string
}

export interface ProcessSamples {
  readonly kind: 'processes'
  readonly at: number
  /** New ones, and those whose figures changed enough to matter. */
  readonly seen: readonly ProcessSample[]
  readonly gone: readonly { readonly pid: number; readonly startTicks: number }[]
}

/** Names found in the node's own directories (/var/log/pods, /var/log/containers, runtime state). */
export interface PodNames {
  readonly kind: 'pods'
  readonly at: number
  readonly pods: readonly PodName[]
  readonly gone?: readonly string[]
  /** Containers that belong to no pod (plain docker, podman), by what their runtime calls them. */
  readonly containers?: readonly ContainerName[]
}

export interface ContainerName {
  readonly id: string
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
}

export interface PodName {
  readonly uid: string
  readonly namespace: string
  readonly pod: string
  readonly containers: readonly { readonly name: string; readonly id?: string; readonly restarts?: number }[]
  /** Labels, where the runtime's files have them (CRI-O, docker). */
  readonly labels?: Readonly<Record<string, string>>
}

/** What is usual here, learned before: the shell keeps it over a restart, since the core keeps nothing. */
export interface Baselines {
  readonly kind: 'habits'
  readonly at: number
  readonly habits: readonly Baseline[]
}

/** The memory baseline of one workload. */
export interface Baseline {
  /** A workload's key; `node`: what all of it use together. */
  readonly workload: string
  /** Mean of the last day, in which older readings fade, KiB. */
  readonly KiB: number
  /** For how long it was watched, at most a day, ms. */
  readonly watchedMs: number
  /** When it was read last. */
  readonly seenAt: number
}

/** The floors of the largest workloads over a day, learned before: what a leak is recognised by after a restart. */
export interface UsageTrends {
  readonly kind: 'trends'
  readonly at: number
  readonly workloads: readonly UsageTrend[]
}

export interface UsageTrend {
  readonly workload: string
  readonly lastAt: number
  /** The least use in each of 90 bins of 16 minutes, the newest last, and what is usual by time of day; MiB, -1 = not known. */
  readonly day: readonly number[]
  readonly usual: readonly number[]
}

/** A source went down or is up again; also limits that merely are so at start (`steady`), which are no alert. */
export interface SourceState {
  readonly kind: 'source'
  readonly at: number
  readonly source: string
  readonly state: 'blind' | 'sighted'
  readonly why: string
  /** It was so from the start: for doctor and status, not for an alert. */
  readonly steady?: boolean
}

/** What the hold process says of itself: what is held now, and what was released lately. */
export interface HoldObservation {
  readonly kind: 'hold'
  readonly at: number
  readonly held: readonly HeldCgroup[]
  readonly released: readonly ReleasedCgroup[]
}

export interface LostRecords {
  readonly kind: 'lost'
  readonly at: number
  readonly source: string
  readonly records: number
}

/** The clock. Windows, recovery and reminders move by ticks alone; the core has no clock of its own. */
export interface Tick {
  readonly kind: 'tick'
  readonly at: number
}

/** Monitoring ends: the agent is stopping, or the log or recording is at its end. */
export interface End {
  readonly kind: 'end'
  readonly at: number
  readonly why: 'signal' | 'end-of-log' | 'end-of-recording'
}
