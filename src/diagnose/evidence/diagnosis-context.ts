import { availableKiBOf } from '../../detect/memory/headroom.ts'
import type { HoldChoice } from '../../hold/choose.ts'
import { evictionThresholdKiB } from '../../parse/kubernetes/kubelet-config.ts'
import type { Messages } from '../../text/messages/catalogues.ts'
import type { TerminationSource } from '../../text/messages/incident-facts.ts'
import type {
  AlertLimit,
  Forecast,
  HostFacts,
  KubeletFacts,
  MemorySample,
  NextVictim,
  UnaccountedMemory,
  Verdict,
  Workload,
  World,
} from '../../types.ts'
import type { Platform } from '../platform/host-platform.ts'
import type { BaselineStore } from './baselines.ts'
import type { PodUse } from './pods.ts'
import type { KillSizes } from './reported-sizes.ts'
import type { TerminatingPods } from './terminating-pods.ts'
import type { Trigger } from './trigger.ts'
import type { ShmemOwner } from './unaccounted-memory.ts'

/** A consumer of memory, as diagnosis sees it: a workload, or a kind of the kernel's own memory. */
export interface Consumer {
  readonly key: string
  /** As a person calls it. */
  readonly name: string
  readonly workload: Workload | null
  readonly KiB: number
  readonly changeKiB: number | null
  /** Growth in which the latest minute counts most, KiB. */
  readonly recentGrowthKiB: number
  readonly growingSince: number | null
  readonly baselineKiB: number | null
  readonly baselineRatio: number | null
  readonly from: 'cgroup' | 'processes' | 'task-table' | 'kill-line'
}

export interface Victim extends NextVictim {
  readonly of: Workload
}

/** The facts at the moment of a diagnosis. Created once and read by every cause. */
export interface DiagnosisContext {
  /** The subject of the diagnosis; null: doctor. */
  readonly verdict: Verdict | null
  readonly status: 'firing' | 'resolved'
  /** The other verdicts of the incident. */
  readonly members: readonly Verdict[]
  readonly world: World
  readonly host: HostFacts
  readonly now: number
  /** When the incident began, as far as its verdicts show. */
  readonly since: number
  /** All texts, in the language of the alert. */
  readonly t: Messages
  readonly forecast: Forecast | null
  /** The newest sample of memory, no older than half a minute; null: nothing is sampled. */
  readonly memory: MemorySample | null
  readonly totalKiB: number | null
  readonly availableKiB: number | null
  readonly kubelet: KubeletFacts | undefined
  readonly isKubernetes: boolean
  readonly platform: Platform
  /** What one pod of a workload has used at most, to size it by; null: it has not run for long enough. */
  readonly peakKiB: (workload: string) => number | null
  /** It is about the node and not about one workload's own limit. */
  readonly isNodeWide: boolean
  /** All, the largest first. */
  readonly consumers: readonly Consumer[]
  /** What grows, the most urgent first; kinds of kernel memory among them. */
  readonly growers: readonly Consumer[]
  /** Kinds of memory that no process holds and that grow, also where a cgroup is charged for them. */
  readonly kinds: readonly Consumer[]
  readonly pods: readonly PodUse[]
  readonly unaccounted: UnaccountedMemory | null
  readonly shmemOwner: ShmemOwner | null
  readonly limit: AlertLimit | null
  readonly trigger: Trigger | null
  /** Pods in their grace period, with what they have grown by in it. */
  readonly terminating: readonly TerminatingPod[]
  readonly victims: readonly Victim[]
  readonly killSizes: KillSizes
  readonly terminatingPods: TerminatingPods
  readonly baselines: BaselineStore
  /** Which containers to hold; null: the settings say `hold: off`, or this is about something else. */
  readonly holdChoice: HoldChoice | null
}

export interface TerminatingPod {
  /** `namespace/name`. */
  readonly pod: string
  readonly since: number
  readonly source: TerminationSource
  readonly KiB: number | null
  readonly grewKiB: number | null
  /** More than a line that any user can write to syslog shows it. */
  readonly trusted: boolean
  readonly use: PodUse | null
}

/** The newest sample, where it is not stale. */
export function freshMemory({ memory: { latest }, now }: World): MemorySample | null {
  return latest && now - latest.at <= 30_000 ? latest : null
}

export function totalKiBOf(memory: MemorySample | null, host: HostFacts): number | null {
  return memory?.meminfo.MemTotal ?? host.memTotalKiB
}

export function availableOf(memory: MemorySample | null): number | null {
  return (memory && availableKiBOf(memory)) ?? null
}

/** What kubelet keeps back from the pods, KiB, and how that is known; null where nothing shows it. */
export function reservedOf(
  context: DiagnosisContext,
): { readonly KiB: number; readonly from: 'kubelet' | 'cgroup' } | null {
  const { kubelet, totalKiB, world } = context
  if (kubelet) return { KiB: (kubelet.kubeReservedKiB ?? 0) + (kubelet.systemReservedKiB ?? 0), from: 'kubelet' }
  // What kubelet enforces can be read off the limit that it has written.
  const kubepods = kubepodsOf(world)
  if (totalKiB === null || !kubepods?.limitKiB) return null
  return { KiB: Math.max(0, totalKiB - kubepods.limitKiB), from: 'cgroup' }
}

export function kubepodsOf({ memory }: World) {
  return memory.cgroup('/kubepods.slice') ?? memory.cgroup('/kubepods')
}

/** kubelet's eviction threshold, KiB. null: kubelet's settings are not known. */
export function evictionKiBOf({ kubelet, totalKiB }: Pick<DiagnosisContext, 'kubelet' | 'totalKiB'>): number | null {
  return kubelet ? evictionThresholdKiB(kubelet.evictionMemory, totalKiB) : null
}

/** What pods may use together: memory less what is reserved and the eviction threshold. */
export function allocatableKiBOf(context: DiagnosisContext): number | null {
  const reserved = reservedOf(context)
  if (context.totalKiB === null || !reserved) return null
  return context.totalKiB - reserved.KiB - (evictionKiBOf(context) ?? 0)
}
