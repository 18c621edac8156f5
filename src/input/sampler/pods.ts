import { type CgroupPath, parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import { parseContainerLog, parsePodLogDirectory } from '../../parse/kubernetes/pod-name.ts'
import type { ContainerName, HostFiles, PodName, PodNames } from '../../types.ts'
import { createRuntimeStateReader } from './runtime-state.ts'

interface PodReader {
  /** Called with a cgroup that has a process in it: a pod or container that is not known by name yet is looked up. */
  readonly learn: (path: string) => void
  /** What changed in the names since the last call. The folders are listed `everyMs`, or five times as often if asked. */
  readonly sample: (at: number, everyMs: number) => PodNames | undefined
  /** The name of this cgroup's pod, read at once where it is not known yet: the kernel has just killed in it. */
  readonly look: (path: string, at: number) => PodNames | undefined
}

interface Container {
  readonly name: string
  readonly id?: string
  readonly restarts?: number
}

/**
 * Reads the names of pods from the node's own folders, before any kill: when a container is gone, so are they.
 * Listing may wait for the disk, so it is done rarely, and at once only for a pod that has no name yet.
 */
export function createPodReader(files: HostFiles): PodReader {
  const runtimes = createRuntimeStateReader(files)
  const emitted = new Map<string, string>()
  const podsByUid = new Map<string, PodName>()
  /** Cgroups of pods that have no name yet, by how often they may still be asked for. */
  const unnamed = new Map<string, number>()
  const wanted: CgroupPath[] = []
  let listedAt = Number.NEGATIVE_INFINITY
  let lookedAt = Number.NEGATIVE_INFINITY

  const learn = (path: string): void => {
    const cgroup = parseCgroupPath(path)
    if (cgroup.podUid !== null && !isNamed(podsByUid, cgroup) && unnamed.size < 1024) unnamed.set(path, maxAsked)
    if (cgroup.containerId !== null && cgroup.level === 'container' && wanted.length < 1024) wanted.push(cgroup)
  }

  const sample = (at: number, everyMs: number): PodNames | undefined => {
    const isAsked = unnamed.size > 0 && at - listedAt >= everyMs / 5
    let listed: ReadonlyMap<string, PodName> | undefined
    if (isAsked || at - listedAt >= everyMs) {
      listedAt = at
      listed = listPods(files)
    }
    const found = wanted.splice(0, maxStatesAtOnce).map(cgroup => runtimes.read(cgroup))
    const states = found.filter(state => state !== undefined)
    if (!listed && states.length === 0) return undefined

    const gone: string[] = []
    if (listed) {
      for (const uid of podsByUid.keys()) {
        if (listed.has(uid) || !podsByUid.get(uid)!.containers.some(({ restarts }) => restarts !== undefined)) continue
        podsByUid.delete(uid)
        emitted.delete(uid)
        gone.push(uid)
      }
      for (const [uid, pod] of listed) podsByUid.set(uid, merge(podsByUid.get(uid), pod))
    }
    for (const { pod } of states) if (pod) podsByUid.set(pod.uid, merge(podsByUid.get(pod.uid), pod))
    if (listed) forgetNamed()
    const containers: ContainerName[] = []
    for (const { container } of states) if (container) containers.push(container)
    const pods = takeChanged()
    if (pods.length === 0 && gone.length === 0 && containers.length === 0) return undefined
    return { kind: 'pods', at, pods, ...(gone.length > 0 && { gone }), ...(containers.length > 0 && { containers }) }
  }

  const look = (path: string, at: number): PodNames | undefined => {
    const cgroup = parseCgroupPath(path)
    if (cgroup.podUid === null || isNamed(podsByUid, cgroup) || at - lookedAt < lookEveryMs) return undefined
    lookedAt = at
    for (const [uid, pod] of listPods(files, cgroup.podUid) ?? []) podsByUid.set(uid, merge(podsByUid.get(uid), pod))
    const pods = takeChanged()
    return pods.length === 0 ? undefined : { kind: 'pods', at, pods }
  }

  const takeChanged = (): readonly PodName[] => {
    const changed: PodName[] = []
    for (const [uid, pod] of podsByUid) {
      const text = JSON.stringify(pod)
      if (emitted.get(uid) === text) continue
      emitted.set(uid, text)
      changed.push(pod)
    }
    return changed
  }

  // kubelet links a container's log just after its start; a pause container has none, so asking ends after three times.
  const forgetNamed = (): void => {
    for (const [path, left] of unnamed) {
      if (left <= 1 || isNamed(podsByUid, parseCgroupPath(path))) unnamed.delete(path)
      else unnamed.set(path, left - 1)
    }
  }

  return { learn, sample, look }
}

const maxStatesAtOnce = 8
/** Milliseconds: a storm of kills must not list folders all the time. */
const lookEveryMs = 50
const maxAsked = 3

function isNamed(pods: ReadonlyMap<string, PodName>, { podUid, containerId }: CgroupPath): boolean {
  const pod = podUid === null ? undefined : pods.get(podUid)
  return pod !== undefined && (containerId === null || pod.containers.some(({ id }) => id === containerId))
}

/**
 * Pods by uid, from /var/log/pods (uid, containers, restarts) and /var/log/containers (container ids). undefined where a
 * folder that may be there cannot be listed: no pod is gone because of that. `only`: the uid of the one that is asked for.
 */
function listPods(host: HostFiles, only?: string): ReadonlyMap<string, PodName> | undefined {
  let hasFailed = false
  const list = (path: string): readonly string[] | undefined => {
    const names = host.list(path)
    hasFailed ||= names === undefined && host.failure?.() !== undefined
    return names
  }
  const files = { list }
  const pods = new Map<string, PodName>()
  const idsByPod = listContainerIds(files)
  for (const directory of (files.list('/var/log/pods') ?? []).slice(0, maxPods)) {
    const name = parsePodLogDirectory(directory)
    if (!name || (only !== undefined && name.uid !== only)) continue
    const ids = idsByPod.get(`${name.namespace}/${name.pod}`)
    const containers: Container[] = []
    for (const container of (files.list(`/var/log/pods/${directory}`) ?? []).slice(0, 64)) {
      const restarts = restartsIn(files.list(`/var/log/pods/${directory}/${container}`) ?? [])
      const known = ids?.get(container) ?? []
      if (known.length === 0) containers.push({ name: container, restarts })
      for (const id of known) containers.push({ name: container, id, restarts })
    }
    pods.set(name.uid, { uid: name.uid, namespace: name.namespace, pod: name.pod, containers })
  }
  return hasFailed ? undefined : pods
}

const maxPods = 1024

function listContainerIds(files: Pick<HostFiles, 'list'>): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  const byPod = new Map<string, Map<string, string[]>>()
  for (const link of (files.list('/var/log/containers') ?? []).slice(0, 4096)) {
    const log = parseContainerLog(link)
    if (!log) continue
    const key = `${log.namespace}/${log.pod}`
    const pod = byPod.get(key) ?? new Map<string, string[]>()
    byPod.set(key, pod)
    pod.set(log.container, [...(pod.get(log.container) ?? []), log.id])
  }
  return byPod
}

/** `3.log` is the log of the container's fourth life; older ones are removed or compressed. */
function restartsIn(logs: readonly string[]): number {
  let restarts = 0
  for (const log of logs) {
    const match = /^(\d{1,9})\.log/.exec(log)
    if (match) restarts = Math.max(restarts, Number(match[1]))
  }
  return restarts
}

/** What one place knows and the other does not is kept; the newer wins where both know. */
function merge(known: PodName | undefined, fresh: PodName): PodName {
  if (!known) return fresh
  const ids = new Set(fresh.containers.map(({ id }) => id))
  const names = new Map(fresh.containers.map(container => [container.name, container]))
  const kept = known.containers.filter(
    ({ id, name }) => id !== undefined && !ids.has(id) && !isReplaced(names.get(name)),
  )
  const withId = fresh.containers.filter(({ id, name }) => id !== undefined || !kept.some(old => old.name === name))
  const labels = fresh.labels ?? known.labels
  return { ...fresh, containers: [...withId, ...kept].slice(0, 64), ...(labels && { labels }) }
}

// /var/log/containers lists the newest life of a container: once it names an id, an older one is past.
function isReplaced(fresh: Container | undefined): boolean {
  return fresh?.id !== undefined && fresh.restarts !== undefined
}
