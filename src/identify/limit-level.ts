import { type CgroupPath, parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import { isOwnLeaf } from '../parse/cgroup/nested.ts'
import type { HostFacts, LimitLevel, MemoryView, OomKill } from '../types.ts'

interface HitLimit {
  readonly level: LimitLevel
  /** The node itself ran out, or a limit of its own was hit. */
  readonly isNodeLevel: boolean
}

/** Decides whose limit a kill was about. `cgroup` is the victim's own, for a kill whose report was suppressed. */
export function hitLimit(kill: OomKill, cgroup: string | null, memory: MemoryView, host: HostFacts): HitLimit {
  switch (kill.scope) {
    case 'global':
      return { level: 'node', isNodeLevel: true }
    case 'cpuset':
    case 'mempolicy':
      return { level: 'node', isNodeLevel: couldHaveChosenOthers(kill) }
    case 'memcg': {
      const path = kill.oomMemcg ?? levelAtItsLimit(cgroup, memory)
      if (path === null) return { level: 'unknown', isNodeLevel: false }
      const level = levelOf(path, host)
      return level.level === 'cgroup' && isParentOfMany(path, kill.taskMemcg)
        ? { level: 'slice', isNodeLevel: false }
        : level
    }
    // A person requested it (SysRq-f), so it is no shortage.
    case 'sysrq':
    case 'unknown':
      return { level: 'unknown', isNodeLevel: false }
  }
}

/** The kernel's task table lists who was eligible; without one, others are taken to have been. */
function couldHaveChosenOthers({ tasks, pid }: OomKill): boolean {
  return !tasks || tasks.length === 0 || tasks.some(task => task.tgid !== pid && task.pid !== pid)
}

function levelOf(oomMemcg: string, { ownSubtree }: HostFacts): HitLimit {
  const isOurs = ownSubtree && ownSubtree !== '/' && (oomMemcg === ownSubtree || oomMemcg.startsWith(`${ownSubtree}/`))
  const path = isOurs ? oomMemcg.slice(ownSubtree.length) || '/' : oomMemcg
  const cgroup = parseCgroupPath(path)
  const isNested = cgroup.outerContainerId !== null
  switch (cgroup.level) {
    // Inside a container the root is the container's own limit, but all that there is of this node.
    case 'root':
      return { level: 'node', isNodeLevel: true }
    case 'kubepods':
      return { level: 'kubepods', isNodeLevel: !isNested }
    // The rest of the node has memory, so only the workloads below it are short.
    case 'qos':
      return { level: 'qos', isNodeLevel: false }
    case 'slice':
      return { level: 'slice', isNodeLevel: false }
    case 'pod':
    case 'container':
      return { level: isOwnLeaf(cgroup.inner) ? cgroup.level : 'cgroup', isNodeLevel: false }
    case 'unit':
    case 'session':
    case 'monitor':
      return { level: cgroup.inner === null ? 'unit' : 'cgroup', isNodeLevel: false }
    case 'job':
      return { level: 'cgroup', isNodeLevel: false }
    case 'cgroup':
      return { level: isReserved(cgroup) ? 'slice' : 'cgroup', isNodeLevel: false }
  }
}

/** A manager's own cgroup (`/docker`, `/hadoop-yarn`, a user's of Slurm), below which each container or job has one. */
function isParentOfMany(path: string, victim: string | null): boolean {
  if (!victim?.startsWith(`${path}/`)) return false
  const { level, podUid } = parseCgroupPath(path)
  const below = parseCgroupPath(victim).level
  return level === 'cgroup' && podUid === null && (below === 'container' || below === 'job' || below === 'unit')
}

/** A top-level cgroup that is set apart for the node's daemons (enforced system-reserved or kube-reserved). */
function isReserved({ path }: CgroupPath): boolean {
  return /^\/(?:system|runtime|podruntime|kubelet|kube|kube-?reserved|system-reserved|kubeletreserved|reserved|azure)(?:\.slice)?$/.test(
    path,
  )
}

/** Where the kernel's line was suppressed: the path of the level above the victim that stands at its limit; null: none does. */
export function levelAtItsLimit(cgroup: string | null, memory: MemoryView): string | null {
  if (cgroup === null) return null
  for (let path = cgroup; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const sample = memory.cgroup(path)
    if (!sample || sample.limitKiB === null || sample.limitKiB === undefined || sample.currentKiB === undefined)
      continue
    // The usage is up to ten seconds old: 5 % below the limit is as good as at it.
    if (sample.currentKiB >= sample.limitKiB * 0.95) return path
  }
  return null
}
