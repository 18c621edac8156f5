import { msPerTick } from '../../identify/process-table.ts'
import type { AttributedKill, CycleCertainty, OomKill } from '../../types.ts'

/** What of a kill the next one is compared with: kills are remembered by the thousand, and a whole one is kilobytes. */
export type RememberedKill = Pick<
  AttributedKill,
  'at' | 'workload' | 'nodeLevel' | 'bornAt' | 'startTicks' | 'ppid' | 'availableBeforeKiB'
> & { readonly kill: Pick<OomKill, 'pid' | 'comm' | 'event' | 'taskMemcg' | 'oomMemcg' | 'stampMs'> }

/** A death of a workload, as the next one is compared with it. Members of a group kill are one death. */
export interface ChainedDeath {
  /** The first of them. */
  readonly kill: RememberedKill
  readonly pids: number[]
  /** By the kernel's own clock, ms: it measures from one death to the next, whenever their lines were read. */
  readonly at: number
  /** Counts the boots that the deaths are of. */
  readonly boot: number
  /** Time since boot when its line was read, ms: start ticks are compared with it, which no setting of the clock moves. */
  readonly uptimeMs: number | null
  /** Who lived then, by the kernel's own list: pids and thread groups; null where it was not printed. */
  readonly listed: ReadonlySet<number> | null
  /** No process was cut from the list. */
  readonly isListWhole: boolean
  /** Processes are sampled, and this one never was: it lived for no more than a second or two. */
  readonly isUnseen: boolean
}

export function rememberedOf(killed: AttributedKill): RememberedKill {
  const { at, workload, nodeLevel, bornAt, startTicks, ppid, availableBeforeKiB } = killed
  const { pid, comm, event, taskMemcg, oomMemcg, stampMs } = killed.kill
  const kill = { pid, comm, event, taskMemcg, oomMemcg, ...(stampMs !== undefined && { stampMs }) }
  return { kill, at, workload, nodeLevel, bornAt, startTicks, ppid, availableBeforeKiB }
}

/** How certain it is that one was born after another died; `before`: it was not; `unknown`: only names are left. */
type BirthOrder = CycleCertainty | 'before' | 'unknown'

/** Decides whether the second victim was born after the first one died, by the strongest evidence that there is. */
export function birthOrder(second: ChainedDeath, first: ChainedDeath): BirthOrder {
  if (second.kill.kill.event === first.kill.kill.event) return 'before'
  if (first.boot !== second.boot) return 'before'
  if (isOtherProgram(second.kill, first.kill)) return 'before'
  // A pid is given out again after some ten thousand others, and counts from the beginning after a boot.
  if (first.pids.includes(second.kill.kill.pid) && byBirth(second, first) !== 'seen') return 'before'
  const order =
    byBirth(second, first) ??
    byTable(second, first) ??
    bySuccession(second.kill, first.kill) ??
    byShortLife(second, first) ??
    'unknown'
  // That another process of this name was born is certain then, that it is the same program's is not.
  return order === 'seen' && !(isByCgroup(second) && isByCgroup(first)) ? 'name-only' : order
}

function isByCgroup({ kill }: ChainedDeath): boolean {
  return kill.workload.certainty === 'cgroup'
}

/** Two programs of one unit or container, each killed once, are no restart; another container of a pod is one. */
function isOtherProgram(next: RememberedKill, last: RememberedKill): boolean {
  if (next.workload.podUid !== last.workload.podUid || next.workload.containerId !== last.workload.containerId)
    return false
  const names = namesOf(last)
  return names.length > 0 && namesOf(next).length > 0 && !namesOf(next).some(name => names.includes(name))
}

/**
 * What the killed process was called: when it was seen alive, and in its kill line. The two differ: an entrypoint is first
 * `sh` and then what it executes, and the kernel may print the name of a thread.
 */
function namesOf({ workload, kill }: RememberedKill): readonly string[] {
  return [workload.comm, kill.comm].filter(name => name !== null)
}

function byBirth(second: ChainedDeath, first: ChainedDeath): BirthOrder | undefined {
  const { startTicks, bornAt } = second.kill
  const doubtMs = toleranceMs + lateMs(second, first)
  if (startTicks !== null && first.uptimeMs !== null) {
    return startTicks * msPerTick >= first.uptimeMs - doubtMs ? 'seen' : 'before'
  }
  if (bornAt === null) return undefined
  return bornAt >= first.kill.at - doubtMs ? 'seen' : 'before'
}

/**
 * How late the first death was read, as far as the second one shows: on a node that thrashes the reader gets no turn for
 * seconds, and what a supervisor started in that time would seem older than the death. The kernel's stamps drift by seconds a
 * day, so they date nothing, but between two deaths they measure.
 */
function lateMs(second: ChainedDeath, first: ChainedDeath): number {
  const [from, to] = [first.kill.kill.stampMs, second.kill.kill.stampMs]
  if (from === undefined || to === undefined) return 0
  const apartMs =
    second.uptimeMs !== null && first.uptimeMs !== null
      ? second.uptimeMs - first.uptimeMs
      : second.kill.at - first.kill.at
  const late = to - from - apartMs * (1 + stampDrift)
  // More than this was a clock that was set in between.
  return late > 0 && late <= latestMs ? late : 0
}

const latestMs = 30_000
/** The most that a kernel's stamps run fast or slow: some seconds a day. */
const stampDrift = 1e-4

// Start times are cut to 10 ms, the boot time is known to some ms, and a kill's time is when its line was read.
const toleranceMs = 100

/** The kernel's own list of who lived when the first one died, where it was printed whole. */
function byTable(second: ChainedDeath, first: ChainedDeath): BirthOrder | undefined {
  if (!first.listed) return undefined
  const { pid, taskMemcg } = second.kill.kill
  const { oomMemcg } = first.kill.kill
  if (first.listed.has(pid)) return 'before'
  // The list has all processes that could have been chosen: those below the limit that was hit. Where the kernel does not
  // say where the second victim lived, it may have been elsewhere all the time.
  const wasEligible = oomMemcg === null || (taskMemcg !== null && `${taskMemcg}/`.startsWith(`${oomMemcg}/`))
  return first.isListWhole && wasEligible ? 'seen' : undefined
}

/** A pod has one instance of each of its containers: another container ID is the next one. */
function bySuccession(second: RememberedKill, first: RememberedKill): BirthOrder | undefined {
  const [next, last] = [second.workload, first.workload]
  if (next.podUid === null || next.podUid !== last.podUid) return undefined
  const isSameContainer = next.container !== null ? next.container === last.container : next.comm === last.comm
  const isRestarted = next.containerId !== null && last.containerId !== null && next.containerId !== last.containerId
  return isSameContainer && isRestarted ? 'same-pod' : undefined
}

/**
 * In the same container or unit, too young to have been seen, and with a higher pid: pids are handed out upwards. A pool
 * that was started within the last second and is killed in order would be taken for a loop; one that has lived would not.
 */
function byShortLife(second: ChainedDeath, first: ChainedDeath): BirthOrder | undefined {
  const [next, last] = [second.kill.workload, first.kill.workload]
  if (!second.isUnseen || next.cgroup === null || next.cgroup !== last.cgroup) return undefined
  if (second.kill.kill.pid <= first.kill.kill.pid) return undefined
  return next.podUid !== null ? 'same-pod' : 'name-only'
}
