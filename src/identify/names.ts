import { keepNewest } from '../keep-newest.ts'
import type { ContainerName, PodName, PodNames } from '../types.ts'

/** Names of pods and containers, kept for a while after they are gone. */
export interface Names {
  readonly observe: (names: PodNames) => void
  readonly pod: (uid: string) => PodName | undefined
  /** The name of a container within its pod; undefined where it is unknown. */
  readonly containerIn: (pod: PodName, containerId: string | null, comm: string | null) => string | undefined
  readonly container: (id: string) => ContainerName | undefined
  /** Whether another living pod of the namespace has the same name but for its last five letters. */
  readonly hasSibling: (pod: PodName, base: string) => boolean
  /** Counts up with every change: what was made of older names is stale. */
  readonly version: () => number
}

export function createNames(): Names {
  const pods = new Map<string, PodName>()
  /** Kept for pods that are gone, because the kill of a pod is often read after its folder was removed. */
  const gone = new Map<string, PodName>()
  const containers = new Map<string, ContainerName>()
  /** Container ids outlive the list they were named in: a container is replaced by the next life of its name. */
  const nameById = new Map<string, string>()
  let version = 0

  return {
    observe: names => {
      version++
      for (const uid of names.gone ?? []) {
        const pod = pods.get(uid)
        if (pod) keepNewest(gone, uid, pod, maxGone)
        pods.delete(uid)
      }
      for (const pod of names.pods) {
        keepNewest(pods, pod.uid, pod, maxPods)
        for (const { id, name } of pod.containers) if (id !== undefined) keepNewest(nameById, id, name, maxContainers)
      }
      for (const container of names.containers ?? []) keepNewest(containers, container.id, container, maxContainers)
    },
    pod: uid => pods.get(uid) ?? gone.get(uid),
    containerIn: (pod, containerId, comm) => {
      const named = containerId === null ? undefined : nameById.get(containerId)
      if (named !== undefined) return named
      // The pause container has no log and so no name; every other one of a pod with a single container is that one.
      if (comm === 'pause') return 'pause'
      const known = new Set(pod.containers.map(({ name }) => name))
      known.delete('pause')
      return known.size === 1 ? known.values().next().value : undefined
    },
    container: id => containers.get(id),
    hasSibling: ({ uid, namespace, pod }, base) => {
      for (const other of pods.values()) {
        if (other.uid === uid || other.namespace !== namespace || other.pod.length !== pod.length) continue
        if (other.pod.startsWith(`${base}-`) && other.pod.lastIndexOf('-') === base.length) return true
      }
      return false
    },
    version: () => version,
  }
}

const maxPods = 2048
const maxGone = 1024
const maxContainers = 8192
