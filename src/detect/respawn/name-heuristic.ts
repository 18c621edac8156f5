import type { ChainedDeath } from './respawn-evidence.ts'

/**
 * Judges by names and pids alone, where the victim's start is unknown: a log without the kernel's reports, or a
 * life too short to be seen. Returns how many deaths before it, the newest first, are taken for its predecessors.
 *
 * A pool, and replicas that were started together, die in one shortage, within moments, and in no order of their pids. So
 * of one name a second death counts at once only when it comes long after the first and has a higher pid (they are
 * handed out upwards). Within moments it takes four in ascending order, apart as containers are and not as children of
 * one parent are: of four that die in any order one in 24 comes so.
 *
 * What it costs: a fast loop of which a log gives names only is reported at its fourth kill, and a pause between
 * two replicas' deaths is taken for a loop. The alert says `name-only`.
 */
export function namePredecessors(second: ChainedDeath, before: readonly ChainedDeath[], isLooping: boolean): number {
  const last = before.at(-1)
  if (!last || second.at - last.at <= sameInstantMs) return 0
  if (isLooping) return 1
  if (pidOf(second) <= pidOf(last)) return 0
  if (second.at - last.at >= longApartMs) return 1
  let run = 0
  let next = second
  for (let index = before.length - 1; index >= 0; index--) {
    const death = before[index]!
    if (pidOf(next) - pidOf(death) < startsApart || next.at - death.at <= sameInstantMs) break
    next = death
    run++
  }
  return run >= ascendingRun - 1 ? run : 0
}

// A log's stamps have a resolution of a second.
const sameInstantMs = 1_000
// kubelet restarts a container at once if it ran for ten minutes, and delays by at most five. One shortage kills sooner.
const longApartMs = 5 * 60_000
const ascendingRun = 4
// A container's start takes some ten pids itself (shim, runtime, its init and threads), a parent's next child takes one.
const startsApart = 10

function pidOf({ kill }: ChainedDeath): number {
  return kill.kill.pid
}
