import type { AttributedKill, Birth, CycleCertainty, RespawnedBy } from '../types.ts'
import { birthOrder, type Death } from './birth-order.ts'
import { nameForerunners } from './name-order.ts'

/** A death, a birth after it, and the death of what was born. */
export interface Cycle {
  readonly first: Death
  readonly second: Death
  readonly certainty: CycleCertainty
  readonly respawnedBy: RespawnedBy
  /** From the death to the birth after it; null where the birth was not seen. */
  readonly gapMs: number | null
}

/** The deaths of one workload, and which of them followed which. */
export interface Generations {
  readonly deaths: readonly Death[]
  /** Takes a death and returns the cycles that it completes: one; several where names alone proved them late. */
  readonly add: (death: Death, birth: Birth | undefined, windowMsOf: (a: Death, b: Death) => number) => readonly Cycle[]
  /** One more victim of a death that is known. */
  readonly join: (kill: AttributedKill) => boolean
}

export function createGenerations(): Generations {
  let deaths: Death[] = []
  /** Deaths whose successor has died as well: a death has one. */
  const followed = new WeakSet<Death>()
  let hasCycle = false

  const add: Generations['add'] = (death, birth, windowMsOf) => {
    const open = deaths.filter(first => !followed.has(first) && death.at - first.at <= windowMsOf(first, death))
    const cycles = byEvidence(death, open, birth) ?? byName(death, open, hasCycle)
    for (const { first } of cycles) followed.add(first)
    hasCycle ||= cycles.length > 0
    // Kept is what may still be followed, and the newest, whose event may have more victims: a loop needs no more.
    const newest = deaths.length - keptEvents
    const isUseful = (first: Death) => !followed.has(first) && death.at - first.at <= windowMsOf(first, first)
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

// A pool of workers has this many slots at most that are told apart.
const keptDeaths = 64
const keptEvents = 4

/** undefined where no evidence says anything of any of them: then names may. */
function byEvidence(death: Death, open: readonly Death[], birth: Birth | undefined): readonly Cycle[] | undefined {
  const replaced = birth?.replaces?.kill.event
  const known = replaced === undefined ? undefined : open.find(({ kill }) => kill.kill.event === replaced)
  if (known && birth) {
    const order = birthOrder(death, known)
    if (order !== 'before') return [cycle(known, death, order === 'unknown' ? birth.certainty : order, birth)]
  }
  let isKnown = false
  let found: { first: Death; order: CycleCertainty } | undefined
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

function isNearer(death: Death, first: Death, than: Death): boolean {
  return nearness(death.kill, first.kill) >= nearness(death.kill, than.kill)
}

function nearness({ workload, ppid }: AttributedKill, { workload: other, ppid: otherPpid }: AttributedKill): number {
  if (workload.podUid !== other.podUid) return 0
  if (workload.containerId !== other.containerId) return 1
  return ppid !== null && ppid === otherPpid ? 3 : 2
}

function byName(death: Death, open: readonly Death[], isLooping: boolean): readonly Cycle[] {
  const forerunners = nameForerunners(death, open, isLooping)
  const chain = [...open.slice(open.length - forerunners), death]
  return chain.slice(1).map((second, index) => cycle(chain[index]!, second, 'name-only', undefined))
}

function cycle(first: Death, second: Death, certainty: CycleCertainty, birth: Birth | undefined): Cycle {
  const { bornAt } = second.kill
  return {
    first,
    second,
    certainty,
    respawnedBy: birth && birth.respawnedBy !== 'unknown' ? birth.respawnedBy : respawnerOf(second.kill, first.kill),
    gapMs: bornAt === null ? null : Math.max(0, bornAt - first.kill.at),
  }
}

/** Who brings it back, as far as the two places tell. */
function respawnerOf({ workload: next }: AttributedKill, { workload: last }: AttributedKill): RespawnedBy {
  if (next.podUid !== null && last.podUid !== null) {
    if (next.podUid !== last.podUid) return 'controller'
    if (next.containerId !== null && last.containerId !== null)
      return next.containerId === last.containerId ? 'supervisor' : 'kubelet'
  }
  return next.unit !== null && next.unit === last.unit && next.podUid === null ? 'systemd' : 'unknown'
}
