import { keepNewest } from '../../keep-newest.ts'
import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import { parseTerminationLine } from '../../parse/killers/termination-line.ts'
import { evictionThresholdKiB } from '../../parse/kubernetes/kubelet-config.ts'
import type { CgroupSamples, CoreEvent, PodName, World } from '../../types.ts'
import { type EndedDeath, podVictim } from './killer-log.ts'

/**
 * Evictions of a node whose kubelet's log cannot be read: a pod that used much is gone as a whole while headroom was below
 * the eviction threshold, and the kernel did not kill in it. It is a guess. Two of them make a loop only if the second pod
 * began after the first one was gone, and its name differs only in what its controller draws: so a rollout (another hash), a
 * scale-down and a drain (no pod follows), a job that ends (it was to end) and a preemption (memory to spare) are none.
 */
export function createInferredEviction(): (event: CoreEvent, world: World) => readonly EndedDeath[] {
  const pods = createPodsInShortage()
  let isLogRead = false
  const killedIn = new Map<string, number>()

  return (event, world) => {
    const now = world.steadyNow
    if (event.kind === 'unit-line')
      isLogRead ||= event.unit === 'kubelet' || parseTerminationLine(event.line) !== undefined
    // With kubelet's log a pod's end is known, not guessed.
    if (isLogRead) return []
    if (event.kind === 'kill') {
      const { podUid } = event.kill.workload
      if (podUid !== null) keepNewest(killedIn, podUid, now, kept)
    }
    if (event.kind === 'memory') pods.look(world)
    if (event.kind !== 'cgroups') return []
    pods.seeCgroups(event, world)
    return goneOf(event).flatMap(uid => {
      const pod = pods.take(uid, now)
      if (!pod || now - (killedIn.get(uid) ?? -Infinity) < shortageMs) return []
      const { namespace, pod: name } = pod.name
      const victim = podVictim(`${namespace}/${name}`, pod.bornAt, world)
      if (!isRecreated.has(victim.workload.owner?.kind ?? '')) return []
      const generation = `${namespace}/${name.replace(/-[a-z0-9]{5}$/, '')}`
      const death = { ...victim, by: 'kubelet-eviction', at: now, wallAt: world.now } as const
      return [{ ...death, isTrusted: true, isGuess: true, generation }]
    })
  }
}

/** Controllers that put another pod in place of one that was evicted. */
const isRecreated: ReadonlySet<string> = new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'])
/** kubelet evicts within ten seconds, and the pod's cgroup goes within its grace period. */
const shortageMs = 45_000
/** Of the node's memory: kubelet evicts first what uses much more than it requested. */
const largeShare = 0.02
/** kubelet counts its pages otherwise than MemAvailable does. */
const margin = 2
const lookMs = 2_000
/** What is seen in the first minute was there before. */
const startMs = 60_000
// A node has some hundred pods.
const kept = 1_024

interface PodInShortage {
  readonly name: PodName
  readonly bornAt: number | null
}

/** Keeps how large pods were while headroom was below the eviction threshold, and since when each is there. */
function createPodsInShortage() {
  const large = new Map<string, { readonly name: PodName; readonly at: number }>()
  /** When a pod's cgroup was first seen, null for those that were there at the start. */
  const firstSeenAt = new Map<string, number | null>()
  let startedAt: number | null = null
  let lookedAt = -Infinity

  return {
    seeCgroups: ({ cgroups }: CgroupSamples, world: World): void => {
      startedAt ??= world.steadyNow
      for (const { path } of cgroups) {
        const { level, podUid } = parseCgroupPath(path)
        if (level === 'pod' && podUid !== null && !firstSeenAt.has(podUid))
          keepNewest(firstSeenAt, podUid, world.steadyNow - startedAt < startMs ? null : world.now, kept)
      }
    },
    look: (world: World): void => {
      const { memory, host, identity, steadyNow: now } = world
      if (now - lookedAt < lookMs || !isBelowThreshold(world)) return
      lookedAt = now
      for (const { path, currentKiB } of memory.cgroups()) {
        if ((currentKiB ?? 0) < (host.memTotalKiB ?? Infinity) * largeShare) continue
        const { level, podUid } = parseCgroupPath(path)
        const name = level === 'pod' && podUid !== null ? identity.podByUid(podUid) : undefined
        if (name) keepNewest(large, podUid!, { name, at: now }, kept)
      }
    },
    take: (uid: string, now: number): PodInShortage | undefined => {
      const pod = large.get(uid)
      large.delete(uid)
      return pod && now - pod.at <= shortageMs ? { name: pod.name, bornAt: firstSeenAt.get(uid) ?? null } : undefined
    },
  }
}

function isBelowThreshold({ memory: { headroom }, host }: World): boolean {
  if (!headroom || host.memTotalKiB === null) return false
  const KiB = evictionThresholdKiB(host.kubelet?.evictionMemory, host.memTotalKiB)
  return KiB !== null && headroom.nodeKiB < KiB * margin
}

function goneOf({ gone }: CgroupSamples): readonly string[] {
  return (gone ?? []).flatMap(path => {
    const { level, podUid } = parseCgroupPath(path)
    return level === 'pod' && podUid !== null ? [podUid] : []
  })
}
