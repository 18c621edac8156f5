import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import { isOwnLeaf } from '../../parse/cgroup/nested.ts'
import type { Workload } from '../../types.ts'

/**
 * The name of a workload in a sentence: `kube-system/filebeat`, `nginx.service`, `java`. Bounded: names come from
 * strangers, and a sentence has 240 characters.
 */
export function shortName(workload: Pick<Workload, 'key'> & Partial<Workload>): string {
  const { namespace, pod, owner, container, key } = workload
  if (!namespace || !pod) return nameOfKey(key)
  const name = owner?.name ?? pod
  // A container, a unit or a build's step inside the container.
  const nested = key.split('/').slice(container ? 4 : 3)
  const inner = container && container !== name && !isLike(container, name) ? [container] : []
  const parts = nested.length > 0 ? [nested.join('/')] : inner
  return cut(`${namespace}/${name}${parts.length > 0 ? ` (${parts.join('/')})` : ''}`)
}

/** The same, where the key is all that is known. */
export function nameOfKey(key: string): string {
  const [kind, ...rest] = key.split('/')
  switch (kind) {
    case 'pod': {
      // Without a name, what is inside it follows its uid.
      if (rest.length < 2 || /^[0-9a-f-]{32,36}$/.test(rest[0]!)) return cut(`pod ${rest.join('/')}`, 80)
      const [namespace, name, container] = rest
      return cut(`${namespace}/${name}${container && !isLike(container, name!) ? ` (${container})` : ''}`)
    }
    case 'unit':
      return cut(rest.at(-1) ?? key)
    case 'comm':
    case 'session':
      return cut(rest.at(-1) || key)
    // A job's or a machine's name says little without its kind: `slurm/4711/R`, `lxc/web`.
    case 'slurm':
    case 'htcondor':
    case 'mesos':
    case 'garden':
    case 'nomad':
    case 'lxc':
    case 'nspawn':
    case 'libvirt':
      return cut(key)
    default:
      return cut(rest.length > 0 ? rest.join('/') : key)
  }
}

/** `DaemonSet kube-system/filebeat`: with its owner's kind, where that is more than a guess. */
export function fullName(workload: Workload): string {
  const kind =
    workload.owner && workload.owner.kind !== 'Pod' && workload.owner.certainty !== 'guess'
      ? `${workload.owner.kind} `
      : ''
  return `${kind}${shortName(workload)}`
}

/** The last part of a cgroup's path; of a container's id the twelve digits that its runtime prints. */
export function nameOfCgroup(path: string): string {
  const last = path.split('/').at(-1) ?? path
  const id = /^(?:[a-z-]+-)?([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?$/.exec(last)?.[1]
  return cut(id ?? last)
}

/** What has the limit of this cgroup, as a person calls it: a container or a machine by its name, else the last part. */
export function nameOfLimit(path: string, { container, podUid, cgroup }: Workload): string {
  const of = parseCgroupPath(path)
  if (of.level !== 'container' || !isOwnLeaf(of.inner)) return nameOfCgroup(path)
  if (of.name !== null && of.runtime !== 'docker') return cut(`${of.runtime}/${of.name}`)
  const isItsOwn = podUid === null && of.containerId === parseCgroupPath(cgroup ?? '/').containerId
  return cut((isItsOwn ? container : null) ?? nameOfCgroup(path))
}

// A container usually has the name of its pod or the end of it, and is then not repeated.
function isLike(container: string, name: string): boolean {
  return name === container || name.endsWith(`-${container}`) || name.startsWith(`${container}-`)
}

const longest = 60

function cut(full: string, most = longest): string {
  // Of a container's id the twelve digits that its runtime prints.
  const name = full.replace(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g, '$1')
  return name.length > most ? `${name.slice(0, most - 1)}…` : name
}
