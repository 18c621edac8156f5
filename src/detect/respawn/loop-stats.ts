import type { AttributedKill, CycleCertainty, Loop, RespawnedBy, World } from '../../types.ts'
import type { Cycle } from './death-chains.ts'

/** What is counted of one workload's loop, from the first death that a cycle began with. */
export interface LoopStats {
  /** Takes one death, `now` by the steady clock. */
  readonly kill: (kill: AttributedKill, now: number) => void
  /** Takes another victim of the last death: one decision of the kernel kills a whole group. */
  readonly member: (kill: AttributedKill) => void
  readonly cycle: (cycle: Cycle) => void
  /** Looks back at the newest kill once ten seconds have passed; true where that changed a figure. */
  readonly settle: (world: World, now: number) => boolean
  readonly hasCycle: () => boolean
  /** Median of the last five periods, ms. */
  readonly periodMs: () => number | null
  readonly isNodeLevel: () => boolean
  /** No cycle is known but by victims whose workload is a guess. */
  readonly isGuess: () => boolean
  /** When the first cycle was completed. */
  readonly loopingSince: () => number
  readonly loop: (chronicMs: number) => Loop
}

export function createLoopStats(): LoopStats {
  let kills = 0
  let respawns = 0
  let pids: number[] = []
  let periods: number[] = []
  let longestMs: number | null = null
  let firstKillAt = 0
  let loopingSince = 0
  let lastKillAt = 0
  let lastLifetimeMs: number | null = null
  let yieldKiB: number | null = null
  let regainedKiB: number | null = null
  let certainty: CycleCertainty = 'name-only'
  let respawnedBy: RespawnedBy = 'unknown'
  let nodeLevel = false
  let isProven = false
  let unsettled: { readonly at: number; readonly beforeKiB: number; readonly since: number } | null = null

  const keepPid = ({ kill: { pid } }: AttributedKill): void => {
    pids = [...pids.filter(known => known !== pid), pid].slice(-keptPids)
  }

  return {
    kill: (kill, now) => {
      if (kills === 0) firstKillAt = kill.at
      kills++
      lastKillAt = kill.at
      keepPid(kill)
      // A fast loop settles the kill of ten seconds ago and not, for ever, the next.
      const { at, availableBeforeKiB: beforeKiB } = kill
      unsettled ??= beforeKiB === null ? null : { at, beforeKiB, since: now }
    },
    member: keepPid,
    cycle: ({ first, second, certainty: its, respawnedBy: who }) => {
      if (respawns === 0) loopingSince = second.kill.at
      respawns++
      const periodMs = second.at - first.at
      periods = [...periods, periodMs].slice(-keptPeriods)
      longestMs = Math.max(longestMs ?? 0, periodMs)
      lastLifetimeMs = second.kill.bornAt === null ? null : Math.max(0, second.kill.at - second.kill.bornAt)
      yieldKiB = difference(second.kill.availableBeforeKiB, first.kill.availableBeforeKiB)
      // One cycle that is certain proves the loop.
      if (rank[its] > rank[certainty]) certainty = its
      if (who !== 'unknown') respawnedBy = who
      nodeLevel = first.kill.nodeLevel && second.kill.nodeLevel
      isProven ||= [first, second].every(({ kill }) => kill.workload.certainty !== 'guess')
    },
    settle: ({ memory }, now) => {
      if (!unsettled || now < unsettled.since + settleMs) return false
      const { at, beforeKiB } = unsettled
      const regained = difference(memory.availableKiBAt(at + settleMs), beforeKiB)
      unsettled = null
      const isNew = regained !== null && regained !== regainedKiB
      regainedKiB = regained ?? regainedKiB
      return isNew
    },
    hasCycle: () => respawns > 0,
    periodMs: () => median(periods.slice(-5)),
    isNodeLevel: () => nodeLevel,
    isGuess: () => !isProven,
    loopingSince: () => loopingSince,
    loop: chronicMs => ({
      kills,
      respawns,
      pids,
      firstKillAt,
      lastKillAt,
      medianPeriodSeconds: seconds(median(periods)),
      longestPeriodSeconds: seconds(longestMs),
      lastLifetimeSeconds: seconds(lastLifetimeMs),
      yieldKiB,
      regainedKiB,
      certainty,
      chronic: lastKillAt - firstKillAt >= chronicMs,
      nodeLevel,
      respawnedBy,
    }),
  }
}

const keptPids = 10
const keptPeriods = 20
// What was available ten seconds after a kill is what the kill was worth (the words of the design).
const settleMs = 10_000

const rank: Readonly<Record<CycleCertainty, number>> = { 'name-only': 0, 'same-pod': 1, seen: 2 }

function difference(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 100) / 10
}
