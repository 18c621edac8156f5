import { defaultThresholds } from '../../detect/memory/thresholds.ts'
import { reportedRssKiB } from '../../identify/kill-report.ts'
import { isOfDaemon } from '../../identify/shared-unit.ts'
import type { Workload } from '../../types.ts'
import type { Consumer, DiagnosisContext, TerminatingPod } from '../evidence/diagnosis-context.ts'
import type { Finding } from '../evidence/finding.ts'
import type { PodUse } from '../evidence/pods.ts'
import { largeKiB } from '../evidence/reported-sizes.ts'
import { isMostlyTmpfsFiles } from '../evidence/tmpfs-files.ts'
import { isVictim } from '../evidence/top-consumers.ts'
import { topGrower } from '../evidence/top-growers.ts'
import { shortName } from '../evidence/workload-names.ts'
import { isDatabase } from '../platform/shared-units.ts'

/** The first step that frees memory for good, or the reason why nothing should be stopped. */
export type EvictionTarget =
  | {
      readonly kind: 'pod'
      readonly pod: PodUse
      readonly reason: RemovalReason
      readonly KiB: number
      readonly grower: Consumer | null
    }
  | { readonly kind: 'workload'; readonly consumer: Consumer; readonly KiB: number }
  /** What grows is part of the node itself: a system pod, a static pod, a node daemon. */
  | { readonly kind: 'protected'; readonly consumer: Consumer; readonly KiB: number }
  /** What grew has just been killed, which may be enough. */
  | { readonly kind: 'killed'; readonly name: string; readonly KiB: number | null }
  /** Memory has recovered. */
  | {
      readonly kind: 'watch'
      readonly KiB: number
      readonly ratio: number
      readonly name: string | null
      readonly wasRecreated: boolean
    }
  /** No top consumer is known that could be removed without harm. */
  | { readonly kind: 'look' }
  /** Only a log is known, so the workload must be found by name first. */
  | { readonly kind: 'find'; readonly consumer: Consumer }
  | { readonly kind: 'hugepages'; readonly pages: number; readonly KiB: number }
  | { readonly kind: 'compact' }
  | { readonly kind: 'slab' }
  /** Files in a tmpfs whose owner is unknown. */
  | { readonly kind: 'tmpfs'; readonly KiB: number }

type RemovalReason = 'terminating' | 'grows' | 'uses-most'

/**
 * Prefers what terminates anyway to what grows, and what grows to what is large and steady. Nothing is suggested without
 * evidence, once memory has recovered, or while what grew has just been killed.
 */
export function evictionTargetOf(context: DiagnosisContext, findings: readonly Finding[]): EvictionTarget | null {
  const first = findings[0]?.role === 'leading' ? findings[0] : undefined
  const special = first && targetOfCause(first.code, context)
  if (special) return special
  if (context.host.sight === 'log') return fromLog(context)
  const terminating = context.terminating.find(pod => shouldEndNow(pod, context))
  if (terminating?.use && wasKilled(terminating.use.uid, context))
    return { kind: 'killed', name: terminating.pod, KiB: killedKiB(context) ?? terminating.KiB }
  if (terminating?.use) return podTarget(terminating.use, 'terminating', null)
  if (context.verdict && !isShort(context)) return recovered(context)
  return growing(context) ?? justKilled(context) ?? steady(context) ?? { kind: 'look' }
}

function targetOfCause(
  code: string,
  { memory, unaccounted, shmemOwner, pods }: DiagnosisContext,
): EvictionTarget | null {
  if (code === 'fragmentation') return { kind: 'compact' }
  const isOwned = shmemOwner !== null && pods.some(({ keys }) => keys.includes(shmemOwner.label))
  if (code === 'tmpfs-and-shared-memory' && !isOwned && unaccounted?.shmem)
    return { kind: 'tmpfs', KiB: unaccounted.shmem }
  if (code === 'hugepages' && memory) {
    const { HugePages_Free = 0, HugePages_Rsvd = 0, HugePages_Total = 0, Hugepagesize = 0 } = memory.meminfo
    const idle = Math.max(0, HugePages_Free - HugePages_Rsvd)
    if (idle > 0) return { kind: 'hugepages', pages: HugePages_Total - idle, KiB: idle * Hugepagesize }
  }
  if (code === 'kernel-slab' && unaccounted?.slab && (memory?.meminfo.SReclaimable ?? 0) > unaccounted.slab / 2) {
    return { kind: 'slab' }
  }
  return null
}

/** The largest size in the kernel's report: another's than the victim's, or a victim that was large itself. */
function fromLog(context: DiagnosisContext): EvictionTarget {
  const largest = context.consumers.find(({ workload }) => workload?.nodeDaemon !== true)
  if (!largest) return { kind: 'look' }
  const isOther = !isVictim(largest, context)
  const isFound = isOther || (largest.key.startsWith('comm/') && largest.workload !== null)
  return isFound && largest.KiB >= (isOther ? leastSizeKiB : largeKiB)
    ? { kind: 'find', consumer: largest }
    : { kind: 'look' }
}

// Something smaller does not explain the shortage.
const leastSizeKiB = 64 * 1024

/** A line that any user can write is no evidence by itself: then the pod has to be what takes the node's memory as well. */
function shouldEndNow({ use, grewKiB, trusted }: TerminatingPod, context: DiagnosisContext): boolean {
  if (use === null || (grewKiB ?? 0) < Math.max(16 * 1024, (context.totalKiB ?? 0) * 0.01)) return false
  const grower = topGrower(context)
  return trusted || (grower !== undefined && use.keys.includes(grower.key))
}

/** A killed process takes a moment to exit, and is still listed with its memory. */
function wasKilled(podUid: string | null, { verdict, now }: DiagnosisContext): boolean {
  const kill = verdict?.kill
  return kill != null && podUid !== null && kill.workload.podUid === podUid && now - kill.at < settlesMs
}

const settlesMs = 20_000

/** Memory is short now: little is left, or it shrinks, or tasks wait for it. */
function isShort({ memory, world }: DiagnosisContext): boolean {
  const { headroom, signals } = world.memory
  if (!memory || !headroom) return true
  if (signals && (signals.depletingSince !== null || signals.stalledSince !== null)) return true
  return headroom.ratio < defaultThresholds.lowHeadroomRatio
}

function recovered(context: DiagnosisContext): EvictionTarget {
  const { world, verdict } = context
  const { KiB, ratio } = world.memory.headroom!
  const kill = verdict?.kill
  const wasRecreated = kill ? wasSeenRecreated(context, kill.workload) : false
  // A shim or a worker that was killed is not started again.
  const name = kill && !isOfDaemon(kill.workload) ? shortName(kill.workload) : null
  return { kind: 'watch', KiB, ratio, name, wasRecreated }
}

/** A restart after a kill was observed. */
export function wasSeenRecreated({ verdict, members, world }: DiagnosisContext, workload: Workload): boolean {
  const loop = [...(verdict ? [verdict] : []), ...members].find(
    each => each.type === 'respawn-loop' && each.loop?.nodeLevel && each.workload?.key === workload.key,
  )?.loop
  // With names only, the second victim may have been running beside the first one.
  return (loop != null && loop.certainty !== 'name-only') || world.identity.hasRespawned(workload)
}

/** The last victim was too small to be the cause. */
export function hasSmallVictim(context: DiagnosisContext): boolean {
  const KiB = killedKiB(context)
  return KiB !== null && KiB < largeKiB
}

/** One source for the size of a victim: its kill line. */
function killedKiB({ verdict }: DiagnosisContext): number | null {
  const kill = verdict?.kill
  return kill ? (reportedRssKiB(kill.kill) ?? kill.lastRssKiB) : null
}

/** Workloads that grow now and still run. */
function growing(context: DiagnosisContext): EvictionTarget | null {
  const { pods, growers, shmemOwner, totalKiB, verdict, now } = context
  const total = totalKiB ?? 0
  const owner = pods.find(
    ({ keys, KiB }) => shmemOwner !== null && keys.includes(shmemOwner.label) && KiB >= total * 0.03,
  )
  const kill = verdict?.kill
  const candidates = growers.filter(({ key, workload, changeKiB, KiB }) => {
    if (!workload || (changeKiB ?? 0) < total * 0.02 || KiB < total * 0.03) return false
    // The figures are from before the kill.
    return !(kill && now - kill.at < settlesMs && key === kill.workload.key)
  })
  const grower = preferred(candidates, context)
  const pod = grower && pods.find(({ keys }) => keys.includes(grower.key))
  if (owner && isMovable(owner) && owner.KiB >= (pod?.KiB ?? 0) && !wasKilled(owner.uid, context))
    return podTarget(owner, 'grows', grower ?? null)
  if (!grower) return null
  if (isProtected(grower, context)) return { kind: 'protected', consumer: grower, KiB: grower.KiB }
  if (pod) return podTarget(pod, 'grows', grower)
  if (isMostlyTmpfsFiles(grower, context)) return { kind: 'tmpfs', KiB: shmemOwner!.KiB }
  return { kind: 'workload', consumer: grower, KiB: grower.KiB }
}

/** Of those that grow about as much, one whose removal frees memory for good comes before one that may be recreated here. */
function preferred(growers: readonly Consumer[], context: DiagnosisContext): Consumer | undefined {
  const first = growers.find(each => !isProtected(each, context)) ?? growers[0]
  if (!first) return undefined
  const pod = ({ key }: Consumer) => context.pods.find(({ keys }) => keys.includes(key))
  const isForGood = (each: Consumer): boolean => {
    const owner = pod(each)?.owner
    return owner == null || (owner.kind !== 'DaemonSet' && owner.certainty !== 'guess')
  }
  if (isForGood(first)) return first
  const other = growers.find(
    each =>
      isForGood(each) &&
      !isProtected(each, context) &&
      each.KiB >= first.KiB / 2 &&
      each.changeKiB! >= first.changeKiB! / 2,
  )
  return other ?? first
}

/** What was killed was large: its memory may be all that was missing. */
function justKilled(context: DiagnosisContext): EvictionTarget | null {
  const { verdict, now, totalKiB, world, growers } = context
  const kill = verdict?.kill
  if (!kill?.nodeLevel || totalKiB === null || now - kill.at >= settlesMs) return null
  const KiB = killedKiB(context)
  const leftKiB = world.memory.headroom?.KiB ?? kill.availableBeforeKiB
  const hasGrown = growers.some(
    ({ key, changeKiB }) => key === kill.workload.key && (changeKiB ?? 0) >= totalKiB * 0.02,
  )
  const isEnough = KiB !== null && leftKiB !== null && leftKiB + KiB >= totalKiB * defaultThresholds.lowHeadroomRatio
  return hasGrown || isEnough ? { kind: 'killed', name: shortName(kill.workload), KiB } : null
}

/**
 * Where nothing grows, a large pod that its controller recreates elsewhere makes room. A database, a StatefulSet, a unit or
 * a plain container that is large and steady does its job: it is not the cause.
 */
function steady(context: DiagnosisContext): EvictionTarget | null {
  const { pods, totalKiB } = context
  const large = pods.filter(
    pod =>
      pod.namespace !== null &&
      pod.pod !== null &&
      pod.KiB >= (totalKiB ?? 0) * 0.05 &&
      isMovable(pod) &&
      !isStateful(pod) &&
      !wasKilled(pod.uid, context),
  )
  // A pod that is recreated on this node frees nothing for good.
  const chosen = topGrower(context) ? undefined : large.find(pod => !isRecreatedHere(pod))
  return chosen ? podTarget(chosen, 'uses-most', null) : null
}

function podTarget(pod: PodUse, reason: RemovalReason, grower: Consumer | null): EvictionTarget {
  return { kind: 'pod', pod, reason, KiB: pod.KiB, grower }
}

/** Part of the node: removing it harms the node, and often it is recreated at once. */
function isProtected({ key, workload }: Consumer, { pods, host, world }: DiagnosisContext): boolean {
  if (!workload) return false
  const own = host.agentPid === undefined ? undefined : world.identity.workloadOfPid(host.agentPid)
  const pod = pods.find(({ keys }) => keys.includes(key))
  return workload.nodeDaemon || isOfDaemon(workload) || key === own?.key || (pod !== undefined && !isMovable(pod))
}

function isMovable({ owner, namespace, oomScoreAdj, qos }: PodUse): boolean {
  // kubelet gives -997 to critical pods, and to Guaranteed ones as well.
  const isCritical = oomScoreAdj <= -997 && qos !== 'Guaranteed'
  return owner?.kind !== 'StaticPod' && namespace !== 'kube-system' && !isCritical
}

/** Its controller starts it on this very node again: a DaemonSet ignores a cordon. Only where that is more than a guess. */
export function isRecreatedHere({ owner }: Pick<PodUse, 'owner'>): boolean {
  return owner?.kind === 'DaemonSet' && owner.certainty !== 'guess'
}

/** Stopping it interrupts clients, and its data may keep it from starting elsewhere. */
export function isStateful({ owner, comms }: PodUse): boolean {
  return owner?.kind === 'StatefulSet' || comms.some(isDatabase)
}
