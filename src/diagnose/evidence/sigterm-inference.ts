import type { PodUse } from './pods.ts'

/** A pod that was told to end, by what its processes do: where no log says so. */
export interface Leaving {
  /** `namespace/name`. */
  readonly pod: string
  readonly source: string
}

/** Watches pods for one that is told to end. */
export interface LeavingWatch {
  /** The kernel killed somebody of it: who is missing then did not leave. */
  readonly killed: (podUid: string, at: number) => void
  /** Looks at all pods; returns those that are leaving by now. */
  readonly look: (at: number, pods: readonly PodUse[]) => readonly Leaving[]
}

interface Known {
  readonly name: string
  readonly firstSeenAt: number
  /** Its containers that were ever seen, with whether they live. */
  readonly containers: Map<string, boolean>
}

/**
 * SIGTERM shows as a process that leaves: all containers of a pod are told to end at once, and those that obey are gone
 * while the others take their grace period. A sidecar may also end by itself; so it takes a successor besides, another pod
 * of the same owner that was started meanwhile, as a rollout does. A pod of one container shows nothing.
 */
export function createLeavingWatch(): LeavingWatch {
  const known = new Map<string, Known>()
  const killedAt = new Map<string, number>()

  return {
    killed: (podUid, at) => {
      killedAt.set(podUid, at)
      if (killedAt.size > kept) killedAt.delete(killedAt.keys().next().value!)
    },
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
        const leaving = leavingOf(pod, pods)
        return leaving ? [leaving] : []
      })
    },
  }

  function leavingOf({ uid, namespace, owner }: PodUse, pods: readonly PodUse[]): Leaving | undefined {
    const it = known.get(uid)
    if (!it || killedAt.has(uid) || owner === null) return undefined
    const gone = [...it.containers].filter(([, lives]) => !lives)
    if (gone.length === 0 || gone.length === it.containers.size) return undefined
    const successor = pods.find(other => {
      const since = known.get(other.uid)?.firstSeenAt ?? -Infinity
      const isSame =
        other.namespace === namespace && other.owner?.kind === owner.kind && other.owner.name === owner.name
      return other.uid !== uid && isSame && since > it.firstSeenAt
    })
    if (!successor) return undefined
    const container = gone[0]![0].split('/').at(-1)
    return {
      pod: it.name,
      source: `processes: its container ${container} has left, and its successor ${successor.pod} runs`,
    }
  }
}

const kept = 1024
