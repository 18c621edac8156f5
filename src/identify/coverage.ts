import type { CoreEvent, Coverage, Observation } from '../types.ts'

/** Compares the kills that were seen with the kernel's own counter (/proc/vmstat oom_kill). */
interface CoverageCount {
  readonly observe: (observation: Observation, events: readonly CoreEvent[]) => void
  readonly now: () => Coverage
  readonly save: () => CoverageMemory
}

/** What a restart of the agent needs of it, as plain JSON. */
interface CoverageMemory {
  readonly total: number | null
  readonly counted: number
  /** Of those, how many were counted because they were seen, in advance of the next reading. */
  readonly countedAhead: number
  readonly seen: number
  readonly attributed: number
  readonly lostRecords: number
}

/**
 * Counts both over one interval: from the first reading of the counter to the newest kill that was seen. The kernel
 * counts a kill (since Linux 4.13) before it logs it, so a kill that was seen after the last reading is counted with it,
 * and one that is counted and not yet seen is normal for a moment; what stays apart is what the log has lost. Kills of
 * the backlog from before the watch are left out on both sides. Inside a nested container the counter is the whole
 * machine's and the kills are not: there is nothing to compare.
 */
export function createCoverage(): CoverageCount {
  let total: number | null = null
  let counted = 0
  let seen = 0
  let attributed = 0
  let lostRecords = 0
  let isPart = false
  /** The first reading of this run; older backlog does not count. */
  let watchedFrom = Infinity
  /**
   * Kills that were counted at the last reading and not seen by then. Kills that are seen right after it are among
   * them.
   */
  let unseen = 0
  let readAt = -Infinity
  /** Seen since the last reading, and counted in advance of the next. */
  let countedAhead = 0
  /** When the newest of these were killed. */
  let aheadAt: readonly number[] = []

  const reconcile = (now: number, at: number): void => {
    // Kills that were seen before the first reading are included in it, because the counter moves first.
    if (total === null) {
      counted = Math.max(counted, seen)
      countedAhead = 0
    } else {
      // It never goes back while a node is up. If it does, this is another boot.
      const newKills = now >= total ? now - total : now
      // A starved agent takes in a reading after kills that are younger than the reading, which therefore lacks them.
      const younger = aheadAt.filter(killedAt => killedAt > at).length
      const stillAhead = Math.min(younger, Math.max(0, countedAhead - newKills))
      counted = Math.max(seen, counted - countedAhead + newKills + stillAhead)
      countedAhead = stillAhead
    }
    aheadAt = countedAhead === 0 ? [] : aheadAt.slice(-countedAhead)
    total = now
    watchedFrom = Math.min(watchedFrom, at)
    unseen = counted - seen
    readAt = at
  }

  const see = (at: number, isAttributed: boolean): void => {
    seen++
    if (isAttributed) attributed++
    if (total === null) return
    if (unseen > 0 && at - readAt <= lateMs) unseen--
    else {
      counted++
      countedAhead++
      aheadAt = [...aheadAt.slice(1 - keptAhead), at]
    }
  }

  const restore = (memory: unknown): void => {
    const { coverage } = memory as { readonly coverage?: Partial<CoverageMemory> | null }
    const count = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : 0)
    if (typeof coverage !== 'object' || coverage === null) return
    total = typeof coverage.total === 'number' ? coverage.total : null
    counted = count(coverage.counted)
    seen = count(coverage.seen)
    attributed = count(coverage.attributed)
    lostRecords = count(coverage.lostRecords)
    countedAhead = count(coverage.countedAhead)
    aheadAt = []
    unseen = 0
    // What the log holds of the time between the two runs was counted in it.
    watchedFrom = -Infinity
  }

  return {
    observe: (observation, events) => {
      if (observation.kind === 'host') isPart = (observation.host.ownSubtree ?? '/') !== '/'
      if (observation.kind === 'resume') restore(observation.memory)
      if (observation.kind === 'lost') lostRecords += observation.records
      if (observation.kind === 'memory' && observation.vmstat.oom_kill !== undefined) {
        reconcile(observation.vmstat.oom_kill, observation.at)
      }
      for (const event of events) {
        if (event.kind !== 'kill') continue
        if (event.kill.kill.estimated && event.at < watchedFrom) continue
        see(event.at, event.kill.attributed)
      }
    },
    now: () => ({ counted: total === null || isPart ? null : counted, seen, attributed, lostRecords }),
    save: () => ({ total, counted, countedAhead, seen, attributed, lostRecords }),
  }
}

/** A reading is made each second; a flood of kills is more than what is young. */
const keptAhead = 64
/** The kernel's line and its counter are read by different sources within a second or two. */
const lateMs = 2_000
