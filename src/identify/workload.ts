import { type CgroupPath, parseCgroupPath } from '../parse/cgroup-path.ts'
import { ownerOf } from '../parse/owner.ts'
import type { HostFacts, PodName, Qos, Workload } from '../types.ts'
import type { Names } from './names.ts'
import { isNodeDaemon } from './node-daemon.ts'

export interface Workloads {
  /** The workload of a process: of its cgroup where that says something, else of its name. */
  readonly of: (cgroup: string, comm: string, oomScoreAdj: number | null, host: HostFacts) => Workload
  /** The workload of a cgroup whose processes are not known; undefined where its path says nothing. */
  readonly ofCgroup: (cgroup: string, host: HostFacts) => Workload | undefined
  /** The workload of a process of which only the name is known. */
  readonly ofComm: (comm: string | null, pid: number) => Workload
}

/** Makes workloads, and keeps what it made until a name changes. */
export function createWorkloads(names: Names): Workloads {
  const made = new Map<string, Workload>()
  let madeFrom = names.version()

  const keep = (key: string, make: () => Workload): Workload => {
    if (madeFrom !== names.version() || made.size >= maxMade) {
      made.clear()
      madeFrom = names.version()
    }
    const known = made.get(key)
    if (known) return known
    const workload = make()
    made.set(key, workload)
    return workload
  }

  return {
    of: (cgroup, comm, oomScoreAdj, host) =>
      keep(`${oomScoreAdj ?? ''}\n${comm}\n${cgroup}`, () => {
        const path = ownPath(cgroup, host)
        if (path === null) return byComm(comm, 0)
        return make(parseCgroupPath(path), cgroup, comm, oomScoreAdj, names, host)
      }),
    ofCgroup: (cgroup, host) => {
      const path = parseCgroupPath(ownPath(cgroup, host) ?? '/')
      if (path.level === 'root' || path.level === 'session') return undefined
      return keep(`\n\n${cgroup}`, () => make(path, cgroup, null, null, names, host))
    },
    ofComm: byComm,
  }
}

const maxMade = 8192

/** Inside kind or a nested container the kernel's paths begin with the subtree that is ours; null = nothing is known. */
export function ownPath(cgroup: string, { ownSubtree }: HostFacts): string | null {
  if (cgroup === '') return null
  if (!ownSubtree || ownSubtree === '/') return cgroup
  if (cgroup === ownSubtree) return '/'
  return cgroup.startsWith(`${ownSubtree}/`) ? cgroup.slice(ownSubtree.length) : cgroup
}

function make(
  path: CgroupPath,
  cgroup: string,
  comm: string | null,
  oomScoreAdj: number | null,
  names: Names,
  host: HostFacts,
): Workload {
  const base = {
    ...nothing,
    podUid: path.podUid,
    containerId: path.containerId,
    unit: path.unit,
    qos: path.qos ?? qosOfAdj(path, oomScoreAdj),
    comm,
    cgroup,
    nodeDaemon: isNodeDaemon(path),
  }
  const pod = path.podUid === null ? undefined : names.pod(path.podUid)
  if (pod) return ofPod(base, path, pod, names, host)
  if (path.podUid !== null) return { ...base, key: `pod/${path.podUid}` }
  return { ...base, ...withoutPod(path, comm, names) }
}

type Known = Omit<Workload, 'key'>

const nothing: Known = {
  namespace: null,
  pod: null,
  podUid: null,
  container: null,
  containerId: null,
  owner: null,
  unit: null,
  qos: null,
  comm: null,
  cgroup: null,
  certainty: 'cgroup',
  nodeDaemon: false,
}

function ofPod(base: Known, path: CgroupPath, pod: PodName, names: Names, host: HostFacts): Workload {
  const { owner, base: name } = ownerOf({ pod: pod.pod, uid: pod.uid, node: host.name, labels: pod.labels })
  const isMonitor = path.level === 'monitor'
  const container = isMonitor ? 'conmon' : names.containerIn(pod, path.containerId, base.comm)
  return {
    ...base,
    key: ['pod', pod.namespace, name, ...(container === undefined ? [] : [container])].join('/'),
    namespace: pod.namespace,
    pod: pod.pod,
    container: container ?? null,
    owner,
    ...(pod.labels && { labels: pod.labels }),
  }
}

function withoutPod(path: CgroupPath, comm: string | null, names: Names): Partial<Known> & Pick<Workload, 'key'> {
  if (path.level === 'container' || path.level === 'monitor') return ofContainer(path, names)
  if (path.level === 'unit') return { key: `unit/${stableUnit(path.unit!)}` }
  // A login holds whatever was typed: what comes back in it is a program.
  if (path.level === 'session') {
    const session = path.unit!.replace(/\/session-c?\d+\.scope$/, '')
    return { key: `session/${session}${comm === null ? '' : `/${comm}`}` }
  }
  if (path.level === 'root') return { key: `comm/${comm ?? 'unknown'}` }
  return { key: `cgroup${stablePath(path.path)}` }
}

function ofContainer(path: CgroupPath, names: Names): Partial<Known> & Pick<Workload, 'key'> {
  if (path.level === 'monitor') {
    const { key, container } = ofContainer({ ...path, level: 'container', unit: null, inner: null }, names)
    return { key: `${key}/monitor`, container }
  }
  const { runtime, containerId, name, inner, unit } = path
  if (runtime === 'lxc') {
    const program = unit === null ? '' : `/${stableUnit(unit)}`
    return { key: `lxc/${name}${program}`, container: name }
  }
  if (runtime === 'nomad') return { key: `nomad/${name}`, container: name }
  if (name === 'buildkit') return { key: 'docker/buildkit', container: name }
  const known = containerId === null ? undefined : names.container(containerId)
  const kind = runtime ?? 'container'
  const labels = known?.labels
  // Compose and ECS name by project or family: that survives a new container, the container's own name may not.
  const service = serviceOf(labels) ?? known?.name
  const key = `${kind}/${service ?? containerId ?? inner}`
  return { key, container: known?.name ?? null, ...(labels && { labels }) }
}

function serviceOf(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  const project = labels?.['com.docker.compose.project']
  const service = labels?.['com.docker.compose.service']
  const number = labels?.['com.docker.compose.container-number']
  if (project && service) return `${project}/${service}${number && number !== '1' ? `-${number}` : ''}`
  const family = labels?.['com.amazonaws.ecs.task-definition-family']
  const container = labels?.['com.amazonaws.ecs.container-name']
  return family && container ? `${family}/${container}` : undefined
}

// A transient unit has a new name every time: `run-r7a58….scope`.
function stableUnit(unit: string): string {
  return unit.replace(/run-[ru]?[0-9a-f]+(?=\.(?:scope|service)$)/, 'run-*')
}

function stablePath(path: string): string {
  return path.replace(/[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32,}/g, '*')
}

// kubelet writes QoS into adj as well; it tells nothing of a process outside of its pods.
function qosOfAdj({ podUid }: CgroupPath, oomScoreAdj: number | null): Qos | null {
  if (podUid === null || oomScoreAdj === null) return null
  if (oomScoreAdj === 1000) return 'BestEffort'
  if (oomScoreAdj >= 3 && oomScoreAdj <= 999) return 'Burstable'
  // -998 in old releases; both are given to system-node-critical pods as well.
  return oomScoreAdj === -997 || oomScoreAdj === -998 ? 'Guaranteed' : null
}

function byComm(comm: string | null, pid: number): Workload {
  return { ...nothing, key: `comm/${comm ?? pid}`, comm, certainty: 'name-only' }
}
