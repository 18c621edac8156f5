import type { CgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import {
  type ContainerState,
  parseContainerdBundle,
  parseCrioBundle,
  parseDockerConfig,
  parsePodmanContainers,
} from '../../parse/kubernetes/runtime-state.ts'
import type { ContainerName, HostFiles, PodName } from '../../types.ts'

/** A container's names: with its pod, or on its own. */
interface NamedContainer {
  readonly pod?: PodName
  readonly container?: ContainerName
}

interface RuntimeStateReader {
  /** Reads the runtime's own file of a container, once for each id. Undefined: read before, or not to be had. */
  readonly read: (cgroup: CgroupPath) => NamedContainer | undefined
}

export function createRuntimeStateReader(files: HostFiles): RuntimeStateReader {
  // Only that it was read, not what was: bounded, and a container that is met again after 4096 others costs a read.
  const done = new Set<string>()

  return {
    read: cgroup => {
      const id = cgroup.containerId!
      if (done.has(id)) return undefined
      if (done.size >= 4096) done.delete(done.values().next().value!)
      done.add(id)
      if (!/^[0-9a-z-]{12,80}$/.test(id)) return undefined
      const state = readState(files, cgroup, id)
      return state && named(state, id, cgroup.podUid)
    },
  }
}

function readState(files: HostFiles, { runtime, podUid }: CgroupPath, id: string): ContainerState | undefined {
  // A bare id may be containerd's or docker's: ask both.
  if (runtime === 'containerd' || runtime === null) {
    const state = first(
      containerdStates,
      path => `${path}/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`,
      files,
      parseContainerdBundle,
    )
    if (state) return state
  }
  if (runtime === 'cri-o') {
    return first(crioStates, path => `${path}/overlay-containers/${id}/userdata/config.json`, files, parseCrioBundle)
  }
  if (runtime === 'docker' || runtime === null) {
    return first(['/var/lib/docker'], path => `${path}/containers/${id}/config.v2.json`, files, parseDockerConfig)
  }
  if (runtime === 'podman' && podUid === null) {
    const text = files.read('/var/lib/containers/storage/overlay-containers/containers.json')
    const name = text === undefined ? undefined : parsePodmanContainers(text).get(id)
    if (name !== undefined) return { name, namespace: null, pod: null, podUid: null, isSandbox: false }
  }
  return undefined
}

const containerdStates = ['/run/containerd', '/run/k3s/containerd', '/var/snap/microk8s/common/run/containerd']
const crioStates = ['/run/containers/storage', '/var/lib/containers/storage']

function first(
  folders: readonly string[],
  pathIn: (folder: string) => string,
  files: HostFiles,
  parse: (text: string) => ContainerState | undefined,
): ContainerState | undefined {
  for (const folder of folders) {
    const text = files.read(pathIn(folder))
    const state = text === undefined ? undefined : parse(text)
    if (state) return state
  }
  return undefined
}

function named(state: ContainerState, id: string, uidInPath: string | null): NamedContainer | undefined {
  const name = state.isSandbox ? 'pause' : state.name
  const { namespace, pod, podUid, labels } = state
  const hasLabels = labels !== undefined && Object.keys(labels).length > 0
  if (namespace !== null && pod !== null) {
    // The cgroup is believed before the file: a static pod has another uid at the API server.
    const uid = uidInPath ?? podUid
    if (uid === null) return undefined
    return {
      pod: { uid, namespace, pod, containers: name === null ? [] : [{ name, id }], ...(hasLabels && { labels }) },
    }
  }
  return name === null ? undefined : { container: { id, name, ...(hasLabels && { labels }) } }
}
