import { keepNewest } from '../../keep-newest.ts'
import type { TerminationSource } from '../../text/messages/incident-facts.ts'
import type { PodUse } from './pods.ts'

/** A pod that is terminating, as its processes show where no log says so. */
interface InferredSigterm {
  /** `namespace/name`. */
  readonly pod: string
  readonly source: TerminationSource
}

/** Watches pods for one that is terminating. */
interface SigtermInference {
  /** The kernel killed a process of it: what is missing then did not leave. */
  readonly killed: (podUid: string, at: number) => void
  /** Looks at all pods; returns those that are terminating by now. */
  readonly look: (at: number, pods: readonly PodUse[]) => readonly InferredSigterm[]
  /** A newer pod of the same owner runs beside it, as in a rollout. `pod`: `namespace/name`. */
  readonly hasSuccessor: (pod: string, pods: readonly PodUse[]) => boolean
}

interface Known {
  readonly name: string
  readonly firstSeenAt: number
  /** Its containers that were ever seen, with whether they live. */
  readonly containers: Map<string, boolean>
}

/**
 * SIGTERM shows as a process that leaves: all containers of a pod get it at once, and those that obey are gone
 * while the others take their grace period. A sidecar may also end by itself; so it takes a successor besides, another pod
 * of the same owner that was started since, as a rollout does. A pod of one container shows nothing.
 */
export function createSigtermInference(): SigtermInference {
  const known = new Map<string, Known>()
  const killedAt = new Map<string, number>()

  return {
    killed: (podUid, at) => keepNewest(killedAt, podUid, at, kept),
    look: (at, pods) => {
      const living = new Set<string>()
      for (const { uid, namespace, pod, keys } of pods) {
        living.add(uid)
        if (namespace === null || pod === null) continue
        const before = known.get(uid) ?? { name: `${namespace}/${pod}`, firstSeenAt: at, containers: new Map() }
        if (known.size < kept || known.has(uid)) known.set(uid, before)
        for (const key of before.containers.keys()) before.containers.set(key, false)
        for (const key of keys) if (!key.endsWith('/pause')) before.containers.set(key, true)
      }
      for (const uid of known.keys()) if (!living.has(uid)) known.delete(uid)
      return pods.flatMap(pod => {
        const inferred = sigtermOf(pod, pods)
        return inferred ? [inferred] : []
      })
    },
    hasSuccessor: (name, pods) => {
      const pod = pods.find(each => `${each.namespace}/${each.pod}` === name)
      return pod !== undefined && successorOf(pod, pods) !== undefined
    },
  }

  function sigtermOf({ uid, namespace, owner }: PodUse, pods: readonly PodUse[]): InferredSigterm | undefined {
    const it = known.get(uid)
    if (!it || killedAt.has(uid) || owner === null) return undefined
    const gone = [...it.containers].filter(([, lives]) => !lives)
    if (gone.length === 0 || gone.length === it.containers.size) return undefined
    const successor = successorOf({ uid, namespace, owner }, pods)
    if (!successor) return undefined
    const container = gone[0]![0].split('/').at(-1) ?? ''
    return { pod: it.name, source: { from: 'processes', container, successor: successor.pod ?? '' } }
  }

  function successorOf(
    { uid, namespace, owner }: Pick<PodUse, 'uid' | 'namespace' | 'owner'>,
    pods: readonly PodUse[],
  ): PodUse | undefined {
    const firstSeenAt = known.get(uid)?.firstSeenAt
    if (firstSeenAt === undefined || owner === null) return undefined
    return pods.find(other => {
      const since = known.get(other.uid)?.firstSeenAt ?? -Infinity
      const isSame =
        other.namespace === namespace && other.owner?.kind === owner.kind && other.owner.name === owner.name
      return other.uid !== uid && isSame && since > firstSeenAt
    })
  }
}

const kept = 1024
