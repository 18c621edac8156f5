import { type AgentImpairedFacts, agentImpaired } from './agent-impaired.ts'
import type { VerdictDescriptor } from './descriptor.ts'
import { type MemoryExhaustionFacts, memoryExhaustion } from './memory-exhaustion.ts'
import { type MemoryLeakFacts, memoryLeak } from './memory-leak.ts'
import { type NodeDaemonKilledFacts, nodeDaemonKilled } from './node-daemon-killed.ts'
import { type OomStormFacts, oomStorm } from './oom-storm.ts'
import { type RespawnLoopFacts, respawnLoop } from './respawn-loop.ts'

/**
 * Every verdict with its facts. To add one: its detector (listed in detect/detectors.ts), its descriptor (listed here)
 * and its messages (`verdicts` of each catalogue). Types, settings, formats and schemas follow from this list.
 */
export interface VerdictFacts {
  'memory-exhaustion': MemoryExhaustionFacts
  'respawn-loop': RespawnLoopFacts
  'oom-storm': OomStormFacts
  'node-daemon-killed': NodeDaemonKilledFacts
  'memory-leak': MemoryLeakFacts
  'agent-impaired': AgentImpairedFacts
}

export type VerdictType = keyof VerdictFacts

export const verdicts: { readonly [Type in VerdictType]: VerdictDescriptor<VerdictFacts[Type]> } = {
  'memory-exhaustion': memoryExhaustion,
  'respawn-loop': respawnLoop,
  'oom-storm': oomStorm,
  'node-daemon-killed': nodeDaemonKilled,
  'memory-leak': memoryLeak,
  'agent-impaired': agentImpaired,
}

/** In the order of the table. */
export const verdictTypes = Object.keys(verdicts) as readonly VerdictType[]
