import type { Verdict } from '../../types.ts'
import type { MemoryLeakFacts } from '../../verdicts/memory-leak.ts'

/** A workload that leaks, and when the node runs out of memory: as status, metrics and views show it. */
export interface LeakOutlook extends MemoryLeakFacts {
  readonly workload: string
}

/** The leak that uses up the node first; null: none is detected. */
export function firstLeak(verdicts: readonly Verdict[]): LeakOutlook | null {
  const leaks = verdicts.flatMap(verdict => (verdict.type === 'memory-leak' ? [verdict] : []))
  const first = leaks.toSorted((a, b) => a.facts.etaSeconds - b.facts.etaSeconds)[0]
  return first ? { workload: first.subject, ...first.facts } : null
}
