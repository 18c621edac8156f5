import type { World } from '../../types.ts'
import type { Victim } from './diagnosis-context.ts'

/**
 * What the kernel would kill next when the node runs out, and what that would free: nothing, where it is restarted and takes
 * the memory again.
 */
export function nextVictimsOf({ identity }: World, limit: number): readonly Victim[] {
  return identity.candidates(limit).map(({ process, workload }) => {
    const respawns = identity.respawns(workload)
    return {
      workload: workload.key,
      pid: process.pid,
      comm: process.comm,
      score: process.oomScore,
      oomScoreAdj: process.oomScoreAdj,
      rssKiB: process.rssKiB,
      respawns,
      regainsKiB: respawns === null ? null : respawns ? 0 : process.rssKiB,
      of: workload,
    }
  })
}
