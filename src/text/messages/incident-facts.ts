/* Facts that the messages about an incident need. Sizes are KiB, times seconds; a name is ready to print. */

export type Range = readonly [number, number]

export interface LeftFacts {
  readonly KiB: number
  readonly ratio: number
  /** The limit of all pods is the bottleneck. */
  readonly forPods: boolean
}

export interface NodeLeftFacts {
  /** null: its name is not known. */
  readonly node: string | null
  /** What `summary.left` says; null: not measured. */
  readonly left: string | null
}

export interface NameOnNodeFacts {
  readonly name: string
  readonly node: string | null
}

export interface LeakFacts extends NameOnNodeFacts {
  readonly KiBPerHour: number
  /** Until the node runs out of memory: the estimate, and [soonest, latest]. */
  readonly seconds: number
  readonly range: readonly [number, number]
}

export interface SizedName {
  readonly name: string
  readonly KiB: number | null
}

export interface OutOfMemoryFacts {
  readonly node: string | null
  readonly stalled: boolean
  readonly victim: string
  readonly KiB: number | null
  readonly kills: number
}

/** The limit of all pods together. */
export interface PodsLimitFacts extends Omit<OutOfMemoryFacts, 'stalled'> {
  readonly limitKiB: number
}

export interface LoopFacts {
  readonly workload: string
  readonly KiB: number | null
  /** Absent: the node is left out. */
  readonly node?: string | null
  readonly kills: number
  readonly periodSeconds: number | null
}

export interface OwnLimitFacts {
  readonly workload: string
  /** Whose limit it is; null: the workload's own. */
  readonly whose: string | null
  readonly limitKiB: number | null
  readonly node?: string | null
  readonly kills: number
  readonly periodSeconds: number | null
}

export interface SharedLimitFacts {
  /** Name of the slice, such as `system.slice`. */
  readonly slice: string
  readonly limitKiB: number | null
  readonly node: string | null
  readonly victim: string
  readonly KiB: number | null
}

export interface StormFacts {
  readonly kills: number
  /** null: the log has no times. */
  readonly seconds: number | null
  readonly node?: string | null
  readonly last: string
  readonly KiB: number | null
}

export interface ImpairedFacts {
  readonly node: string | null
  readonly sourcesDown: readonly string[]
  /** The state directory takes no writes. */
  readonly cannotWrite: boolean
  readonly lostRecords: number
  /** Kills that the kernel counted and no source showed. */
  readonly unseenKills: number
  readonly isNextVictim: boolean
}

export interface GrewFacts {
  readonly name: string
  readonly byKiB: number
  readonly toKiB: number | null
  readonly seconds: number | null
}

export interface PodSizeFacts {
  readonly pod: string
  readonly KiB: number
  /** The command cordons the node as well. */
  readonly cordons: boolean
}

export interface OwnerFacts {
  readonly kind: string
  readonly certain: boolean
}

export interface ReservationFacts {
  readonly reservedKiB: number
  readonly totalKiB: number
  readonly fromCgroup: boolean
  readonly peers: readonly { readonly name: string; readonly KiB: number }[]
  readonly ownKiB: number | null
}

export interface PodsAtLimitFacts {
  readonly usedKiB: number
  readonly limitKiB: number
  readonly totalKiB: number | null
  readonly reservedKiB: number | null
  readonly leftKiB: number | null
}

export interface EvictionFacts {
  readonly threshold: string
  readonly isDefault: boolean
  readonly totalKiB: number
  readonly lostKiBPerSecond: number | null
  readonly lostKiB: number | null
}

export interface LimitsFacts {
  readonly pods: number
  readonly sumKiB: number
  readonly ratio: number
  readonly allocatableKiB: number
  readonly unlimited: readonly string[]
}

export interface BestEffortFacts {
  readonly names: readonly string[]
  readonly name: string
  readonly KiB: number
  readonly ratio: number | null
}

/** Where it is known from that a pod is terminating. */
export type TerminationSource =
  /** A line of the log of kubelet or the runtime; not trusted: any user can have written it. */
  | { readonly from: 'log'; readonly unit: string; readonly event: string; readonly trusted: boolean }
  /** A container left while the successor of its pod runs. */
  | { readonly from: 'processes'; readonly container: string; readonly successor: string }

export interface TerminatingFacts {
  readonly pod: string
  readonly grewKiB: number
  readonly KiB: number
  readonly seconds: number
  readonly source: TerminationSource
  readonly isTrigger: boolean
}

export interface GrowingFacts {
  readonly name: string
  readonly byKiB: number
  readonly toKiB: number
  readonly seconds: number | null
  readonly isNew: boolean
  /** null: it has none; undefined: not read. */
  readonly limitKiB: number | null | undefined
  readonly baselineKiB: number | null
}

export interface UnprotectedFacts {
  readonly killed: string | null
  readonly killedAdj: number | null
  readonly exposed: readonly { readonly unit: string; readonly adj: number }[]
}

/** The pod to remove first; `cordons`: with the node's name, so that no pod is scheduled there again. */
export interface NextPodFacts {
  readonly KiB: number | null
  readonly cordons: boolean
}

/** What sets the limit of a container from a definition of its own. */
export type LimitManagerName = 'ecs' | 'nomad' | 'swarm'

export interface ContainerLimitFacts {
  readonly name: string
  readonly limit: 'own' | 'pod' | 'slice' | 'inner' | 'outer'
  readonly limitKiB: number | null
  readonly heldKiB: number | null
  readonly seconds: number | null
  readonly growthKiBPerSecond: number | null
}

export interface KindFacts {
  readonly KiB: number
  readonly ratio: number
  readonly changeKiB: number | null
}

export interface SharedMemoryFacts extends KindFacts {
  readonly owner: string | null
}

export interface SlabFacts extends KindFacts {
  readonly reclaimableKiB: number
  readonly unreclaimableKiB: number
}

export interface HugepagesFacts extends KindFacts {
  readonly idleKiB: number
}

export interface BalloonFacts {
  readonly KiB: number
  readonly changeKiB: number | null
  readonly totalKiB: number
}

export interface FragmentationFacts {
  readonly pieceKiB: number | null
  readonly order: number | null
  readonly zone: string | null
  readonly freeKiB: number
}

export interface SwapFacts {
  readonly usedKiB: number
  readonly totalKiB: number
  readonly ratio: number
  readonly isZram: boolean
  /** MiB of memory that one MiB in it needs. */
  readonly cost: number | null
}

export interface SpareFacts {
  readonly leftKiB: number
  readonly name: string
  readonly KiB: number
  readonly needKiB: number
}

export interface WrongVictimFacts {
  readonly name: string
  readonly kills: number
  readonly consumer: string
  readonly consumerKiB: number
  /** Its size is that of its own kill line. */
  readonly atKill: boolean
  readonly score: number | null
  readonly others: readonly string[]
}

export type LogGap = 'workload' | 'trigger' | 'memory' | 'usage' | 'survivors' | 'terminating' | 'end'
