import type { AttributedKill, CycleCertainty } from '../types.ts'

/** A death of a workload, as the next one is compared with it. Members of a group kill are one death. */
export interface Death {
  /** The first of them. */
  readonly kill: AttributedKill
  readonly pids: number[]
  /** By the steady clock, ms. */
  readonly at: number
  /** Time since boot, ms: start ticks are compared with it, which no setting of the clock moves. */
  readonly uptimeMs: number | null
}

/** How certain it is that one was born after another died; `before`: it was not; `unknown`: nobody can tell but by name. */
export type BirthOrder = CycleCertainty | 'before' | 'unknown'

/** Tells whether the second victim was born after the first one died, by the strongest evidence that there is. */
export function birthOrder(second: Death, first: Death): BirthOrder {
  if (second.kill.kill.event === first.kill.kill.event) return 'before'
  if (first.pids.includes(second.kill.kill.pid)) return 'before'
  const order = byBirth(second, first) ?? byTable(second, first) ?? bySuccession(second.kill, first.kill) ?? 'unknown'
  // That another process of this name was born is certain then, that it is the same program's is not.
  return order === 'seen' && second.kill.workload.certainty === 'name-only' ? 'name-only' : order
}

function byBirth(second: Death, first: Death): BirthOrder | undefined {
  const { startTicks, bornAt } = second.kill
  if (startTicks !== null && first.uptimeMs !== null) {
    return startTicks * msPerTick >= first.uptimeMs - toleranceMs ? 'seen' : 'before'
  }
  if (bornAt === null) return undefined
  return bornAt >= first.kill.at - toleranceMs ? 'seen' : 'before'
}

const msPerTick = 10
// Start times are cut to 10 ms, the boot time is known to some ms, and a kill's time is when its line was read.
const toleranceMs = 100

/** The kernel's own list of who lived when the first one died, where it was printed whole. */
function byTable(second: Death, first: Death): BirthOrder | undefined {
  const { tasks, oomMemcg } = first.kill.kill
  if (!tasks || tasks.length === 0) return undefined
  const { pid, taskMemcg } = second.kill.kill
  if (tasks.some(task => task.pid === pid || task.tgid === pid)) return 'before'
  // The list holds those who could have been chosen: all below the limit that was hit, and no more than 50 are kept.
  const wasEligible = oomMemcg === null || taskMemcg === null || `${taskMemcg}/`.startsWith(`${oomMemcg}/`)
  return tasks.length < keptTasks && wasEligible ? 'seen' : undefined
}

const keptTasks = 50

/** A pod has one instance of each of its containers: another container ID is the next one. */
function bySuccession(second: AttributedKill, first: AttributedKill): BirthOrder | undefined {
  const [next, last] = [second.workload, first.workload]
  if (next.podUid === null || next.podUid !== last.podUid) return undefined
  const isSameContainer = next.container !== null ? next.container === last.container : next.comm === last.comm
  const isRestarted = next.containerId !== null && last.containerId !== null && next.containerId !== last.containerId
  return isSameContainer && isRestarted ? 'same-pod' : undefined
}
