import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

export interface OomStormFacts extends CommonFacts {
  readonly events: number
  readonly kills: number
  /** From the first event to the latest, ms. */
  readonly spanMs: number
}

export const oomStorm: VerdictDescriptor<OomStormFacts> = {
  alertName: 'OomloopOomStorm',
  eventReason: 'OOMStorm',
  severities: ['critical'],
  scopeOf: () => 'node',
}
