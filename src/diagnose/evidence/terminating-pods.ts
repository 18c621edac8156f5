import { parseTerminationLine } from '../parse/termination-line.ts'
import type { UnitLine, Workload } from '../types.ts'
import { createLeavingWatch } from './leaving.ts'
import type { PodUse } from './pods.ts'

export interface Termination {
  /** `namespace/name`. */
  readonly pod: string
  readonly since: number
  /** What its processes held when it was told to end; null where none was known. */
  readonly KiBAtStart: number | null
  readonly source: string
}

/** Which pods are in their grace period, by the log of kubelet or the runtime where that can be read. */
export interface Terminations {
  readonly observe: (line: UnitLine, sizeOf: SizeOf) => void
  /** What the pods' processes show, where no log of kubelet's is read. */
  readonly look: (at: number, pods: readonly PodUse[], sizeOf: SizeOf) => void
  readonly killed: (podUid: string | null, at: number) => void
  /** true, false, or null where nothing tells. */
  readonly isTerminating: (workload: Workload) => boolean | null
  readonly of: (workload: Pick<Workload, 'namespace' | 'pod' | 'containerId'>) => Termination | undefined
  readonly all: () => Iterable<Termination>
}

/** What the processes of a pod or of a container hold now, and whose pod a container is. */
export interface SizeOf {
  readonly pod: (name: string) => number | null
  readonly podOfContainer: (containerId: string) => string | undefined
}

export function createTerminations(): Terminations {
  const ending = new Map<string, Termination>()
  /** Pods of which the whole life was followed: of them it is known that nothing ended them. */
  const born = new Set<string>()
  let kubeletReadSince: number | null = null
  const leaving = createLeavingWatch()

  const begin = (pod: string, since: number, source: string, sizeOf: SizeOf): void => {
    // kubelet tells of a deletion twice: when it is asked for, and when it is done.
    if (ending.has(pod)) return
    ending.set(pod, { pod, since, KiBAtStart: sizeOf.pod(pod), source })
    if (ending.size > kept) ending.delete(ending.keys().next().value!)
  }

  const nameOf = ({ namespace, pod }: Pick<Workload, 'namespace' | 'pod'>): string | undefined =>
    namespace !== null && pod !== null ? `${namespace}/${pod}` : undefined

  const of: Terminations['of'] = workload => {
    const name = nameOf(workload)
    return name === undefined ? undefined : ending.get(name)
  }

  return {
    observe: ({ at, unit, line }, sizeOf) => {
      const isKubelet = unit.startsWith('kubelet') || unit.startsWith('k3s') || unit.startsWith('rke2')
      if (isKubelet) kubeletReadSince ??= at
      const told = parseTerminationLine(line)
      if (!told) return
      const { says, pods, containerId } = told
      if (says === 'deleted') for (const pod of pods) begin(pod, at, `log of ${unit}: SyncLoop DELETE`, sizeOf)
      if (says === 'added') {
        for (const pod of pods) born.add(pod)
        while (born.size > kept * 4) born.delete(born.values().next().value!)
      }
      if (says === 'removed') {
        for (const pod of pods) {
          ending.delete(pod)
          born.delete(pod)
        }
      }
      // The runtime is told to stop a container that fails its liveness probe as well: where kubelet's log can be read,
      // that one decides.
      const pod = says === 'stopping' && kubeletReadSince === null ? sizeOf.podOfContainer(containerId!) : undefined
      if (pod) begin(pod, at, `log of ${unit}: StopContainer`, sizeOf)
    },
    look: (at, pods, sizeOf) => {
      if (kubeletReadSince !== null) return
      const now = new Map(leaving.look(at, pods).map(({ pod, source }) => [pod, source]))
      // Who has come back was started again, and who is gone is gone.
      for (const [pod, { source }] of ending) if (source.startsWith('processes') && !now.has(pod)) ending.delete(pod)
      for (const [pod, source] of now) begin(pod, at, source, sizeOf)
    },
    killed: (podUid, at) => {
      if (podUid !== null) leaving.killed(podUid, at)
    },
    isTerminating: workload => {
      const name = nameOf(workload)
      if (name === undefined) return workload.certainty === 'cgroup' && workload.podUid === null ? false : null
      if (ending.has(name)) return true
      return born.has(name) ? false : null
    },
    of,
    all: () => ending.values(),
  }
}

const kept = 256
