import type { AttributedKill, HostFacts, OomKill } from '../types.ts'

/**
 * Whether a kill belongs to another container or the host. The kernel's log is one for the whole machine: inside kind
 * or a nested container it reports the containers beside it and the host itself, too; those are another agent's. null =
 * it names no cgroup.
 */
export function isNeighbours({ taskMemcg }: OomKill, { ownSubtree }: HostFacts): boolean | null {
  if (!ownSubtree || ownSubtree === '/') return false
  if (!taskMemcg?.startsWith('/')) return null
  return taskMemcg !== ownSubtree && !taskMemcg.startsWith(`${ownSubtree}/`)
}

/** The line that names the cgroup was suppressed: ours is whom we knew, or whose like was killed here just before. */
export function isOurOwn({ attributed, workload }: AttributedKill): boolean {
  return attributed || workload.cgroup !== null
}

/**
 * The kernel logs the process IDs of the host. In a node that is a container the processes have others, so that a number
 * of the log is, by chance, that of a process which has nothing to do with the kill.
 */
export function hasOwnPids({ ownSubtree }: HostFacts): boolean {
  return ownSubtree !== undefined && ownSubtree !== '/'
}
