import type { Scenario } from './scenario.ts'
export const loopScenarios: readonly Scenario[] = []
