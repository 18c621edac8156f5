import { isDatabase } from '../diagnose/platform/shared-units.ts'
import type { ProcessSample, Workload, World } from '../types.ts'
import type { Growth } from './growth.ts'

/** A container that should be held, with the evidence. */
export interface HoldTarget {
  readonly cgroup: string
  readonly workload: Workload
  readonly currentKiB: number
  /** In the last minute. */
  readonly grewKiB: number
  readonly growthKiBPerSecond: number
}

/** Which containers to hold; or why none. */
export interface HoldChoice {
  readonly targets: readonly HoldTarget[]
  readonly why: NoHoldReason | null
}

type NoHoldReason =
  /** Containers are not accounted by cgroup v2. */
  | 'no-cgroup-v2'
  /** The node did not lose memory in the last minute. */
  | 'not-shrinking'
  /** Most of it went to files in a tmpfs: `memory.high` slows down who writes them, and frees nothing. */
  | 'tmpfs'
  /** What the containers grew by does not explain what the node lost: the kernel, a unit of the host, many small ones. */
  | 'unexplained'
  /** What grew belongs to the node, or is a database, or terminates. */
  | 'protected'

interface ChoiceInput {
  readonly growths: readonly Growth[]
  readonly world: World
  readonly isTerminating: (workload: Workload) => boolean
}

/** Maximum number of containers that are held at once. */
const mostTargets = 4
/** Minimum growth in a minute. Slower growth does not use up a node. */
const leastGrowthKiB = 8 * 1024
const leastGrowthShare = 0.005
/** Those that are held explain most of what the node lost. */
const explainedShare = 0.5
/** A much slower container is not held: the risk is larger than the benefit. */
const comparableShare = 0.2
/** It still grows, at no less than this share of its rate of the last minute. */
const stillGrowingShare = 0.3
const minuteMs = 60_000

/**
 * Chooses by evidence alone: a container that grew in the last minute, still grows, and with the others explains most of
 * what the node lost. Never what belongs to the node or what others may wait for.
 */
export function chooseTargets({ growths, world, isTerminating }: ChoiceInput): HoldChoice {
  if (world.host.cgroupVersion !== 'v2') return none('no-cgroup-v2')
  const lostKiB = lostOfNode(world)
  if (lostKiB <= 0) return none('not-shrinking')
  const totalKiB = world.memory.latest?.meminfo.MemTotal ?? 0
  const leastKiB = Math.max(leastGrowthKiB, totalKiB * leastGrowthShare)
  const growing = growths.filter(
    ({ anonKiB, recentAnonKiBPerSecond }) =>
      anonKiB >= leastKiB && recentAnonKiBPerSecond * 60 >= anonKiB * stillGrowingShare,
  )
  const comparable = growing.filter(({ anonKiB }) => anonKiB >= growing[0]!.anonKiB * comparableShare)
  const isHoldableNow = protectionOf(world, isTerminating)
  const targets = comparable.flatMap(growth => {
    const workload = isHoldableNow(growth.cgroup)
    return workload ? [targetOf(growth, workload)] : []
  })
  const chosen = targets.slice(0, mostTargets)
  const explainedKiB = chosen.reduce((sum, { grewKiB }) => sum + grewKiB, 0)
  if (explainedKiB >= lostKiB * explainedShare) return { targets: chosen, why: null }
  const shmemKiB = growths.reduce((sum, growth) => sum + Math.max(0, growth.shmemKiB), 0)
  if (shmemKiB >= lostKiB * explainedShare) return none('tmpfs')
  const grownKiB = comparable.reduce((sum, { anonKiB }) => sum + anonKiB, 0)
  return none(grownKiB >= lostKiB * explainedShare ? 'protected' : 'unexplained')
}

function none(why: NoHoldReason): HoldChoice {
  return { targets: [], why }
}

function targetOf({ cgroup, currentKiB, anonKiB, recentAnonKiBPerSecond }: Growth, workload: Workload): HoldTarget {
  // The slower of both: a start is in the minute, a burst in the last seconds.
  const growthKiBPerSecond = Math.min(anonKiB / 60, recentAnonKiBPerSecond)
  return { cgroup, workload, currentKiB, grewKiB: anonKiB, growthKiBPerSecond }
}

/** What is available now, against a minute ago, or as long as it is known. */
function lostOfNode({ memory }: World): number {
  const history = memory.history()
  const last = history.at(-1)
  if (!last) return 0
  const first = history.findLast(({ at }) => at <= last.at - minuteMs) ?? history[0]!
  return first.availableKiB - last.availableKiB
}

/** kubelet gives -997 to node-critical and to Guaranteed pods; less is set by hand alone. */
const nodeAdj = -900

/** One pass over all processes: for a crisis, not for every second. Returns the workload where it may be held. */
function protectionOf(
  { identity, host }: World,
  isTerminating: (workload: Workload) => boolean,
): (cgroup: string) => Workload | null {
  const own = host.agentPid === undefined ? undefined : identity.workloadOfPid(host.agentPid)
  const byCgroup = new Map<string, ProcessSample[]>()
  for (const process of identity.processes()) {
    const known = byCgroup.get(process.cgroup)
    if (known) known.push(process)
    else byCgroup.set(process.cgroup, [process])
  }
  return cgroup => {
    const processes = [...byCgroup].flatMap(([path, all]) =>
      path === cgroup || path.startsWith(`${cgroup}/`) ? all : [],
    )
    const first = processes[0]
    const workload = (first && identity.workloadOfPid(first.pid)) ?? identity.workloadOfCgroup(cgroup)
    if (!workload || processes.length === 0 || workload.nodeDaemon || workload.runsJobs) return null
    if (processes.some(({ comm, oomScoreAdj }) => oomScoreAdj <= nodeAdj || isDatabase(comm))) return null
    const isOwn =
      own !== undefined && (own.key === workload.key || (own.podUid !== null && own.podUid === workload.podUid))
    if (isOwn || isTerminating(workload)) return null
    if (cgroup.startsWith('/machine.slice/')) return workload
    // Without its name it may be a pod of kube-system.
    if (workload.namespace === null || workload.namespace === 'kube-system') return null
    const kind = workload.owner?.kind
    return kind === 'StaticPod' || kind === 'StatefulSet' ? null : workload
  }
}
