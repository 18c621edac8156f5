import type { HostFiles } from '../types.ts'
import type { CgroupTree } from './cgroup-tree.ts'

/** What the processes of a cgroup show of it. */
export interface ProcessesOfCgroup {
  /** The node cannot do without one of them, or it is this process itself. */
  readonly isOfNode: (cgroup: string) => boolean
  /** One of them has a SIGTERM that it has not taken yet. */
  readonly isTerminating: (cgroup: string) => boolean
}

/** Of containers with more processes, only the first ones are checked. */
const most = 64
/** kubelet gives -997 to node-critical and to Guaranteed pods. */
const nodeAdj = -900

/**
 * Asks /proc/PID/oom_score_adj and /proc/PID/status of the processes directly in a cgroup. A task that is throttled by
 * `memory.high` sleeps for up to 2 s each time, and a SIGTERM waits for it: a look several times a second sees it then. One
 * that is taken at once is not seen here; the agent knows from kubelet's log as well.
 */
export function createProcessesOfCgroup({
  tree,
  files,
}: {
  readonly tree: CgroupTree
  readonly files: Pick<HostFiles, 'read'>
}): ProcessesOfCgroup {
  const pidsOf = (cgroup: string): readonly string[] =>
    (tree.read(cgroup, 'cgroup.procs') ?? '')
      .split('\n')
      .filter(pid => /^\d+$/.test(pid))
      .slice(0, most)
  const own = String(process.pid)

  return {
    isOfNode: cgroup =>
      pidsOf(cgroup).some(pid => pid === own || Number(files.read(`/proc/${pid}/oom_score_adj`) ?? 0) <= nodeAdj),
    isTerminating: cgroup => pidsOf(cgroup).some(pid => hasPendingSigterm(files.read(`/proc/${pid}/status`) ?? '')),
  }
}

/**
 * Reads from /proc/PID/status whether SIGTERM is pending, for the thread or the process.
 *
 *     ShdPnd:	0000000000004000
 */
export function hasPendingSigterm(status: string): boolean {
  for (const [, mask] of status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]{1,32})$/gm))
    if ((BigInt(`0x${mask}`) & sigtermBit) !== 0n) return true
  return false
}

const sigtermBit = 1n << 14n
