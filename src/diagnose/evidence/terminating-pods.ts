import { keepNewest } from '../../keep-newest.ts'
import { parseTerminationLine } from '../../parse/killers/termination-line.ts'
import type { TerminationSource } from '../../text/messages/incident-facts.ts'
import type { UnitLine, Workload } from '../../types.ts'
import type { PodUse } from './pods.ts'
import { createSigtermInference } from './sigterm-inference.ts'

interface Termination {
  /** `namespace/name`. */
  readonly pod: string
  readonly since: number
  /** What its processes used when it began to terminate; null where none was known. */
  readonly KiBAtStart: number | null
  readonly source: TerminationSource
  /** More than a line that any user can write to syslog shows it. */
  readonly trusted: boolean
}

/** Which pods are in their grace period, by the log of kubelet or the runtime where that can be read. */
export interface TerminatingPods {
  readonly observe: (line: UnitLine, sizeOf: SizeOf) => void
  /** Evidence from the processes of the pods. */
  readonly look: (at: number, pods: readonly PodUse[], sizeOf: SizeOf) => void
  readonly killed: (podUid: string | null, at: number) => void
  /** true, false, or null where nothing shows it. */
  readonly isTerminating: (workload: Workload) => boolean | null
  readonly of: (workload: Pick<Workload, 'namespace' | 'pod' | 'containerId'>) => Termination | undefined
  readonly all: () => Iterable<Termination>
}

/** What the processes of a pod or of a container hold now, and whose pod a container is. */
export interface SizeOf {
  readonly pod: (name: string) => number | null
  readonly podOfContainer: (containerId: string) => string | undefined
}

export function createTerminatingPods(): TerminatingPods {
  const terminating = new Map<string, Termination>()
  /** Pods of which the whole life was followed: of them it is known that nothing ended them. */
  const born = new Set<string>()
  let kubeletReadSince: number | null = null
  const inference = createSigtermInference()

  const begin = ({ pod, since, source, trusted }: Omit<Termination, 'KiBAtStart'>, sizeOf: SizeOf): void => {
    const known = terminating.get(pod)
    // kubelet logs a deletion twice: when it is requested, and when it is done.
    if (known) {
      if (trusted && !known.trusted) terminating.set(pod, { ...known, trusted, source })
      return
    }
    keepNewest(terminating, pod, { pod, since, KiBAtStart: sizeOf.pod(pod), source, trusted }, kept)
  }

  const confirm = (pod: string): void => {
    terminating.set(pod, { ...terminating.get(pod)!, trusted: true })
  }

  const nameOf = ({ namespace, pod }: Pick<Workload, 'namespace' | 'pod'>): string | undefined =>
    namespace !== null && pod !== null ? `${namespace}/${pod}` : undefined

  const of: TerminatingPods['of'] = workload => {
    const name = nameOf(workload)
    return name === undefined ? undefined : terminating.get(name)
  }

  return {
    observe: ({ at, unit, line, trusted = false }, sizeOf) => {
      const logged = (event: string): TerminationSource => ({ from: 'log', unit, event, trusted })
      const isKubelet = unit.startsWith('kubelet') || unit.startsWith('k3s') || unit.startsWith('rke2')
      if (isKubelet && trusted) kubeletReadSince ??= at
      const parsed = parseTerminationLine(line)
      if (!parsed) return
      const { says, pods, containerId } = parsed
      if (says === 'deleted') {
        const source = logged('SyncLoop DELETE')
        for (const pod of pods) begin({ pod, since: at, source, trusted }, sizeOf)
      }
      if (says === 'added') {
        for (const pod of pods) born.add(pod)
        while (born.size > kept * 4) born.delete(born.values().next().value!)
      }
      if (says === 'removed') {
        for (const pod of pods) {
          terminating.delete(pod)
          born.delete(pod)
        }
      }
      // The runtime also stops a container that fails its liveness probe: where kubelet's log can be read,
      // that one decides.
      const pod = says === 'stopping' && kubeletReadSince === null ? sizeOf.podOfContainer(containerId!) : undefined
      if (pod) begin({ pod, since: at, source: logged('StopContainer'), trusted }, sizeOf)
    },
    look: (at, pods, sizeOf) => {
      const now = new Map(inference.look(at, pods).map(({ pod, source }) => [pod, source]))
      // A container that left and runs again was restarted.
      for (const [pod, { source }] of terminating)
        if (source.from === 'processes' && !now.has(pod)) terminating.delete(pod)
      for (const [pod, source] of now) {
        // Where kubelet's log can be read it decides; the processes then only confirm what it says.
        if (kubeletReadSince === null || terminating.has(pod)) begin({ pod, since: at, source, trusted: true }, sizeOf)
      }
      for (const [pod, { trusted }] of terminating) if (!trusted && inference.hasSuccessor(pod, pods)) confirm(pod)
    },
    killed: (podUid, at) => {
      if (podUid !== null) inference.killed(podUid, at)
    },
    isTerminating: workload => {
      const name = nameOf(workload)
      if (name === undefined) return workload.certainty === 'cgroup' && workload.podUid === null ? false : null
      const known = terminating.get(name)
      if (known) return known.trusted ? true : null
      return born.has(name) ? false : null
    },
    of,
    all: () => terminating.values(),
  }
}

const kept = 256
