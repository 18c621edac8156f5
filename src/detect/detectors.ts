import type { Detector } from '../types.ts'
import { createAgentImpaired } from './agent-impaired.ts'
import { createKilledElsewhere } from './killed-elsewhere.ts'
import { createMemoryExhaustion } from './memory-exhaustion.ts'
import { createNodeDaemonKilled } from './node-daemon-killed.ts'
import { createOomStorm } from './oom-storm.ts'
import { createRespawnLoop } from './respawn-loop.ts'

/** Every verdict, in the order in which they are asked. A new verdict is a new file and a line here. */
export function createDetectors(): readonly Detector[] {
  return [
    createMemoryExhaustion(),
    createNodeDaemonKilled(),
    createRespawnLoop(),
    createOomStorm(),
    createKilledElsewhere(),
    createAgentImpaired(),
  ]
}
