import type { HostFacts, MemoryView, Observation } from '../types.ts'

export interface MutableMemoryView extends MemoryView {
  readonly observe: (observation: Observation, host: HostFacts) => void
}

export function createMemoryView(): MutableMemoryView {
  return {
    latest: null,
    headroom: null,
    stall: null,
    availableKiBAt: () => null,
    cgroup: () => undefined,
    cgroups: () => [],
    history: () => [],
    observe: () => {},
  }
}
