import type { Scenario } from './scenario.ts'
export const nodeScenarios: readonly Scenario[] = []
