import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

export interface MemoryLeakFacts extends CommonFacts {
  readonly growthKiBPerHour: number
  /** Seconds until the node has no headroom left if it goes on: the estimate, and [soonest, latest]. */
  readonly etaSeconds: number
  readonly etaRangeSeconds: readonly [number, number]
}

export const memoryLeak: VerdictDescriptor<MemoryLeakFacts> = {
  alertName: 'OomloopMemoryLeak',
  eventReason: 'MemoryLeak',
  severities: ['info', 'warning'],
  // Its growth is the workload's matter; the node's begins where memory runs out.
  scopeOf: () => 'workload',
}
