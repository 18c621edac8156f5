import { type CgroupPath, parseCgroupPath } from './cgroup-path.ts'

/**
 * What runs in a cgroup of its own inside a container: docker in docker, a unit of a systemd in it, a build's step, a job.
 * undefined where the process is simply the container's, or an unknown cgroup inside it is.
 */
export function nestedIn({ level, inner, runtime }: CgroupPath): CgroupPath | undefined {
  // A whole system has an init of its own.
  const isSystem = runtime === 'lxc' || runtime === 'nspawn'
  if (level !== 'container' || inner === null || (isOwnLeaf(inner) && !isSystem)) return undefined
  // crun's leaf is the root of all that a container makes.
  const inside = parseCgroupPath(`/${inner.replace(/^container\//, '')}`)
  if (inside.unit === 'init.scope' && !isSystem) return undefined
  return inside.level === 'container' || inside.level === 'job' || inside.level === 'unit' ? inside : undefined
}

/** The cgroup of the container itself, or the leaf that the runtime (crun: `container`) or its init makes for its processes. */
export function isOwnLeaf(inner: string | null): boolean {
  return inner === null || inner === 'container' || inner === 'init' || inner === 'init.scope'
}
