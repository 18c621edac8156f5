import type { World } from '../types.ts'
import type { Victim } from './scene.ts'

/**
 * Whom the kernel would choose next when the node runs out, and what that would be worth: nothing, where somebody starts it
 * again and it takes back what it had.
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
