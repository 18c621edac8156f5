/* What detectors and diagnosis see and return. The glossary stands in ../types.ts. */

import type {
  Action,
  AlertLimit,
  AlertTrigger,
  Cause,
  Coverage,
  Forecast,
  Headroom,
  Holding,
  NextVictim,
  Stall,
  Translations,
  UnaccountedMemory,
  Verdict,
} from './alert.ts'
import type { HeldCgroup, ReleasedCgroup } from './hold.ts'
import type { HostFacts } from './host.ts'
import type { AttributedKill, CycleCertainty, RespawnedBy, Workload } from './identity.ts'
import type { CgroupSample, MemorySample, Observation, PodName, ProcessSample } from './observation.ts'
import type { CoreSettings } from './settings.ts'

/** What the detectors see: every observation, and what parse and identify made of it, in that order. */
export type CoreEvent =
  | Observation
  | { readonly kind: 'kill'; readonly at: number; readonly kill: AttributedKill }
  | { readonly kind: 'birth'; readonly at: number; readonly birth: Birth }
  | { readonly kind: 'death'; readonly at: number; readonly death: Death }

/** A process seen for the first time, in a workload that is worth following (one that lost a process to an OOM kill). */
export interface Birth {
  readonly process: ProcessSample
  readonly workload: Workload
  readonly bornAt: number
  /** The kill whose victim this process replaces; null if no kill of its slot is known. */
  readonly replaces: AttributedKill | null
  readonly respawnedBy: RespawnedBy
  /** Another container of the same pod, or the same container: `seen` where start times prove the order. */
  readonly certainty: CycleCertainty
}

/** A process that is gone from /proc. */
export interface Death {
  readonly process: ProcessSample
  readonly workload: Workload
  /** The OOM kill, if the kernel logged one; null: it exited in another way. */
  readonly killed: AttributedKill | null
}

/** A running process that the kernel could kill, in the kernel's order. */
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
  /** When the oldest of its processes started; absent: not known. */
  readonly bornAt?: number
  /** Of `KiB`, file pages in use, which can be reclaimed; absent = none, or not known. */
  readonly activeFileKiB?: number
}

/** What identify knows; read by detectors and diagnose. */
export interface IdentityView {
  readonly workloadOfPid: (pid: number) => Workload | undefined
  readonly workloadOfCgroup: (path: string) => Workload | undefined
  readonly processes: () => Iterable<ProcessSample>
  /** The kernel has killed it, and its memory is about to be freed. */
  readonly isKilled: (pid: number) => boolean
  /** Best first: what a node-wide OOM would kill next. */
  readonly candidates: (limit: number) => readonly Candidate[]
  /** Largest first. */
  readonly usage: () => readonly WorkloadUsage[]
  /** Is it restarted when it is killed? null = unknown. */
  readonly respawns: (workload: Workload) => boolean | null
  /** It was seen to be recreated after a kill. */
  readonly hasRespawned: (workload: Workload) => boolean
  readonly podByUid: (uid: string) => PodName | undefined
}

/** What is known of memory, now and over the last quarter of an hour. */
export interface MemoryView {
  readonly latest: MemorySample | null
  readonly headroom: Headroom | null
  readonly stall: Stall | null
  /** Node's MemAvailable (KiB) at a moment: the newest sample at or before it; null where none is younger than 15 s. */
  readonly availableKiBAt: (at: number) => number | null
  /** Headroom and stall combined; null until there are two samples, absent if nothing is sampled. */
  readonly signals?: ExhaustionSignals | null
  readonly cgroup: (path: string) => CgroupSample | undefined
  readonly cgroups: () => Iterable<CgroupSample>
  /** Oldest first, at most 15 minutes. */
  readonly history: () => readonly {
    readonly at: number
    readonly headroomKiB: number
    readonly availableKiB: number
    /** Headroom by scope, KiB. Two moments are compared by the same scope. */
    readonly of: Readonly<Record<Headroom['of'], number | null>>
  }[]
}

/** Headroom and stall read together: what the verdict on memory and the forecast are judged by. */
export interface ExhaustionSignals {
  /** Of the last 20 s, how long tasks were stalled while little was left, ms; weighted more the less is left. */
  readonly stalledMs: number
  /**
   * Since when this is critical without a break (8s of stall, or 3s while headroom shrinks); null: it is not critical
   * now.
   */
  readonly stalledSince: number | null
  /** Reclaim was at work within the last 10 s: the node's, or that of `/kubepods` at its limit. */
  readonly isReclaiming: boolean
  /** [soonest, latest] seconds until no headroom is left, by its slopes; null = it does not shrink. */
  readonly emptyInSeconds: readonly [number, number] | null
  /** Since when headroom is little and shrinks, and reclaim is at work or has nothing to work on; null = it does not now. */
  readonly depletingSince: number | null
  /** Since when kubelet has made almost no progress; null: it makes progress, or there is no evidence. */
  readonly kubeletStarvedSince: number | null
  /** Of what headroom lost lately, the share that went to pods that have just started; null = none did, or it did not shrink. */
  readonly startingShare: number | null
  /** Share of the last quarter of an hour with next to no headroom (below 7.5 %); null = not watched for that long. */
  readonly lowShare: number | null
}

/** All that a detector may look at besides the event itself. */
export interface World {
  readonly now: number
  /** `now` on a clock that never goes back: for windows and waiting. */
  readonly steadyNow: number
  readonly settings: CoreSettings
  readonly host: HostFacts
  readonly identity: IdentityView
  readonly memory: MemoryView
  readonly coverage: Coverage
  /** Containers whose growth is slowed down by `memory.high`; absent: nothing is. */
  readonly hold?: {
    readonly held: readonly HeldCgroup[]
    readonly released: readonly ReleasedCgroup[]
    /** Releases since the start. */
    readonly releases: number
  }
}

/** One file in detect/, one verdict. Returns the verdicts that changed; a closure keeps its windows. */
export type Detector = (event: CoreEvent, world: World) => readonly Verdict[]

/** The subject of an alert, as input of diagnose. */
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
  readonly unownedKiB: UnaccountedMemory | null
  readonly nextVictims: readonly NextVictim[]
  readonly forecast: Forecast | null
  readonly diagnosis: readonly Cause[]
  readonly actions: readonly Action[]
  /** The same texts in the other languages that webhooks use. */
  readonly translations?: Translations
}
