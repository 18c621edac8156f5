import type { CommonFacts, VerdictDescriptor } from './descriptor.ts'

export interface AgentImpairedFacts extends CommonFacts {
  /** Sources that are down. */
  readonly sourcesDown: readonly string[]
  /** Kernel records lost in this episode. */
  readonly lostRecords: number
  /** Kills that the kernel counted and no source has shown within 30s, in this episode. */
  readonly unseenKills: number
  /** The agent is itself among the next victims. */
  readonly isNextVictim: boolean
}

export const agentImpaired: VerdictDescriptor<AgentImpairedFacts> = {
  alertName: 'OomloopAgentImpaired',
  eventReason: 'OomloopImpaired',
  severities: ['warning'],
  scopeOf: () => 'agent',
}
