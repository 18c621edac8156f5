/* Verdicts, and alerts in their published form. The glossary stands in ../types.ts. */

import type { Severity } from '../verdicts/descriptor.ts'
import type { OtherKiller } from '../verdicts/respawn-loop.ts'
import type { VerdictFacts } from '../verdicts/verdicts.ts'
import type { ReleaseReason } from './hold.ts'
import type { AttributedKill, CycleCertainty, LimitLevel, Owner, Qos, RespawnedBy, Workload } from './identity.ts'
import type { Scope } from './kill.ts'

export type { Severity }
export type AlertType = keyof VerdictFacts
export type SignName =
  | 'primed'
  | 'low-headroom'
  | 'stalling'
  | 'killing'
  | 'looping'
  | 'daemon-hit'
  | 'not-ready-presumed'
  | 'held'

/** The result of a detector for one subject. A detector returns the verdicts that changed; `firing: false` ends one. */
export type Verdict = { [Type in AlertType]: VerdictOf<Type> }[AlertType]

export interface VerdictOf<Type extends AlertType> {
  readonly type: Type
  /** `node` or a workload's key: with the type, the identity of the verdict. */
  readonly subject: string
  readonly at: number
  readonly firing: boolean
  /** Of a verdict that ends: time without the condition, ms. Recovery counts from there. */
  readonly quietMs?: number
  readonly severity: Severity
  /** When the condition began to hold. */
  readonly since: number
  readonly signs: readonly { readonly sign: SignName; readonly since: number }[]
  readonly workload: Workload | null
  readonly loop: Loop | null
  /** The kill that this is about, where there is one. */
  readonly kill: AttributedKill | null
  /** Facts of this verdict, as its descriptor defines (src/verdicts/). */
  readonly facts: VerdictFacts[Type]
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
  readonly yieldKiB: number | null
  readonly regainedKiB: number | null
  readonly certainty: CycleCertainty
  readonly chronic: boolean
  readonly nodeLevel: boolean
  readonly respawnedBy: RespawnedBy
  /** Absent: the kernel. */
  readonly endedBy?: OtherKiller
  readonly endedByCertainty?: EndedByCertainty
}

/**
 * `log`: lines of the killer's own log; `unverified-log`: lines that any user can write; `guess`: inferred from what the node
 * shows, such as pods that are gone while headroom was below the eviction threshold.
 */
export type EndedByCertainty = 'log' | 'unverified-log' | 'guess'

export type { OtherKiller }

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
  /**
   * The node's incident that it belongs to; null for a loop at a workload's own limit and for the agent itself. A
   * workload's loop that turns node-level joins the node's incident and keeps its own `incident`.
   */
  readonly nodeIncident: string | null
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
   * Top memory consumers.
   * @maxItems 5
   */
  readonly holders: readonly Holding[]
  /**
   * Fastest growing.
   * @maxItems 5
   */
  readonly growers: readonly Holding[]
  readonly unownedKiB: UnaccountedMemory | null
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
  /** Set where the alert reports something beyond its type: `late` (firing delivered after it was over), `reopened`,
   * `handover` (the watch ends or is handed over), `open-end` (a log ended before the incident did), `reminder`,
   * `last-words` (prepared before; sent because the agent is almost starved of CPU), `joined` (a workload's loop became the
   * node's matter), `digest` (one message about several alerts, which its summary names). */
  readonly notes: readonly AlertNote[]
  /** Present where `oomloop hold` slows something down, or did so in the last ten minutes. */
  readonly hold?: readonly AlertHold[]
  /** Present where a webhook has a locale of its own; that webhook receives these texts in place of the main ones. */
  readonly translations?: Translations
}

/** A container that is held, or was released in the last ten minutes: its growth is slowed down by `memory.high`. */
export interface AlertHold {
  readonly workload: string
  readonly since: IsoTime
  /** When it was released; null: it is held. */
  readonly until: IsoTime | null
  /** Why it was released. */
  readonly why: ReleaseReason | null
  /** By how much less it grew than it would have at its rate. */
  readonly savedKiB: number
}

export type AlertNote =
  | 'late'
  | 'reopened'
  | 'handover'
  | 'open-end'
  | 'reminder'
  | 'previous-boot'
  | 'last-words'
  | 'joined'
  | 'digest'
  | 'test'

/** Texts of an alert in further languages, by locale. */
export interface Translations {
  readonly [locale: string]: AlertTexts
}

export interface AlertTexts {
  readonly summary: string
  readonly diagnosis: readonly Cause[]
  readonly actions: readonly Action[]
  /** With its evidence in that language; absent: there is none in this one. */
  readonly forecast?: Forecast | null
  /** With its `source` in that language; absent: the source is not known. */
  readonly trigger?: AlertTrigger
}

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
  /** UID of the pod, where it is known. */
  readonly podUid?: string | null
  readonly container: string | null
  readonly owner: Owner | null
  readonly unit: string | null
  readonly qos: Qos | null
  readonly comm: string | null
  readonly certainty: 'cgroup' | 'name-only' | 'guess'
  /** The pod's labels, as far as the container runtime's files on the node know them. */
  readonly labels?: Readonly<Record<string, string>>
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
  /** Who killed or evicted the workload, where it was not the kernel. Absent: the kernel. */
  readonly endedBy?: OtherKiller
  /** How that is known; present where `endedBy` is. */
  readonly endedByCertainty?: EndedByCertainty
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
  /** Ratio to its baseline of the last day; null = no baseline yet. */
  readonly habitRatio?: number | null
  /** Where the size comes from: its cgroups, its processes, the task table of the kernel's report, or its kill lines. */
  readonly from?: 'cgroup' | 'processes' | 'task-table' | 'kill-line'
}

/** Memory that no process accounts for, KiB, split; null = not to be had here. */
export interface UnaccountedMemory {
  readonly total: number
  readonly slab: number | null
  readonly pageTables: number | null
  readonly hugepages: number | null
  readonly shmem: number | null
  readonly balloon: number | null
  readonly rest: number | null
  /** Owner of the tmpfs, where it is known: workload or mount. */
  readonly shmemOwner?: string | null
}

export interface NextVictim {
  readonly workload: string
  readonly pid: number
  readonly comm: string
  readonly score: number
  readonly oomScoreAdj: number
  readonly rssKiB: number
  /** It is restarted if it is killed. */
  readonly respawns: boolean | null
  /** What a kill frees for good: 0 for one that is restarted and grows as before. */
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

/** What the kernel's log held of the time before the agent first started. */
export interface History {
  readonly kills: number
  readonly loops: number
  readonly lastKillAt: IsoTime
}
