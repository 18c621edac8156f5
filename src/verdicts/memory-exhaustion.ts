import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

export type MemoryExhaustionFacts = NodeShortageFacts | SharedLimitFacts | EndedByOtherFacts

/** The node, or all its pods together, run out of memory. */
export interface NodeShortageFacts extends CommonFacts {
  readonly about: 'node'
  /** Node-level OOM kills since it began. */
  readonly nodeLevelKills: number
  /** Which limit is the tightest; null where nothing is sampled. */
  readonly bottleneck: 'node' | 'kubepods' | 'numa' | null
}

/** The limit of a slice was reached: what lives below it is short of memory, and the node is not. */
export interface SharedLimitFacts extends CommonFacts {
  readonly about: 'slice'
  /** The slice's cgroup, such as `/system.slice`. */
  readonly path: string
  readonly limitKiB: number | null
}

/** A large process ended in a shortage, and the kernel did not kill it. */
export interface EndedByOtherFacts extends CommonFacts {
  readonly about: 'workload'
  readonly pid: number
  readonly comm: string
  readonly rssKiB: number
  /** When the process began, ms since the epoch; null where the time of the boot is not known. */
  readonly bornAt: number | null
}

export const memoryExhaustion: VerdictDescriptor<MemoryExhaustionFacts> = {
  alertName: 'OomloopMemoryExhaustion',
  eventReason: 'MemoryExhaustion',
  severities: ['info', 'warning', 'critical'],
  scopeOf: ({ facts }) => (facts.about === 'node' ? 'node' : 'workload'),
}
