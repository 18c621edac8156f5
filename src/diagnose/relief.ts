import type { Finding } from './cause/finding.ts'
import type { PodUse } from './pods.ts'
import type { EndingPod, Holder, Scene } from './scene.ts'

/** Whom to take off the node first, so that memory comes back and stays. */
export type Relief =
  | { readonly kind: 'pod'; readonly pod: PodUse; readonly because: Because; readonly KiB: number }
  | { readonly kind: 'workload'; readonly holder: Holder; readonly KiB: number }
  | { readonly kind: 'hugepages'; readonly pages: number; readonly KiB: number }
  | { readonly kind: 'compact' }
  /** The one to take away has just been killed, and does not come back. */
  | { readonly kind: 'died'; readonly pod: PodUse; readonly name: string; readonly KiB: number }
  /** Nobody is known but the victim: who holds the memory is to be found out first. */
  | { readonly kind: 'look' }
  | { readonly kind: 'slab' }
  /** Files in a tmpfs, of which it is not known whose they are. */
  | { readonly kind: 'tmpfs'; readonly KiB: number }

/** `returns`: it has just been killed, and takes as much again once it is back. */
export type Because = 'ending' | 'grows' | 'holds' | 'returns'

/**
 * Who ends anyway before who grows, who grows before who holds most; never one that comes back here (a DaemonSet's pod, a
 * static pod) while another can go, and never the node's own daemons.
 */
export function reliefOf(scene: Scene, findings: readonly Finding[]): Relief | null {
  const [first] = findings.filter(({ weight }) => weight >= 98)
  const special = first && reliefFor(first.code, scene)
  if (special) return special
  const ending = scene.ending.find(pod => isWorthEnding(pod, scene))
  if (ending?.use && hasDied(ending.use, scene))
    return { kind: 'died', pod: ending.use, name: ending.pod, KiB: ending.KiB ?? 0 }
  if (ending?.use) return { kind: 'pod', pod: ending.use, because: 'ending', KiB: ending.use.KiB }
  return pod(scene) ?? workload(scene)
}

function reliefFor(code: string, { memory, unowned, shmemOwner, pods }: Scene): Relief | null {
  if (code === 'fragmentation') return { kind: 'compact' }
  const isOwned = shmemOwner !== null && pods.some(({ keys }) => keys.includes(shmemOwner.label))
  if (code === 'tmpfs-and-shared-memory' && !isOwned && unowned?.shmem) return { kind: 'tmpfs', KiB: unowned.shmem }
  if (code === 'hugepages' && memory) {
    const { HugePages_Free = 0, HugePages_Rsvd = 0, HugePages_Total = 0, Hugepagesize = 0 } = memory.meminfo
    const idle = Math.max(0, HugePages_Free - HugePages_Rsvd)
    if (idle > 0) return { kind: 'hugepages', pages: HugePages_Total - idle, KiB: idle * Hugepagesize }
  }
  if (code === 'kernel-slab' && unowned?.slab && (memory?.meminfo.SReclaimable ?? 0) > unowned.slab / 2) {
    return { kind: 'slab' }
  }
  return null
}

function isWorthEnding({ use, grewKiB }: EndingPod, { totalKiB }: Scene): boolean {
  return use !== null && (grewKiB ?? 0) >= Math.max(16 * 1024, (totalKiB ?? 0) * 0.01)
}

/** Dying takes a moment: it is still listed with all that it had. */
function hasDied({ uid }: PodUse, { verdict, now }: Scene): boolean {
  const kill = verdict?.kill
  return kill != null && kill.workload.podUid === uid && now - kill.at < 20_000
}

function pod(scene: Scene): Relief | null {
  const { pods, growers, shmemOwner, totalKiB } = scene
  const named = pods.filter(({ namespace, pod: name }) => namespace !== null && name !== null)
  const movable = named.filter(pod => !comesBackHere(pod))
  const owner = movable.find(({ keys }) => shmemOwner !== null && keys.includes(shmemOwner.label))
  const grower = growers.find(({ workload, changeKiB }) => {
    return workload !== null && (changeKiB ?? 0) >= (totalKiB ?? 0) * 0.02
  })
  const growing = movable.find(({ keys, KiB }) => grower && keys.includes(grower.key) && KiB >= (totalKiB ?? 0) * 0.03)
  const chosen = owner && owner.KiB >= (growing?.KiB ?? 0) ? owner : (growing ?? movable[0] ?? named[0])
  if (!chosen) return null
  const grows = chosen === growing || chosen === owner
  const because = hasDied(chosen, scene) ? 'returns' : grows ? 'grows' : 'holds'
  return { kind: 'pod', pod: chosen, because, KiB: chosen.KiB }
}

/** It is started on this very node again: DaemonSets ignore a cordon, static pods know none. */
export function comesBackHere({ owner, oomScoreAdj }: PodUse): boolean {
  return owner?.kind === 'DaemonSet' || owner?.kind === 'StaticPod' || oomScoreAdj <= -997
}

/** Where there are no pods: a service, a container, a program. */
function workload({ growers, holders, totalKiB, host, world }: Scene): Relief | null {
  if (holders.length === 0 || (host.sight === 'log' && holders.length < 2)) return { kind: 'look' }
  // On a small node whose pods are gone the agent itself is who holds most: it is not what to stop.
  const own = host.agentPid === undefined ? undefined : world.identity.workloadOfPid(host.agentPid)
  const isFit = ({ workload }: Holder) => workload !== null && !workload.nodeDaemon && workload.key !== own?.key
  const grower = growers.find(each => isFit(each) && (each.changeKiB ?? 0) >= (totalKiB ?? 0) * 0.02)
  const holder = grower ?? holders.find(each => isFit(each)) ?? holders.find(({ workload }) => workload === null)
  return holder ? { kind: 'workload', holder, KiB: holder.KiB } : { kind: 'look' }
}
