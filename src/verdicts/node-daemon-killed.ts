import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

export interface NodeDaemonKilledFacts extends CommonFacts {
  /** How often this daemon was killed since it began. */
  readonly kills: number
}

export const nodeDaemonKilled: VerdictDescriptor<NodeDaemonKilledFacts> = {
  alertName: 'OomloopNodeDaemonKilled',
  eventReason: 'NodeDaemonOOMKilled',
  severities: ['critical'],
  // A daemon that reaches the limit of its own unit says nothing of the node's memory.
  scopeOf: ({ isNodeLevelKill }) => (isNodeLevelKill === false ? 'workload' : 'node'),
}
