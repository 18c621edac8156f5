/*
 * The vocabulary. One concept has one word, here and in settings, docs and alerts.
 *
 * kernel record   one record of /dev/kmsg, or a line of a log file that holds one
 * OOM kill        one process that the kernel reports as killed for want of memory
 * OOM event       one decision of the kernel; everything that dies of it is one event with several dead
 * scope           who ran out: the node (`global`), a cgroup's limit (`memcg`), `cpuset`, `mempolicy`, `sysrq`, `unknown`
 * node-level      the node itself ran out: scope `global`, a limit of the node's own (`/kubepods`, a reserved slice),
 *                 or `cpuset`/`mempolicy` where other workloads could have been chosen
 * own limit       scope `memcg` where the limit belongs to the workload itself
 * workload        what comes back after a kill: survives a new pid, a new container ID and a new pod UID
 * generation      one life of a workload, from birth to death
 * cycle           a death, a birth after it, and the death of what was born
 * certainty       of a cycle: `seen`, `same-pod`, `name-only`
 * yield           memory available just before a cycle's second death, less that just before its first
 * regained        memory available 10 s after a kill, less that just before it
 * headroom        what can still be allocated before the kernel kills, and how fast it shrinks
 * stall           work that waits for memory
 * primed          no kill yet, but headroom is small as a habit and the next victims would be respawned and free nothing
 * sign            one thing that this node shows, with the time since when
 * incident        all that belongs together on this node, from the first sign to recovery
 * observation     anything that enters the core
 *
 * Units end a name: Ms, Us, KiB, Ratio, Seconds. Every `at`, `since` is milliseconds since the epoch, unless it is an
 * ISO 8601 string in a published format (an alert, an OOM kill as JSON).
 */

// ─── observations: all that enters the core ──────────────────────────────────────────────────────────────────────────

/** Anything that enters the core. */
export type Observation =
  | Start
  | SettingsObservation
  | HostObservation
  | KernelRecord
  | UnitLine
  | MemorySample
  | CgroupSamples
  | ProcessSamples
  | PodNames
  | Habits
  | SourceState
  | LostRecords
  | Tick
  | End

/** A run of the agent begins: the core forgets all that it knew. A replay says so between two runs or files. */
export interface Start {
  readonly kind: 'start'
  readonly at: number
}

/** The settings that the core judges by; the first observation of every run and recording, and again after a reload. */
export interface SettingsObservation {
  readonly kind: 'settings'
  readonly at: number
  readonly settings: CoreSettings
}

/** What does not change while the node is up; asked once at start (and again when kubelet's settings change). */
export interface HostObservation {
  readonly kind: 'host'
  readonly at: number
  readonly host: HostFacts
}

/** One record of the kernel's own facility, from whatever carrier. */
export interface KernelRecord {
  readonly kind: 'kernel'
  /** When it was read (live) or what the carrier says (a log); null where the carrier has no usable time. */
  readonly at: number | null
  readonly text: string
  /** Sequence number in /dev/kmsg; absent in other carriers. */
  readonly seq?: number
  readonly level?: number
  /** The kernel's own stamp, microseconds of the printk clock. */
  readonly stampUs?: number
  /** `c` or `+`: continues the record before it. */
  readonly continues?: boolean
  /** From the ring's backlog or a log without wall time: `at` is computed, not observed. */
  readonly estimated?: boolean
  readonly caller?: string
}

/** One line of a daemon's own log (kubelet, containerd), where it can be read. */
export interface UnitLine {
  readonly kind: 'unit-line'
  readonly at: number
  readonly unit: string
  readonly line: string
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
export interface Habits {
  readonly kind: 'habits'
  readonly at: number
  readonly habits: readonly Habit[]
}

/** What one workload holds as a habit. */
export interface Habit {
  /** A workload's key; `node`: what all of it use together. */
  readonly workload: string
  /** Mean of the last day, in which older readings fade, KiB. */
  readonly KiB: number
  /** For how long it was watched, at most a day, ms. */
  readonly watchedMs: number
  /** When it was read last. */
  readonly seenAt: number
}

/** A source went blind or sees again; also limits that merely are so at start (`steady`), which are no alert. */
export interface SourceState {
  readonly kind: 'source'
  readonly at: number
  readonly source: string
  readonly state: 'blind' | 'sighted'
  readonly why: string
  /** It was so from the start: for doctor and status, not for an alert. */
  readonly steady?: boolean
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

/** The watch ends: the agent was told to stop, or the log or recording is at its end. */
export interface End {
  readonly kind: 'end'
  readonly at: number
  readonly why: 'signal' | 'end-of-log' | 'end-of-recording'
}

// ─── host facts ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface HostFacts {
  readonly name: string
  readonly kernel: string
  readonly os: string
  readonly memTotalKiB: number | null
  readonly swapTotalKiB?: number
  readonly bootId: string | null
  /** When the node was booted, milliseconds since the epoch; with startTicks it dates a birth. */
  readonly bootedAt: number | null
  readonly agentVersion: string
  /** Pid of the agent itself as the host counts it; absent where no agent runs (a log) or it cannot be told. */
  readonly agentPid?: number
  readonly cgroupVersion?: 'v1' | 'v2' | 'hybrid' | 'none'
  readonly labels?: Readonly<Record<string, string>>
  readonly kubelet?: KubeletFacts
  /** sysctls that matter, by name: vm.panic_on_oom, vm.min_free_kbytes, vm.overcommit_memory, … */
  readonly sysctls?: Readonly<Record<string, string>>
  /** Only this cgroup subtree is ours (inside kind, or a nested container); absent = the whole host. */
  readonly ownSubtree?: string
  /** 'log': nothing but a log is known (replay of a bare log), so recovery cannot be seen. */
  readonly sight: 'host' | 'log'
}

/** kubelet's effective settings, from its file, its drop-ins and its flags. Absent = not said there. */
export interface KubeletFacts {
  readonly source: string
  readonly kubeReservedKiB?: number
  readonly systemReservedKiB?: number
  /** The text of `memory.available` under evictionHard: `100Mi`, `5%`. */
  readonly evictionMemory?: string
  readonly enforceNodeAllocatable?: readonly string[]
  readonly maxPods?: number
  readonly nodeLeaseSeconds?: number
  readonly singleProcessOOMKill?: boolean
  readonly failSwapOn?: boolean
  readonly memorySwap?: string
  /** `Static`: containers are bound to NUMA nodes, so that one of those can run out by itself. */
  readonly memoryManagerPolicy?: string
}

// ─── settings that the core judges by ────────────────────────────────────────────────────────────────────────────────

export interface CoreSettings {
  readonly loopWindowMs: number
  readonly ownLimitLoopWindowMs: number
  readonly stormWindowMs: number
  readonly stormEvents: number
  /** Recovery: headroom and stall are back for this long. */
  readonly recoveryMs: number
  /** … and no kill for max(this, 2.5 × the longest period). */
  readonly quietMs: number
  /** In a bare log an incident ends after this long without kills. */
  readonly logQuietMs: number
  readonly chronicMs: number
  readonly mute: readonly MuteRule[]
  readonly locale: Locale
}

export type Locale = 'en' | 'zh-CN'

/** All conditions that are given must hold. `*` matches any run of characters. */
export interface MuteRule {
  readonly type?: AlertType
  readonly namespace?: string
  readonly workload?: string
  readonly labels?: Readonly<Record<string, string>>
}

// ─── kills and events ────────────────────────────────────────────────────────────────────────────────────────────────

export type Scope = 'global' | 'memcg' | 'cpuset' | 'mempolicy' | 'sysrq' | 'unknown'

/** One OOM kill; what the log does not say is null. Sizes are the kernel's kB. */
export interface OomKill {
  /** Milliseconds since the epoch, or null where the carrier has no time. `replay --kills` prints ISO 8601. */
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
  /** The pid first chosen, where a child died in its stead. */
  readonly sacrificedFor: number | null
  /** comm and pid of the process that asked for the memory. */
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
  // Beyond the published fields, for the core alone:
  /** Set on members of a group kill: the cgroup with memory.oom.group. */
  readonly group?: string | null
  readonly estimated?: boolean
  /** The kernel's own stamp of the line that told it, ms of the printk clock. */
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

// ─── identity ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type Qos = 'Guaranteed' | 'Burstable' | 'BestEffort'
export type OwnerKind =
  | 'Deployment'
  | 'DaemonSet'
  | 'StatefulSet'
  | 'Job'
  | 'CronJob'
  | 'ReplicaSet'
  | 'StaticPod'
  | 'Pod'

export interface Owner {
  readonly kind: OwnerKind
  readonly name: string
  readonly certainty: 'certain' | 'likely' | 'guess'
}

/** What comes back after a kill. `key` is stable over restarts, recreation and respawn. */
export interface Workload {
  /** `pod/kube-system/filebeat/filebeat`, `unit/system.slice/nginx.service`, `docker/<name or id>`, `comm/java`. */
  readonly key: string
  readonly namespace: string | null
  readonly pod: string | null
  readonly podUid: string | null
  readonly container: string | null
  readonly containerId: string | null
  readonly owner: Owner | null
  readonly unit: string | null
  readonly qos: Qos | null
  readonly comm: string | null
  readonly cgroup: string | null
  /** How the workload was told: `cgroup` seen before or named by the kernel, `name-only` from comm alone. */
  readonly certainty: 'cgroup' | 'name-only'
  /** It belongs to the node itself (kubelet, runtime, sshd, systemd-*): by its host cgroup, never by name. */
  readonly nodeDaemon: boolean
  readonly labels?: Readonly<Record<string, string>>
}

export type CycleCertainty = 'seen' | 'same-pod' | 'name-only'
export type RespawnedBy = 'kubelet' | 'controller' | 'systemd' | 'supervisor' | 'unknown'

/** An OOM kill with all that the node's own memory knows about the one who died. */
export interface AttributedKill {
  readonly kill: OomKill
  /** Never null: a bare log's clock is carried forward where a record has none. */
  readonly at: number
  readonly workload: Workload
  readonly nodeLevel: boolean
  /** A level of the hierarchy whose limit was hit. */
  readonly limitLevel: LimitLevel
  /** When the victim was born (ms since epoch) and its start ticks, where it was seen alive. */
  readonly bornAt: number | null
  readonly startTicks: number | null
  readonly lastRssKiB: number | null
  /** By how much it grew for each second that it was watched, KiB; null where it was not watched for one. */
  readonly growthKiBPerSecond?: number | null
  /** Slot: parent within the same cgroup that respawns it, for in-container workers. */
  readonly ppid: number | null
  /** The pid was known (cgroup from our own memory or from the kernel's line). */
  readonly attributed: boolean
  /** Memory available just before, KiB; null where nothing is sampled. */
  readonly availableBeforeKiB: number | null
}

export type LimitLevel = 'node' | 'kubepods' | 'qos' | 'pod' | 'container' | 'slice' | 'unit' | 'cgroup' | 'unknown'

// ─── inside the core ─────────────────────────────────────────────────────────────────────────────────────────────────

/** What the detectors see: every observation, and what parse and identify made of it, in that order. */
export type CoreEvent =
  | Observation
  | { readonly kind: 'kill'; readonly at: number; readonly kill: AttributedKill }
  | { readonly kind: 'birth'; readonly at: number; readonly birth: Birth }
  | { readonly kind: 'death'; readonly at: number; readonly death: Death }

/** A process seen for the first time, in a workload that is worth following (one that lost somebody to the kernel). */
export interface Birth {
  readonly process: ProcessSample
  readonly workload: Workload
  readonly bornAt: number
  /** The kill whose victim this one replaces; null where no death of its slot is remembered. */
  readonly replaces: AttributedKill | null
  readonly respawnedBy: RespawnedBy
  /** Another container of the same pod, or the same container: `seen` where start times prove the order. */
  readonly certainty: CycleCertainty
}

/** A process that is gone from /proc. */
export interface Death {
  readonly process: ProcessSample
  readonly workload: Workload
  /** The kernel's kill, where one was logged for it; null: it ended otherwise. */
  readonly killed: AttributedKill | null
}

/** A living process that the kernel could choose, in the kernel's own order of choice. */
export interface Candidate {
  readonly process: ProcessSample
  readonly workload: Workload
}

export interface WorkloadUsage {
  readonly workload: Workload
  /** cgroup accounting (working set) where it is, else the sum of resident sizes. */
  readonly KiB: number
  readonly processes: number
  readonly from: 'cgroup' | 'processes'
}

/** What identify knows; read by detectors and diagnose. */
export interface IdentityView {
  readonly workloadOfPid: (pid: number) => Workload | undefined
  readonly workloadOfCgroup: (path: string) => Workload | undefined
  readonly processes: () => Iterable<ProcessSample>
  /** Best first: what a node-wide OOM would kill next. */
  readonly candidates: (limit: number) => readonly Candidate[]
  /** Largest first. */
  readonly usage: () => readonly WorkloadUsage[]
  /** Will it come back when it dies? null = unknown. */
  readonly respawns: (workload: Workload) => boolean | null
  readonly podByUid: (uid: string) => PodName | undefined
}

/** What is known of memory, now and over the last quarter of an hour. */
export interface MemoryView {
  readonly latest: MemorySample | null
  readonly headroom: Headroom | null
  readonly stall: Stall | null
  /** Node's MemAvailable (KiB) at a moment: the newest sample at or before it; null where none is younger than 15 s. */
  readonly availableKiBAt: (at: number) => number | null
  /** How headroom and stall come together; null until two samples were seen, absent where nothing measures it. */
  readonly strain?: Strain | null
  readonly cgroup: (path: string) => CgroupSample | undefined
  readonly cgroups: () => Iterable<CgroupSample>
  /** Oldest first, at most 15 minutes. */
  readonly history: () => readonly {
    readonly at: number
    readonly headroomKiB: number
    readonly availableKiB: number
    /** Headroom of each of those that it is the least of, KiB: two moments are compared by the same one. */
    readonly of: Readonly<Record<Headroom['of'], number | null>>
  }[]
}

/** Headroom and stall read together: what the verdict on memory and the forecast are judged by. */
export interface Strain {
  /** Of the last 20 s, how long work stood still while little was left, ms; it counts the more the less is left. */
  readonly stalledMs: number
  /** Since when that was critical (8 s; 3 s while headroom has shrunk for long) without a break; null = it is not now. */
  readonly stalledSince: number | null
  /** Reclaim was at work within the last 10 s: the node's, or that of `/kubepods` at its limit. */
  readonly isReclaiming: boolean
  /** [soonest, latest] seconds until no headroom is left, by its slopes; null = it does not shrink. */
  readonly emptyInSeconds: readonly [number, number] | null
  /** Since when headroom is little and shrinks, and reclaim is at work or has nothing to work on; null = it does not now. */
  readonly emptyingSince: number | null
  /** Share of the last quarter of an hour with next to no headroom (below 7.5 %); null = not watched for that long. */
  readonly lowShare: number | null
}

/** All that a detector may look at besides the event itself. */
export interface World {
  readonly now: number
  readonly settings: CoreSettings
  readonly host: HostFacts
  readonly identity: IdentityView
  readonly memory: MemoryView
  readonly coverage: Coverage
}

/** One file in detect/, one verdict. Returns the verdicts that changed; a closure keeps its windows. */
export type Detector = (event: CoreEvent, world: World) => readonly Verdict[]

/** What an alert is about, as the life cycle hands it to diagnose. */
export interface ExplainSubject {
  readonly verdict: Verdict
  readonly status: 'firing' | 'resolved'
  /** The other verdicts of the incident, the newest first. */
  readonly members: readonly Verdict[]
}

/** What diagnose adds to an alert. */
export interface Explanation {
  readonly summary: string
  readonly limit: AlertLimit | null
  readonly trigger: AlertTrigger | null
  readonly holders: readonly Holding[]
  readonly growers: readonly Holding[]
  readonly unownedKiB: Unowned | null
  readonly nextVictims: readonly NextVictim[]
  readonly forecast: Forecast | null
  readonly diagnosis: readonly Cause[]
  readonly actions: readonly Action[]
}

// ─── verdicts and alerts ─────────────────────────────────────────────────────────────────────────────────────────────

export type AlertType = 'memory-exhaustion' | 'respawn-loop' | 'oom-storm' | 'node-daemon-killed' | 'agent-impaired'
export type Severity = 'info' | 'warning' | 'critical'
export type SignName =
  | 'primed'
  | 'low-headroom'
  | 'stalling'
  | 'killing'
  | 'looping'
  | 'daemon-hit'
  | 'not-ready-presumed'

/** What a detector says of one subject, now. A detector returns the verdicts that changed; `firing: false` ends one. */
export interface Verdict {
  readonly type: AlertType
  /** `node` or a workload's key: with the type, the identity of the verdict. */
  readonly subject: string
  readonly at: number
  readonly firing: boolean
  readonly severity: Severity
  /** When the condition began to hold. */
  readonly since: number
  readonly signs: readonly { readonly sign: SignName; readonly since: number }[]
  readonly workload: Workload | null
  readonly loop: Loop | null
  /** The kill that this is about, where there is one. */
  readonly kill: AttributedKill | null
  /** Why, in numbers, for the evidence and the summary: short sentences in the locale-free form of facts. */
  readonly facts: Readonly<Record<string, number | string | boolean | null>>
}

/** A loop in numbers, as the alert publishes it (times are ms here, ISO there). */
export interface Loop {
  readonly kills: number
  readonly respawns: number
  readonly pids: readonly number[]
  readonly firstKillAt: number
  readonly lastKillAt: number
  readonly medianPeriodSeconds: number | null
  readonly longestPeriodSeconds: number | null
  readonly lastLifetimeSeconds: number | null
  readonly lastGapSeconds: number | null
  readonly yieldKiB: number | null
  readonly regainedKiB: number | null
  readonly certainty: CycleCertainty
  readonly chronic: boolean
  readonly nodeLevel: boolean
  readonly respawnedBy: RespawnedBy
}

/**
 * ISO 8601 in UTC, with milliseconds.
 * @format date-time
 */
export type IsoTime = string

/** A notification in its published form, version 1 (schemas/alert.schema.json). */
export interface Alert {
  readonly version: 1
  readonly id: string
  readonly incident: string
  readonly type: AlertType
  readonly status: 'firing' | 'resolved'
  readonly severity: Severity
  readonly signs: readonly { readonly sign: SignName; readonly since: IsoTime }[]
  readonly subject: string
  readonly startsAt: IsoTime
  readonly at: IsoTime
  readonly summary: string
  readonly node: AlertNode
  readonly workload: AlertWorkload | null
  readonly loop: AlertLoop | null
  /**
   * The worst ten; `membersTotal` counts all.
   * @maxItems 10
   */
  readonly members: readonly AlertMember[]
  readonly membersTotal: number
  readonly limit: AlertLimit | null
  readonly trigger: AlertTrigger | null
  /**
   * Who holds most.
   * @maxItems 5
   */
  readonly holders: readonly Holding[]
  /**
   * Who grew most.
   * @maxItems 5
   */
  readonly growers: readonly Holding[]
  readonly unownedKiB: Unowned | null
  readonly nextVictims: readonly NextVictim[]
  readonly pressure: AlertPressure | null
  readonly forecast: Forecast | null
  readonly diagnosis: readonly Cause[]
  readonly actions: readonly Action[]
  readonly coverage: Coverage
  /**
   * The kernel's own lines, newest last; `evidenceTotal` counts all.
   * @maxItems 20
   */
  readonly evidence: readonly string[]
  readonly evidenceTotal: number
  /** Set where the alert tells of something beyond its type: `late` (firing delivered after it was over), `reopened`,
   * `handover` (the watch ends or is handed over), `open-end` (a log ended before the incident did), `reminder`,
   * `last-words` (prepared before; sent because the agent hardly gets to run any more). */
  readonly notes: readonly AlertNote[]
}

export type AlertNote = 'late' | 'reopened' | 'handover' | 'open-end' | 'reminder' | 'previous-boot' | 'last-words'

export interface AlertNode {
  readonly name: string
  readonly kernel: string
  readonly os: string
  readonly memTotalKiB: number | null
  readonly bootId: string | null
  readonly agentVersion: string
  readonly labels: Readonly<Record<string, string>>
}

export interface AlertWorkload {
  readonly key: string
  readonly namespace: string | null
  readonly pod: string | null
  readonly container: string | null
  readonly owner: Owner | null
  readonly unit: string | null
  readonly qos: Qos | null
  readonly comm: string | null
  readonly certainty: 'cgroup' | 'name-only'
}

export interface AlertLoop {
  readonly kills: number
  readonly respawns: number
  /**
   * The newest ten; `kills` is the total.
   * @maxItems 10
   */
  readonly pids: readonly number[]
  readonly firstKillAt: IsoTime
  readonly lastKillAt: IsoTime
  readonly medianPeriodSeconds: number | null
  readonly lastLifetimeSeconds: number | null
  readonly yieldKiB: number | null
  readonly regainedKiB: number | null
  readonly certainty: CycleCertainty
  readonly chronic: boolean
}

export interface AlertMember {
  readonly type: AlertType
  readonly subject: string
  readonly severity: Severity
  readonly kills: number
}

export interface AlertLimit {
  readonly scope: Scope
  readonly level: LimitLevel
  /** cgroup path whose limit was hit; null for the node itself. */
  readonly path: string | null
  readonly usageKiB: number | null
  readonly limitKiB: number | null
}

export interface AlertTrigger {
  readonly comm: string | null
  readonly workload: string | null
  readonly terminating: boolean | null
  /** Where `terminating` was learned from. */
  readonly source: string | null
  readonly grewKiB: number | null
}

export interface Holding {
  readonly workload: string
  readonly KiB: number
  /** Over ten minutes, or as long as is known; null = unknown. */
  readonly changeKiB: number | null
  /** Times its habit of the last day; null = no habit yet. */
  readonly habitRatio?: number | null
  /** Where the size comes from: its cgroups, its processes, the task table of the kernel's report, or its kill lines. */
  readonly from?: 'cgroup' | 'processes' | 'task-table' | 'kill-line'
}

/** Memory that no process accounts for, KiB, split; null = not to be had here. */
export interface Unowned {
  readonly total: number
  readonly slab: number | null
  readonly pageTables: number | null
  readonly hugepages: number | null
  readonly shmem: number | null
  readonly balloon: number | null
  readonly rest: number | null
  /** Whose tmpfs, where it can be told: workload or mount. */
  readonly shmemOwner?: string | null
}

export interface NextVictim {
  readonly workload: string
  readonly pid: number
  readonly comm: string
  readonly score: number
  readonly oomScoreAdj: number
  readonly rssKiB: number
  /** It comes back if it dies. */
  readonly respawns: boolean | null
  /** What the node keeps if it dies: 0 for one that comes back as it was. */
  readonly regainsKiB: number | null
}

export interface AlertPressure {
  readonly headroom: Headroom
  readonly stall: Stall
  readonly load1: number | null
}

/** What can still be allocated before the kernel kills, with its parts. */
export interface Headroom {
  readonly KiB: number
  readonly ratio: number
  /** Which part is the smallest. */
  readonly of: 'node' | 'kubepods' | 'numa'
  readonly nodeKiB: number
  readonly kubepodsKiB: number | null
  readonly numaKiB: number | null
  /** Negative = shrinking. */
  readonly slopeKiBPerSecond: number | null
}

/** Work that waits for memory. Ratios of wall time (PSI) or of the file cache per second. null = not to be had here. */
export interface Stall {
  readonly refaultRatioPerSecond: number | null
  readonly memorySomeRatio: number | null
  readonly memoryFullRatio: number | null
  readonly ioFullRatio: number | null
  readonly directReclaimPerSecond: number | null
  readonly daemonMajorFaultsPerSecond: number | null
  readonly daemonsInDState: number | null
}

export interface Forecast {
  /** [soonest, latest] seconds from `at`; null = no honest figure. 0,0 = now. */
  readonly firstKillSeconds: readonly [number, number] | null
  readonly notReadySeconds: readonly [number, number] | null
  readonly evidence: string
}

export interface Cause {
  readonly code: string
  readonly evidence: string
  readonly why: string
  readonly remedy: string
}

export interface Action {
  readonly do: string
  readonly command: string | null
  readonly expectKiB: number | null
}

export interface Coverage {
  /** Kills by the kernel's own counter since the agent watches; null where the kernel has no counter. */
  readonly counted: number | null
  readonly seen: number
  readonly attributed: number
  readonly lostRecords: number
}

// ─── reading the host ────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The one interface through which files of the host are read: the live host, a folder (`--root`), or a capture in
 * motion. Paths are absolute as on the host. Nothing throws: what cannot be read is undefined.
 */
export interface HostFiles {
  readonly read: (path: string) => string | undefined
  /** Names in a directory, undefined where it does not exist. */
  readonly list: (path: string) => readonly string[] | undefined
  /** All process ids. */
  readonly pids: () => readonly number[]
  /** Target of a symbolic link. */
  readonly link: (path: string) => string | undefined
  /** As `read`, for a file that is read again and again: keeps its descriptor open (`forget` closes it). */
  readonly reread: (path: string) => string | undefined
  readonly forget: (path: string) => void
  /** Closes every kept descriptor. */
  readonly close: () => void
}

/** outside → observation. Started once; what it cannot do any more it says as a SourceState, and goes on trying. */
export interface Source {
  readonly name: string
  readonly start: (emit: (observation: Observation) => void) => void | Promise<void>
  readonly stop: () => void | Promise<void>
}

// ─── delivery ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type FormatName =
  | 'generic'
  | 'cloudevents'
  | 'alertmanager'
  | 'slack'
  | 'teams'
  | 'discord'
  | 'pagerduty'
  | 'feishu'
  | 'dingtalk'
  | 'wecom'
  | 'template'

/** One webhook as the settings name it; secrets are resolved (from file or environment) before they get here. */
export interface WebhookSettings {
  readonly name: string
  /** Where to post; several for the members of an Alertmanager cluster. */
  readonly urls: readonly string[]
  readonly format: FormatName
  readonly secret?: string
  readonly minSeverity: Severity
  readonly types?: readonly AlertType[]
  /** Only alerts whose node, pod or static labels match. */
  readonly labels?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly template?: string
  /** Prefix that a robot's keyword check wants. */
  readonly prefix?: string
  readonly routingKey?: string
  readonly locale: Locale
  /** Address of the operator's runbook; `#TYPE` is added. */
  readonly runbooks?: string
  /** One attempt, from connecting to the end of the answer. */
  readonly timeoutMs: number
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}
