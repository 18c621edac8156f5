/* What a verdict is, apart from how it is detected. One file a verdict; verdicts.ts lists them. */

export type Severity = 'info' | 'warning' | 'critical'

/** What a verdict is about: the node's memory as a whole, one workload, or the agent itself. */
export type VerdictScope = 'node' | 'workload' | 'agent'

/** Figures that any verdict may carry; a verdict's own facts extend it. */
export interface CommonFacts {
  /** OOM events so far; one event may kill several processes. */
  readonly events?: number
  /** Processes killed so far. */
  readonly kills?: number
}

/** What a scope is decided by. */
interface ScopeInput<Facts> {
  readonly facts: Facts
  /** The loop is the node's: its kills were node-level. */
  readonly isNodeLevelLoop: boolean
  /** The kill that the verdict is about was node-level; null where there is none. */
  readonly isNodeLevelKill: boolean | null
}

export interface VerdictDescriptor<Facts extends CommonFacts> {
  /** Name of the alert in Alertmanager. */
  readonly alertName: string
  /** Reason of its Kubernetes Events. */
  readonly eventReason: string
  /** Severities that the verdict can have, lowest first. */
  readonly severities: readonly Severity[]
  readonly scopeOf: (verdict: ScopeInput<Facts>) => VerdictScope
}
