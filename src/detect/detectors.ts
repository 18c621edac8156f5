import type { Detector } from '../types.ts'
import { createAgentImpaired } from './agent-impaired.ts'
import { createEndedLoop } from './ended-loop.ts'
import type { LeakForecaster } from './leak/leak-forecast.ts'
import { createMemoryExhaustion } from './memory-exhaustion.ts'
import { createMemoryLeak } from './memory-leak.ts'
import { createNodeDaemonKilled } from './node-daemon-killed.ts'
import { createOomStorm } from './oom-storm.ts'
import { createRespawnLoop } from './respawn-loop.ts'
import { createSharedLimit } from './shared-limit.ts'

/**
 * Every detector, in the order in which they run. A new verdict is a new file and a line here; src/verdicts/ describes
 * it.
 */
export function createDetectors(leaks: LeakForecaster): readonly Detector[] {
  return [
    createMemoryExhaustion(),
    createSharedLimit(),
    createNodeDaemonKilled(),
    createRespawnLoop(),
    createEndedLoop(),
    createOomStorm(),
    createMemoryLeak(leaks),
    createAgentImpaired(),
  ]
}
