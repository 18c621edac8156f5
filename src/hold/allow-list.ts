import { parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'

/** Longer paths than the kernel's PATH_MAX do not exist. */
const longest = 4096

/**
 * The cgroups that may be held: a container of a pod below the node's own kubepods, or a scope or service directly below
 * machine.slice. Never a slice, a pod, a static pod, a part of a container, or a unit of the host. The path comes from the
 * other side of a socket, so it is checked by its own text.
 *
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b….slice/cri-containerd-4f….scope
 */
export function isHoldable(path: string): boolean {
  if (path.length > longest || !/^(?:\/[\x21-\x2e\x30-\x7e]+)+$/.test(path)) return false
  const parts = path.slice(1).split('/')
  if (parts.some(part => part === '.' || part === '..')) return false
  if (parts[0] === 'machine.slice') return parts.length === 2 && /\.(?:scope|service)$/.test(parts[1]!)
  if (parts[0] !== 'kubepods' && parts[0] !== 'kubepods.slice') return false
  const { level, podUid, inner, outerContainerId } = parseCgroupPath(path)
  // The uid of a static pod is a hash without dashes.
  return level === 'container' && inner === null && outerContainerId === null && podUid?.includes('-') === true
}
