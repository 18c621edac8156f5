import { leakScenarios } from './leaks.ts'
import { loopScenarios } from './loops.ts'
import { nodeScenarios } from './nodes.ts'
import { quietScenarios } from './quiet.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [...quietScenarios, ...loopScenarios, ...nodeScenarios, ...leakScenarios]
