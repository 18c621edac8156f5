import { parseCgroupPath } from '../parse/cgroup-path.ts'
import type { AlertLimit, HostFacts, Owner, Workload } from '../types.ts'
import type { PodUse } from './pods.ts'

/**
 * Commands that a person pastes at 3 a.m. Names come from strangers: what Kubernetes would not take as a name gives no
 * command at all, everything else is quoted. null: no command can be made of it safely.
 */
export type Command = string | null

export function cordon({ name }: HostFacts): Command {
  const node = kubernetesName(name)
  return node && node !== 'unknown' ? `kubectl cordon ${node}` : null
}

export function uncordon({ name }: HostFacts): Command {
  const node = kubernetesName(name)
  return node && node !== 'unknown' ? `kubectl uncordon ${node}` : null
}

export function podsOnNode({ name }: HostFacts): Command {
  const node = kubernetesName(name)
  if (!node || node === 'unknown') return null
  return `kubectl get pods --all-namespaces --output=wide --field-selector=spec.nodeName=${node}`
}

/** `now`: its grace period is cut short; never by force, which lets a second one run beside what still lives here. */
export function deletePod({ namespace, pod }: Pick<PodUse, 'namespace' | 'pod'>, now = false): Command {
  const [ns, name] = [kubernetesName(namespace), kubernetesName(pod)]
  return ns && name
    ? `kubectl delete pod --namespace=${ns} ${name}${now ? ' --grace-period=1' : ''} --wait=false`
    : null
}

/** Kinds that `kubectl scale` and `kubectl set resources` know. */
const settable: Partial<Record<Owner['kind'], string>> = {
  Deployment: 'deployment',
  DaemonSet: 'daemonset',
  StatefulSet: 'statefulset',
  ReplicaSet: 'replicaset',
}

export function setResources(
  { namespace, owner, container }: Pick<Workload, 'namespace' | 'owner' | 'container'>,
  { requests, limits }: { readonly requests?: string; readonly limits?: string },
): Command {
  const [ns, name, inner] = [kubernetesName(namespace), kubernetesName(owner?.name ?? null), kubernetesName(container)]
  const kind = owner && settable[owner.kind]
  if (!ns || !name || !kind) return null
  const parts = [
    `kubectl set resources ${kind}/${name} --namespace=${ns}`,
    inner ? `--containers=${inner}` : '',
    requests ? `--requests=memory=${requests}` : '',
    limits ? `--limits=memory=${limits}` : '',
  ]
  return parts.filter(Boolean).join(' ')
}

/** Raises the limit that was hit, by whatever keeps it: the workload's controller, systemd, docker or podman. */
export function raiseLimit(
  workload: Workload,
  { level, path }: Pick<AlertLimit, 'level' | 'path'>,
  to: string,
): Command {
  // systemd and docker say MiB as M.
  const plain = to.replace(/i$/, '')
  if (level === 'slice') {
    const slice = quoted(path?.split('/').at(-1) ?? null)
    return slice && `systemctl set-property ${slice} MemoryMax=${plain}`
  }
  const unit = unitOf(workload)
  if (unit) return `systemctl set-property ${unit} MemoryMax=${plain}`
  const name = quoted(workload.container ?? workload.containerId)
  if (workload.key.startsWith('docker/') && name)
    return `docker update --memory=${plain} --memory-swap=${plain} ${name}`
  if (workload.key.startsWith('podman/') && name) return `podman update --memory=${plain} ${name}`
  return setResources(workload, { limits: to })
}

export function stopUnit(workload: Workload): Command {
  const unit = unitOf(workload)
  return unit && `systemctl stop ${unit}`
}

export function restartUnit(unit: string): Command {
  const name = quoted(unit)
  return name && `systemctl restart ${name}`
}

export function stopContainer({ key, container, containerId }: Workload): Command {
  const runtime = key.startsWith('podman/') ? 'podman' : key.startsWith('docker/') ? 'docker' : null
  const name = quoted(container ?? containerId)
  return runtime && name ? `${runtime} stop ${name}` : null
}

/**
 * Ends what is in a cgroup without a kubelet, a runtime or even a new process: on a node that stalls, a builtin of the
 * shell that is still there is what works. Needs cgroup v2 and Linux 5.14; a path never becomes another's, as a pid does.
 */
export function killCgroup(cgroup: string | null, { cgroupVersion, kernel }: HostFacts): Command {
  if (cgroup === null || cgroupVersion !== 'v2' || !isAtLeast(kernel, 5, 14)) return null
  const { level } = parseCgroupPath(cgroup)
  if (level !== 'container' && level !== 'pod') return null
  const path = quoted(`/sys/fs/cgroup${cgroup}/cgroup.kill`)
  return path && `echo 1 > ${path}`
}

/** Without cgroup.kill: by the runtime, which knows a container by an id that is never used again. */
export function crictlStop(containerId: string | null): Command {
  return containerId && /^[0-9a-f]{64}$/.test(containerId) ? `crictl stop --timeout=0 ${containerId}` : null
}

/** As the host's systemd calls it; null for a unit of a guest's or of a user's own: the host may have another so named. */
export function unitOf({ key, unit }: Pick<Workload, 'key' | 'unit'>): string | null {
  const parts = unit?.split('/') ?? []
  const isInside = key.startsWith('lxc/') || parts.slice(0, -1).some(part => /\.(service|scope)$/.test(part))
  return isInside ? null : quoted(parts.at(-1) ?? null)
}

/** As one word of a POSIX shell; null where it cannot be one line that means what it shows. */
export function quoted(word: string | null): string | null {
  if (word === null || word === '' || word.length > 1000 || word.startsWith('-')) return null
  // What is not printable would be shown otherwise than it is pasted.
  if (!/^[\x20-\x7e]+$/.test(word)) return null
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Names of nodes, namespaces, pods and containers are DNS names; what is none was made to be pasted. */
function kubernetesName(name: string | null): string | null {
  return name !== null && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) ? name : null
}

function isAtLeast(kernel: string, major: number, minor: number): boolean {
  const [, a, b] = /^(\d+)\.(\d+)/.exec(kernel) ?? []
  return Number(a) > major || (Number(a) === major && Number(b) >= minor)
}
