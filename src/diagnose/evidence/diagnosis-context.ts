import { availableKiBOf } from '../detect/headroom.ts'
import { parseQuantityKiB } from '../parse/kubelet-config.ts'
import type { Say } from '../say.ts'
import type {
  AlertLimit,
  AlertTrigger,
  Forecast,
  HostFacts,
  KubeletFacts,
  MemorySample,
  NextVictim,
  Unowned,
  Verdict,
  Workload,
  World,
} from '../types.ts'
import type { HabitStore } from './habits.ts'
import type { KillSizes } from './kill-sizes.ts'
import type { PodUse } from './pods.ts'
import type { Terminations } from './terminations.ts'
import type { ShmemOwner } from './unowned.ts'

/** Somebody who holds memory, as diagnosis sees it: a workload, or a kind of the kernel's own memory. */
export interface Holder {
  readonly key: string
  /** As a person calls it. */
  readonly name: string
  readonly workload: Workload | null
  readonly KiB: number
  readonly changeKiB: number | null
  /** Growth in which the latest minute counts most, KiB. */
  readonly impetusKiB: number
  readonly growingSince: number | null
  readonly habitKiB: number | null
  readonly habitRatio: number | null
  readonly from: 'cgroup' | 'processes' | 'task-table' | 'kill-line'
}

export interface Victim extends NextVictim {
  readonly of: Workload
}

/** All that is known at the moment in which something is to be explained; made once, read by every cause. */
export interface Scene {
  /** What is explained; null: doctor asks how things are. */
  readonly verdict: Verdict | null
  readonly status: 'firing' | 'resolved'
  /** The other verdicts of the incident. */
  readonly members: readonly Verdict[]
  readonly world: World
  readonly host: HostFacts
  readonly now: number
  /** When the incident began, as far as its verdicts tell. */
  readonly since: number
  readonly say: Say
  readonly forecast: Forecast | null
  /** The newest sample of memory, no older than half a minute; null: nothing is sampled. */
  readonly memory: MemorySample | null
  readonly totalKiB: number | null
  readonly availableKiB: number | null
  readonly kubelet: KubeletFacts | undefined
  readonly isKubernetes: boolean
  /** It is about the node and not about one workload's own limit. */
  readonly isNodeWide: boolean
  /** All, the largest first. */
  readonly holders: readonly Holder[]
  /** Who grows, the most urgent first; kinds of kernel memory among them. */
  readonly growers: readonly Holder[]
  /** Kinds of memory that no process holds and that grow, also where a cgroup is charged for them. */
  readonly kinds: readonly Holder[]
  readonly pods: readonly PodUse[]
  readonly unowned: Unowned | null
  readonly shmemOwner: ShmemOwner | null
  readonly limit: AlertLimit | null
  readonly trigger: AlertTrigger | null
  /** Pods in their grace period, with what they have grown by in it. */
  readonly ending: readonly EndingPod[]
  readonly victims: readonly Victim[]
  readonly killSizes: KillSizes
  readonly terminations: Terminations
  readonly habits: HabitStore
}

export interface EndingPod {
  /** `namespace/name`. */
  readonly pod: string
  readonly since: number
  readonly source: string
  readonly KiB: number | null
  readonly grewKiB: number | null
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

/** What kubelet keeps back from the pods, KiB, and how that is known; null where nothing tells. */
export function reservedOf(scene: Scene): { readonly KiB: number; readonly from: 'kubelet' | 'cgroup' } | null {
  const { kubelet, totalKiB, world } = scene
  if (kubelet) return { KiB: (kubelet.kubeReservedKiB ?? 0) + (kubelet.systemReservedKiB ?? 0), from: 'kubelet' }
  // What kubelet enforces can be read off the limit that it has written.
  const kubepods = kubepodsOf(world)
  if (totalKiB === null || !kubepods?.limitKiB) return null
  return { KiB: Math.max(0, totalKiB - kubepods.limitKiB), from: 'cgroup' }
}

export function kubepodsOf({ memory }: World) {
  return memory.cgroup('/kubepods.slice') ?? memory.cgroup('/kubepods')
}

/** `memory.available` of evictionHard in KiB; kubelet's own default is 100Mi. null: kubelet's settings are not known. */
export function evictionKiBOf({ kubelet, totalKiB }: Pick<Scene, 'kubelet' | 'totalKiB'>): number | null {
  if (!kubelet) return null
  const text = (kubelet.evictionMemory ?? '100Mi').trim()
  if (!text.endsWith('%')) return parseQuantityKiB(text) ?? null
  const percent = Number.parseFloat(text)
  if (percent === 0) return 0
  return totalKiB === null || Number.isNaN(percent) ? null : (totalKiB * percent) / 100
}

/** What pods may use together: memory less what is reserved and the eviction threshold. */
export function allocatableKiBOf(scene: Scene): number | null {
  const reserved = reservedOf(scene)
  if (scene.totalKiB === null || !reserved) return null
  return scene.totalKiB - reserved.KiB - (evictionKiBOf(scene) ?? 0)
}
