import { type CgroupPath, parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import { isOwnLeaf, nestedIn } from '../parse/cgroup/nested.ts'
import { ownerOf } from '../parse/kubernetes/owner.ts'
import type { HostFacts, PodName, Qos, Workload } from '../types.ts'
import type { Names } from './names.ts'
import { isNodeDaemon } from './node-daemon.ts'
import { isRunnerPod, runsJobs, stableUnit } from './shared-unit.ts'

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

// As many cgroups as the largest nodes have at a time; in a storm each new container is one more, of some 700 bytes.
const maxMade = 2048

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
  name: string | null,
  oomScoreAdj: number | null,
  names: Names,
  host: HostFacts,
): Workload {
  const comm = name === '' ? null : name
  const base = {
    ...nothing,
    podUid: path.podUid,
    containerId: path.containerId,
    unit: path.unit,
    qos: path.qos ?? qosOfAdj(path, oomScoreAdj),
    comm: name,
    cgroup,
    nodeDaemon: isNodeDaemon(path, comm),
    ...(isOfJobs(path) && !isNodeDaemon(path, comm ?? '') && { runsJobs: true as const }),
  }
  const pod = path.podUid === null ? undefined : names.pod(path.podUid)
  if (pod) return ofPod(base, path, pod, names, host)
  if (path.podUid !== null)
    return { ...base, key: `pod/${path.podUid}${path.level === 'monitor' ? '/monitor' : nested(path, comm)}` }
  return { ...base, ...withoutPod(path, comm, names) }
}

type Known = Omit<Workload, 'key'>

/** It runs jobs of others, or what runs them is inside it. */
function isOfJobs(path: CgroupPath): boolean {
  const inside = nestedIn(path)
  return runsJobs(path) || (inside !== undefined && runsJobs(inside))
}

/** A workload of which only the key is known. */
export const nothing: Known = {
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
  const { owner, base: name } = ownerIn(pod, names, host)
  const isMonitor = path.level === 'monitor'
  const container = isMonitor ? 'conmon' : names.containerIn(pod, path.containerId, base.comm)
  return {
    ...base,
    key:
      ['pod', pod.namespace, name, ...(container === undefined ? [] : [container])].join('/') + nested(path, base.comm),
    namespace: pod.namespace,
    pod: pod.pod,
    container: container ?? null,
    owner,
    ...(isRunnerPod(pod.pod) && { runsJobs: true as const }),
    ...(pod.labels && { labels: pod.labels }),
  }
}

/** A guess at the owner gets better by what else is on the node: a DaemonSet has one pod here. */
function ownerIn(pod: PodName, names: Names, host: HostFacts): ReturnType<typeof ownerOf> {
  const found = ownerOf({ pod: pod.pod, uid: pod.uid, node: host.name, labels: pod.labels })
  const { kind, certainty } = found.owner
  const isGuess = kind === 'DaemonSet' && certainty === 'guess'
  if (!isGuess || !names.hasSibling(pod, found.base)) return found
  return { ...found, owner: { ...found.owner, kind: 'ReplicaSet' } }
}

/**
 * What runs in a cgroup of its own inside a container (docker in docker, Slurm, a systemd): it is another workload than the
 * container around it. An id in an unknown path is taken for one.
 */
function nested(path: CgroupPath, comm: string | null): string {
  const { level, inner, runtime } = path
  const inside = nestedIn(path)
  if (inside) {
    const id = inside.level === 'container' ? inside.containerId : null
    const container = id === null ? null : `/${inside.runtime ?? 'container'}/${id}`
    const key = inside.name === 'buildkit' ? '/buildkit' : (container ?? stableUnit(inside.path))
    return runsJobs(inside) && comm !== null ? `${key}/${comm}` : key
  }
  // The cgroups of a virtual machine are its threads.
  if (level !== 'container' || runtime === 'libvirt' || isOwnLeaf(inner)) return ''
  return /[0-9a-f]{12}|\d{4}/.test(inner!) ? `/${inner}` : ''
}

function withoutPod(path: CgroupPath, comm: string | null, names: Names): Partial<Known> & Pick<Workload, 'key'> {
  if (path.level === 'root') return { key: `comm/${comm ?? 'unknown'}` }
  const own = withoutProgram(path, names)
  // A unit that runs jobs of others is no workload of its own; its daemon, and what is known by its cgroup alone, are.
  const program = comm === null || isOwnDaemon(path, comm) ? null : comm
  if (nestedIn(path)) return { ...own, key: own.key + nested(path, program) }
  const isProgram = path.level === 'session' || path.level === 'job' || runsJobs(path)
  return { ...own, key: own.key + nested(path, program) + (isProgram && program !== null ? `/${program}` : '') }
}

function withoutProgram(path: CgroupPath, names: Names): Partial<Known> & Pick<Workload, 'key'> {
  if (path.level === 'container' || path.level === 'monitor') return ofContainer(path, names)
  if (path.level === 'job') return { key: `${path.runtime}/${path.name}` }
  if (path.level === 'unit') return { key: `unit/${stableUnit(path.unit!)}${belowUnit(path)}` }
  // A login runs any command, so only a program can restart in it.
  if (path.level === 'session') return { key: `session/${path.unit!.slice(0, path.unit!.lastIndexOf('/'))}` }
  return { key: `cgroup${path.path}` }
}

// A unit with its subtree delegated may keep a cgroup for each job: `pbs_jobs.service/jobid/1234.server`.
function belowUnit({ inner }: CgroupPath): string {
  return inner !== null && /(?:^|[/_.-])(?:job|jobid|task|step|slot|build|run)s?[/_.:-]?[^/]*\d/.test(inner)
    ? `/${inner}`
    : ''
}

/** `cron` in cron.service, `sshd` in ssh.service: the daemon itself, and not what it runs. */
function isOwnDaemon({ unit }: CgroupPath, comm: string): boolean {
  const name = unit
    ?.split('/')
    .at(-1)
    ?.replace(/\.\w+$/, '')
  if (name === 'init' || /^user@\d+$/.test(name ?? '')) return comm === 'systemd' || comm === '(sd-pam)'
  return name !== undefined && (name.slice(0, 15) === comm || (name === 'ssh' && comm === 'sshd'))
}

function ofContainer(path: CgroupPath, names: Names): Partial<Known> & Pick<Workload, 'key'> {
  if (path.level === 'monitor') {
    const { key, container } = ofContainer({ ...path, level: 'container', unit: null, inner: null }, names)
    return { key: `${key}/monitor`, container }
  }
  const { runtime, containerId, name, inner } = path
  if (runtime === 'lxc' || runtime === 'nspawn' || runtime === 'libvirt')
    return { key: `${runtime}/${name}`, container: name }
  // A task that is restarted keeps its allocation; the next allocation may be another job's task of the same name.
  if (runtime === 'nomad') return { key: `nomad/${containerId!.slice(0, 8)}/${name}`, container: name }
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
  // `web.1.x8k2…`: the service and its slot; a task that is restarted gets another id.
  const task = /^(.+\.\d+)\.[a-z0-9]{25}$/.exec(labels?.['com.docker.swarm.task.name'] ?? '')
  if (task) return task[1]
  const family = labels?.['com.amazonaws.ecs.task-definition-family']
  const container = labels?.['com.amazonaws.ecs.container-name']
  return family && container ? `${family}/${container}` : undefined
}

// kubelet writes QoS into adj as well; it says nothing about a process outside of its pods.
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
