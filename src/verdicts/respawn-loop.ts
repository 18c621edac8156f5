import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

/** Who ends a workload for memory when the kernel does not. `unknown`: inferred, and no log says it. */
export type OtherKiller =
  | 'kubelet-eviction'
  | 'systemd-oomd'
  | 'earlyoom'
  | 'nohang'
  | 'oomd'
  | 'lmkd'
  | 'talos'
  | 'unknown'

/** The figures of a loop are in `Verdict.loop`. */
export interface RespawnLoopFacts extends CommonFacts {
  /** Which program kills or evicts it, where it is not the kernel. */
  readonly endedBy?: OtherKiller
  /** What is known of the deaths comes from lines that any user can write. */
  readonly isUnverified?: boolean
}

export const respawnLoop: VerdictDescriptor<RespawnLoopFacts> = {
  alertName: 'OomloopRespawnLoop',
  eventReason: 'OOMLoop',
  severities: ['info', 'warning', 'critical'],
  // At its own limit it is the workload's matter.
  scopeOf: ({ isNodeLevelLoop }) => (isNodeLevelLoop ? 'node' : 'workload'),
}
