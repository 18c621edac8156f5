import { isOfDaemon } from '../../identify/shared-unit.ts'
import type { AttributedKill, Birth, CycleCertainty, RespawnedBy, Workload } from '../../types.ts'
import { namePredecessors } from './name-heuristic.ts'
import { birthOrder, type ChainedDeath, type RememberedKill } from './respawn-evidence.ts'

/** A death, a birth after it, and the death of what was born. */
export interface Cycle {
  readonly first: ChainedDeath
  readonly second: ChainedDeath
  readonly certainty: CycleCertainty
  readonly respawnedBy: RespawnedBy
  /** From the death to the birth after it; null where the birth was not seen. */
  readonly gapMs: number | null
}

/** The deaths of one workload, and which of them followed which. */
export interface DeathChain {
  readonly deaths: readonly ChainedDeath[]
  /** Takes a death and returns the cycles that it completes: one; several where names alone proved them late. */
  readonly add: (
    death: ChainedDeath,
    birth: Birth | undefined,
    windowMsOf: (a: ChainedDeath, b: ChainedDeath) => number,
  ) => readonly Cycle[]
  /** One more victim of a death that is known. */
  readonly join: (kill: AttributedKill) => boolean
}

export function createDeathChain(): DeathChain {
  let deaths: ChainedDeath[] = []
  /** Deaths whose successor has died as well: a death has one. */
  const followed = new WeakSet<ChainedDeath>()
  let hasCycle = false

  const add: DeathChain['add'] = (death, birth, windowMsOf) => {
    const open = deaths.filter(first => !followed.has(first) && death.at - first.at <= windowMsOf(first, death))
    const cycles =
      death.kill.workload.runsJobs || isNextRun(death, open)
        ? ofJobs(death, open, birth, hasCycle)
        : (byEvidence(death, open, birth) ?? byName(death, open, hasCycle))
    for (const { first } of cycles) followed.add(first)
    hasCycle ||= cycles.length > 0
    // Kept is what may still be followed, and the newest, whose event may have more victims: a loop needs no more.
    const newest = deaths.length - keptEvents
    const isUseful = (first: ChainedDeath) => !followed.has(first) && death.at - first.at <= windowMsOf(first, first)
    deaths = [...deaths.filter((first, index) => index > newest || isUseful(first)), death].slice(-keptDeaths)
    return cycles
  }

  const join = (kill: AttributedKill): boolean => {
    const death = deaths.findLast(known => known.kill.kill.event === kill.kill.event)
    if (!death) return false
    if (death.pids.length < keptDeaths && !death.pids.includes(kill.kill.pid)) death.pids.push(kill.kill.pid)
    return true
  }

  return {
    get deaths() {
      return deaths
    },
    add,
    join,
  }
}

// At most this many slots of a pool of workers are distinguished.
const keptDeaths = 64
const keptEvents = 4

/** undefined where no evidence says anything of any of them: then names may. */
function byEvidence(
  death: ChainedDeath,
  open: readonly ChainedDeath[],
  birth: Birth | undefined,
): readonly Cycle[] | undefined {
  const replaced = birth?.replaces?.kill.event
  const known = replaced === undefined ? undefined : open.find(({ kill }) => kill.kill.event === replaced)
  if (known && birth) {
    const order = birthOrder(death, known)
    if (order !== 'before') return [cycle(known, death, order === 'unknown' ? birth.certainty : order, birth)]
  }
  let isKnown = false
  let found: { first: ChainedDeath; order: CycleCertainty } | undefined
  for (const first of open) {
    const order = birthOrder(death, first)
    if (order === 'unknown') continue
    isKnown = true
    if (order === 'before') continue
    // The newest; but another pod's or container's death only where the own one has none to follow.
    if (!found || isNearer(death, first, found.first)) found = { first, order }
  }
  if (found) return [cycle(found.first, death, found.order, birth)]
  return isKnown ? [] : undefined
}

/**
 * Where jobs of others run, two of one name, each killed once, are two jobs. It is a loop where one supervisor was seen to
 * start the program again, or at the third death; what a daemon of the node starts (a shim, a worker) is never one by name.
 */
function ofJobs(
  death: ChainedDeath,
  open: readonly ChainedDeath[],
  birth: Birth | undefined,
  isLooping: boolean,
): readonly Cycle[] {
  const replaced = birth?.replaces?.kill.event
  const known = replaced === undefined ? undefined : open.find(({ kill }) => kill.kill.event === replaced)
  if (known && birth && !isOtherRun(death, known) && birthOrder(death, known) !== 'before')
    return [cycle(known, death, birth.certainty, birth)]
  const [before, last] = [open.at(-2), open.at(-1)]
  if (isOfDaemon(death.kill.workload) || !last || !follows(death, last, open)) return []
  if (isLooping) return [cycle(last, death, 'name-only', undefined)]
  if (!before || !follows(last, before, open.slice(0, -1))) return []
  return [cycle(before, last, 'name-only', undefined), cycle(last, death, 'name-only', undefined)]
}

/** The next run of a CronJob is due in any case: it is not the last one restarted. */
function isNextRun(death: ChainedDeath, open: readonly ChainedDeath[]): boolean {
  return open.length > 0 && open.every(first => isOtherRun(death, first))
}

function isOtherRun({ kill: { workload: next } }: ChainedDeath, { kill: { workload: last } }: ChainedDeath): boolean {
  return next.owner?.kind === 'CronJob' && runOf(next) !== runOf(last)
}

function runOf({ pod }: Workload): string | undefined {
  return pod?.replace(/-[a-z0-9]{5}$/, '')
}

function follows(second: ChainedDeath, first: ChainedDeath, open: readonly ChainedDeath[]): boolean {
  const order = birthOrder(second, first)
  return order === 'unknown' ? namePredecessors(second, open, false) > 0 : order !== 'before'
}

function isNearer(death: ChainedDeath, first: ChainedDeath, than: ChainedDeath): boolean {
  return nearness(death.kill, first.kill) >= nearness(death.kill, than.kill)
}

function nearness({ workload, ppid }: RememberedKill, { workload: other, ppid: otherPpid }: RememberedKill): number {
  if (workload.podUid !== other.podUid) return 0
  if (workload.containerId !== other.containerId) return 1
  return ppid !== null && ppid === otherPpid ? 3 : 2
}

function byName(death: ChainedDeath, open: readonly ChainedDeath[], isLooping: boolean): readonly Cycle[] {
  const predecessors = namePredecessors(death, open, isLooping)
  const chain = [...open.slice(open.length - predecessors), death]
  return chain.slice(1).map((second, index) => cycle(chain[index]!, second, 'name-only', undefined))
}

function cycle(first: ChainedDeath, second: ChainedDeath, certainty: CycleCertainty, birth: Birth | undefined): Cycle {
  const { bornAt } = second.kill
  return {
    first,
    second,
    certainty,
    respawnedBy: birth && birth.respawnedBy !== 'unknown' ? birth.respawnedBy : respawnerOf(second.kill, first.kill),
    gapMs: bornAt === null ? null : Math.max(0, bornAt - first.kill.at),
  }
}

/** What restarts it, as far as the two places show. */
function respawnerOf({ workload: next }: RememberedKill, { workload: last }: RememberedKill): RespawnedBy {
  if (next.podUid !== null && last.podUid !== null) {
    if (next.podUid !== last.podUid) return 'controller'
    if (next.containerId !== null && last.containerId !== null)
      return next.containerId === last.containerId ? 'supervisor' : 'kubelet'
  }
  return next.unit !== null && next.unit === last.unit && next.podUid === null ? 'systemd' : 'unknown'
}
