import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import { isOwnLeaf, nestedIn } from '../../parse/cgroup/nested.ts'
import type { AlertLimit, HostFacts, Owner, Workload } from '../../types.ts'
import type { PodUse } from '../evidence/pods.ts'
import { hasShell, kubernetesNameOf, ownsKernel, type Platform } from '../platform/host-platform.ts'
import { isSharedUnit } from '../platform/shared-units.ts'

/**
 * Commands that people paste under stress. Names are hostile input: a name that Kubernetes would not accept gives no
 * command, and everything else is quoted. null: no command can be made of it safely, or none fits this system.
 */
export type Command = string | null

export function cordon(host: HostFacts): Command {
  const node = kubernetesName(kubernetesNameOf(host)?.name ?? null)
  return node && `kubectl cordon ${node}`
}

export function uncordon(host: HostFacts): Command {
  const node = kubernetesName(kubernetesNameOf(host)?.name ?? null)
  return node && `kubectl uncordon ${node}`
}

/** Shows under which name each node is registered. */
export const listNodes = 'kubectl get nodes --output=wide'

export function deletePod({ namespace, pod }: Pick<PodUse, 'namespace' | 'pod'>): Command {
  const [ns, name] = [kubernetesName(namespace), kubernetesName(pod)]
  return ns && name ? `kubectl delete pod --namespace=${ns} ${name} --wait=false` : null
}

/**
 * Deleting a terminating pod again changes nothing unless its grace period gets shorter. Only the API server knows that it
 * is terminating, so the command asks it first. Never by force: a second pod could run beside what is still alive here.
 */
export function cutGracePeriod({ namespace, pod }: Pick<PodUse, 'namespace' | 'pod'>): Command {
  const [ns, name] = [kubernetesName(namespace), kubernetesName(pod)]
  if (!ns || !name) return null
  const isTerminating = `kubectl get pod --namespace=${ns} ${name} --output=jsonpath='{.metadata.deletionTimestamp}' | grep -q .`
  const remove = ['kubectl delete pod', `--namespace=${ns}`, name, '--grace-period=1', '--wait=false'].join(' ')
  return `${isTerminating} && ${remove}`
}

/** Kinds that `kubectl set resources` knows. */
const settable: Partial<Record<Owner['kind'], string>> = {
  Deployment: 'deployment',
  DaemonSet: 'daemonset',
  StatefulSet: 'statefulset',
  ReplicaSet: 'replicaset',
}

/** Always for one named container: without a name kubectl changes all containers of the pod. Never on a guessed owner. */
export function setResources(
  { namespace, owner, container }: Pick<Workload, 'namespace' | 'owner' | 'container'>,
  { requests, limits }: { readonly requests?: string; readonly limits?: string },
): Command {
  const [ns, name, inner] = [kubernetesName(namespace), kubernetesName(owner?.name ?? null), kubernetesName(container)]
  const kind = owner && owner.certainty !== 'guess' && settable[owner.kind]
  if (!ns || !name || !kind || !inner || (!requests && !limits)) return null
  const parts = [
    `kubectl set resources ${kind}/${name} --namespace=${ns} --containers=${inner}`,
    requests ? `--requests=memory=${requests}` : '',
    limits ? `--limits=memory=${limits}` : '',
  ]
  return parts.filter(Boolean).join(' ')
}

/** Raises the limit that was reached, on the object that has it; null where no command can reach that object. */
export function raiseLimit(
  workload: Workload,
  { level, path }: Pick<AlertLimit, 'level' | 'path'>,
  { to, platform }: { readonly to: string; readonly platform: Platform },
): Command {
  if (path !== null && !isOwnLeaf(parseCgroupPath(path).inner)) return null
  // systemd and docker write MiB as M.
  const plain = to.replace(/i$/, '')
  switch (level) {
    case 'slice': {
      const slice = quoted(path?.split('/').at(-1) ?? null)
      return slice?.includes('.slice') && platform === 'systemd' ? setProperty(slice, plain) : null
    }
    case 'unit': {
      const unit = unitOf(workload)
      const isItsOwn = path === null || path.split('/').at(-1) === workload.unit?.split('/').at(-1)
      return unit && isItsOwn && platform === 'systemd' ? setProperty(unit, plain) : null
    }
    case 'container': {
      const name = containerName(workload, platform)
      if (workload.key.startsWith('docker/'))
        return name && `docker update --memory=${plain} --memory-swap=${plain} ${name}`
      if (workload.key.startsWith('podman/')) return name && `podman update --memory=${plain} ${name}`
      return setResources(workload, { limits: to })
    }
    case 'pod':
      return setResources(workload, { limits: to })
    default:
      return null
  }
}

function setProperty(unit: string, memoryMax: string): string {
  return `systemctl set-property ${unit} MemoryMax=${memoryMax}`
}

export function stopUnit(workload: Workload, platform: Platform): Command {
  const unit = platform === 'systemd' ? unitOf(workload) : null
  return unit && `systemctl stop ${unit}`
}

export function restartUnit(unit: string, platform: Platform): Command {
  const name = platform === 'systemd' ? quoted(unit) : null
  return name && `systemctl restart ${name}`
}

export function reviveUnit(unit: string, platform: Platform): Command {
  const name = platform === 'systemd' ? quoted(unit) : null
  return name && `systemctl is-active ${name} || systemctl restart ${name}`
}

/** Restarts kubelet by what this system offers for it. */
export function restartKubelet(unit: string, host: HostFacts, platform: Platform): Command {
  const node = kubernetesName(host.hostname ?? host.name)
  if (platform === 'talos') return node && ['talosctl', '--nodes', node, 'service', 'kubelet', 'restart'].join(' ')
  return restartUnit(unit, platform)
}

/** Reboots this node only: on another machine the command does nothing. */
export function reboot(host: HostFacts, platform: Platform): Command {
  const name = host.hostname ?? host.name
  if (platform === 'talos') return kubernetesName(name) && `talosctl --nodes ${name} reboot`
  const word = quoted(name)
  if (platform !== 'systemd' || !word || name === 'unknown') return null
  return `[ "$(uname -n)" = ${word} ] && systemctl reboot`
}

export function stopContainer(workload: Workload, platform: Platform): Command {
  const { key, cgroup } = workload
  // It would stop everything else in the container as well.
  if (nestedIn(parseCgroupPath(cgroup ?? '/'))) return null
  const runtime = key.startsWith('podman/') ? 'podman' : key.startsWith('docker/') ? 'docker' : null
  const name = containerName(workload, platform)
  return runtime && name ? `${runtime} stop ${name}` : null
}

/** What the runtime of the host calls it; null for a user's own containers, which that runtime does not know. */
function containerName({ container, containerId, cgroup }: Workload, platform: Platform): string | null {
  const isOfUser = /\/user@\d+\.service\//.test(cgroup ?? '')
  return ownsKernel(platform) && !isOfUser ? quoted(container ?? containerId) : null
}

/** The largest processes of the node. */
export function listProcesses(host: HostFacts, platform: Platform): Command {
  const node = kubernetesName(host.hostname ?? host.name)
  if (platform === 'talos') return node && `talosctl --nodes ${node} processes --sort rss`
  return hasShell(platform) ? 'ps -eo pid,rss,cgroup:120,args --sort=-rss | head -20' : null
}

/** By name alone nothing is stopped: it shows what runs under that name, and what it belongs to. */
export function findByName(comm: string, platform: Platform): Command {
  const word = hasShell(platform) ? quoted(comm) : null
  return word && `ps -C ${word} -o pid,rss,cgroup:120,args --sort=-rss`
}

/**
 * Kills what is in a container's cgroup without kubelet, the runtime or even a new process: on a stalled node a builtin
 * of the shell still works. Needs cgroup v2 and Linux 5.14. Unlike a pid, a path is never reused.
 */
export function killCgroup(cgroup: string | null, { cgroupVersion, kernel }: HostFacts, platform: Platform): Command {
  if (cgroup === null || cgroupVersion !== 'v2' || !isAtLeast(kernel, 5, 14) || !ownsKernel(platform)) return null
  const { level, runtime } = parseCgroupPath(cgroup)
  if (level !== 'container') return null
  // A whole machine hangs below one of these.
  if (runtime === 'libvirt' || runtime === 'nspawn' || runtime === 'lxc') return null
  const path = quoted(`/sys/fs/cgroup${cgroup}/cgroup.kill`)
  return path && `echo 1 > ${path}`
}

/** Slows down what runs in a container's cgroup, and shows what stood there before. Needs cgroup v2. */
export function throttleCgroup(
  cgroup: string,
  bytes: number,
  { host, platform }: { readonly host: HostFacts; readonly platform: Platform },
): Command {
  if (host.cgroupVersion !== 'v2' || !ownsKernel(platform)) return null
  const path = quoted(`/sys/fs/cgroup${cgroup}/memory.high`)
  return path && `cat ${path} && echo ${bytes} > ${path}`
}

/** Without cgroup.kill: by the runtime, which knows a container by an id that is never used again. */
export function crictlStop(containerId: string | null, platform: Platform): Command {
  if (!ownsKernel(platform)) return null
  return containerId && /^[0-9a-f]{64}$/.test(containerId) ? `crictl stop --timeout=0 ${containerId}` : null
}

/**
 * The service as the host's systemd knows it; null for a scope (its creator owns it), for a unit inside a guest or of a
 * user (the host can have another of that name), and for one that runs what others started.
 */
export function unitOf({ key, unit, runsJobs }: Pick<Workload, 'key' | 'unit' | 'runsJobs'>): string | null {
  // Stopping cron or a CI runner would stop other jobs.
  if (runsJobs) return null
  const parts = unit?.split('/') ?? []
  const name = parts.at(-1) ?? null
  const isInside = /^(?:lxc|nspawn)\//.test(key) || parts.slice(0, -1).some(part => /\.(service|scope)$/.test(part))
  if (isInside || name === null || !name.endsWith('.service') || isSharedUnit(name)) return null
  return parts[0] === 'user.slice' ? null : quoted(name)
}

/** As one word of a POSIX shell; null where it cannot be one line that means what it shows. */
export function quoted(word: string | null): string | null {
  if (word === null || word === '' || word.length > 1000 || word.startsWith('-')) return null
  // Non-printable characters would be pasted differently from how they look.
  if (!/^[\x20-\x7e]+$/.test(word)) return null
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Names of nodes, namespaces, pods and containers are DNS names; anything else is hostile. */
function kubernetesName(name: string | null): string | null {
  if (name === 'unknown') return null
  return name !== null && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) ? name : null
}

function isAtLeast(kernel: string, major: number, minor: number): boolean {
  const [, a, b] = /^(\d+)\.(\d+)/.exec(kernel) ?? []
  return Number(a) > major || (Number(a) === major && Number(b) >= minor)
}
