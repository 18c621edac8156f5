import type { CoreEvent, Coverage, Observation } from '../types.ts'

/** Reconciles what was seen with the kernel's own counter (/proc/vmstat oom_kill). */
export interface CoverageCount {
  readonly observe: (observation: Observation, events: readonly CoreEvent[]) => void
  readonly now: () => Coverage
}

/**
 * Counts from the start of the watch. The kernel counts a kill (since Linux 4.13) before it logs it, so a kill that is
 * counted and not yet seen is normal for a moment; what stays apart is what the log has lost. Kills of the backlog are
 * older than the watch and left out on both sides. Inside a nested container the counter is the whole machine's and the
 * kills are not: there is nothing to compare.
 */
export function createCoverage(): CoverageCount {
  let total: number | undefined
  let counted = 0
  let seen = 0
  let attributed = 0
  let lostRecords = 0
  let isPart = false

  const reconcile = (now: number): void => {
    // What was seen before the first reading is in it already: the counter moves first.
    if (total === undefined) counted = seen
    // It never goes back while a node is up; where it does, it is another boot's.
    else counted += now >= total ? now - total : now
    total = now
  }

  return {
    observe: (observation, events) => {
      if (observation.kind === 'host') isPart = (observation.host.ownSubtree ?? '/') !== '/'
      if (observation.kind === 'lost') lostRecords += observation.records
      if (observation.kind === 'memory' && observation.vmstat.oom_kill !== undefined) {
        reconcile(observation.vmstat.oom_kill)
      }
      for (const event of events) {
        if (event.kind !== 'kill' || event.kill.kill.estimated) continue
        seen++
        if (event.kill.attributed) attributed++
      }
    },
    now: () => ({ counted: total === undefined || isPart ? null : counted, seen, attributed, lostRecords }),
  }
}
