import { workingSetKiB } from '../../identify/usage.ts'
import type { CgroupSample, IdentityView, MemoryView, Owner, ProcessSample, Qos, Workload } from '../../types.ts'

/** A pod that has living processes here, with what it holds. */
export interface PodUse {
  readonly uid: string
  readonly namespace: string | null
  readonly pod: string | null
  readonly owner: Owner | null
  readonly qos: Qos | null
  /** By its cgroups where these are read, else by its processes. */
  readonly KiB: number
  /** The keys of its containers' workloads, the largest first. */
  readonly keys: readonly string[]
  /** Its containers, the largest first. */
  readonly containers: readonly PodContainer[]
  /** The workload of its largest container. */
  readonly workload: Workload
  /** Sum of the limits of its containers, or its own; null: at least one has none; undefined: not read. */
  readonly limitKiB: number | null | undefined
  /** Of its largest process. */
  readonly oomScoreAdj: number
  /** Name of the largest process of each container. */
  readonly comms: readonly string[]
}

interface PodContainer {
  readonly key: string
  readonly KiB: number
  /** When its oldest process started, ticks since boot. */
  readonly startTicks: number
}

interface Container {
  readonly workload: Workload
  readonly cgroup: string
  rssKiB: number
  largest: ProcessSample
  startTicks: number
}

/** The pods of this node, the largest first. One pass over all processes: for an alert, not for every second. */
export function podsOf(identity: IdentityView, memory: MemoryView): readonly PodUse[] {
  const pods = new Map<string, Map<string, Container>>()
  for (const process of identity.processes()) {
    if (!process.cgroup.includes('pod') || identity.isKilled(process.pid)) continue
    const workload = identity.workloadOfPid(process.pid)
    if (!workload || workload.podUid === null) continue
    const containers = pods.get(workload.podUid) ?? new Map<string, Container>()
    pods.set(workload.podUid, containers)
    const known = containers.get(process.cgroup)
    if (!known) {
      containers.set(process.cgroup, {
        workload,
        cgroup: process.cgroup,
        rssKiB: process.rssKiB,
        largest: process,
        startTicks: process.startTicks,
      })
    } else {
      known.rssKiB += process.rssKiB
      known.startTicks = Math.min(known.startTicks, process.startTicks)
      if (process.rssKiB > known.largest.rssKiB) known.largest = process
    }
  }
  return [...pods]
    .map(([uid, containers]) => podOf(uid, [...containers.values()], memory))
    .sort((a, b) => b.KiB - a.KiB)
}

function podOf(uid: string, containers: readonly Container[], memory: MemoryView): PodUse {
  const sized = containers
    .map(container => ({ ...container, KiB: workingSetKiB(memory.cgroup(container.cgroup)) ?? container.rssKiB }))
    .sort((a, b) => b.KiB - a.KiB)
  const { workload, largest } = sized[0]!
  const { namespace, pod, owner, qos } = workload
  const own = memory.cgroup(podPath(sized[0]!.cgroup))
  const sum = sized.reduce((total, { KiB }) => total + KiB, 0)
  return {
    uid,
    namespace,
    pod,
    owner,
    qos,
    // A pod's own cgroup also holds what an ended container has left in a memory-backed emptyDir.
    KiB: Math.max(sum, workingSetKiB(own) ?? 0),
    keys: [...new Set(sized.map(({ workload: { key } }) => key))],
    containers: sized.map(({ workload: { key }, KiB, startTicks }) => ({ key, KiB, startTicks })),
    workload,
    limitKiB: limitOf(
      own,
      sized.filter(container => container.largest.comm !== 'pause').map(({ cgroup }) => memory.cgroup(cgroup)),
    ),
    oomScoreAdj: largest.oomScoreAdj,
    comms: [...new Set(sized.map(container => container.largest.comm))],
  }
}

function limitOf(
  own: CgroupSample | undefined,
  containers: readonly (CgroupSample | undefined)[],
): number | null | undefined {
  if (own?.limitKiB) return own.limitKiB
  // While its containers start or restart there is nothing to read a limit from: that is unknown, not unlimited.
  if (containers.length === 0 || containers.some(sample => sample?.limitKiB === undefined)) return own?.limitKiB
  const limits = containers.map(sample => sample!.limitKiB!).filter(limit => limit !== null)
  return limits.length === 0 ? null : limits.reduce((sum, limit) => sum + limit, 0)
}

/** The pod's own cgroup, above those of its containers. */
function podPath(cgroup: string): string {
  return podPart.exec(cgroup)?.[0] ?? cgroup
}

// As parse/cgroup-path.ts knows it; here it is asked for each pod whenever an alert is due.
const podPart = /^.*?\/[^/]*pod(?:[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?=\/|$)/
