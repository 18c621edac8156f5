import type { HostFacts, World } from '../../types.ts'

/** What kind of system the node is: it decides which commands work there. */
export type Platform = 'systemd' | 'talos' | 'bottlerocket' | 'container' | 'other'

/**
 * Talos has no shell and no systemd; Bottlerocket keeps its own behind an admin container; a node that is itself a
 * container (kind, LXC) does not own its kernel. Without facts about process 1, units in the cgroup paths show systemd.
 */
export function platformOf(
  { host, identity }: Pick<World, 'host' | 'identity'>,
  cgroups: readonly (string | null)[],
): Platform {
  const os = `${host.osId ?? ''} ${host.os}`.toLowerCase()
  if (/\btalos\b/.test(os)) return 'talos'
  if (/\bbottlerocket\b/.test(os)) return 'bottlerocket'
  if (host.ownSubtree !== undefined) return 'container'
  if (host.init !== undefined) return host.init === 'systemd' ? 'systemd' : 'other'
  const paths = [...cgroups, ...Array.from(identity.processes(), ({ cgroup }) => cgroup)]
  if (paths.some(isOfTalos)) return 'talos'
  if (paths.some(isOfSystemd)) return 'systemd'
  return 'other'
}

// Talos alone runs its services in these.
function isOfTalos(cgroup: string | null): boolean {
  return cgroup !== null && /^\/(?:podruntime|system\/(?:apid|trustd|machined))(?:\/|$)/.test(cgroup)
}

function isOfSystemd(cgroup: string | null): boolean {
  return cgroup !== null && /\.(?:slice|service|scope)(?:\/|$)/.test(cgroup)
}

/** Ordinary commands can be run on the node. */
export function hasShell(platform: Platform): boolean {
  return platform !== 'talos' && platform !== 'bottlerocket'
}

/** The kernel's settings and the cgroup tree are the node's own, and can be reached from a shell. */
export function ownsKernel(platform: Platform): boolean {
  return platform === 'systemd' || platform === 'other'
}

/** How sure the name is that `kubectl` takes for this node. */
interface KubernetesName {
  readonly name: string
  /** kubelet's command line or the settings state it; otherwise it is the host's own name. */
  readonly certain: boolean
}

/**
 * The name under which the node is registered; null where only the API server knows it: a cloud provider that is built
 * into kubelet names the node itself, and a bare log may come from another machine.
 */
export function kubernetesNameOf({ name, hostname, kubelet, sight }: HostFacts): KubernetesName | null {
  if (kubelet?.nodeName) return { name: kubelet.nodeName.toLowerCase(), certain: true }
  if (name === 'unknown' || sight === 'log') return null
  // Where the settings name the node, they have it from spec.nodeName (as our DaemonSet does) or from a person.
  if (hostname !== undefined) return { name, certain: true }
  const provider = kubelet?.cloudProvider ?? ''
  if (provider !== '' && provider !== 'external') return null
  return { name: name.toLowerCase(), certain: false }
}
