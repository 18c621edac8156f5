import type { CoreEvent, Coverage, Observation } from '../types.ts'

/** Reconciles what was seen with the kernel's own counter (/proc/vmstat oom_kill). */
export interface CoverageCount {
  readonly observe: (observation: Observation, events: readonly CoreEvent[]) => void
  readonly now: () => Coverage
}

export function createCoverage(): CoverageCount {
  return { observe: () => {}, now: () => ({ counted: null, seen: 0, attributed: 0, lostRecords: 0 }) }
}
