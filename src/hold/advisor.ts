import type { CgroupSamples, Workload, World } from '../types.ts'
import { chooseTargets, type HoldChoice } from './choose.ts'
import { createGrowthTracker } from './growth.ts'

/** Selects containers to hold, by their growth. With `hold: off` it follows nothing. */
export interface HoldAdvisor {
  readonly observe: (observation: CgroupSamples, world: World) => void
  readonly choose: (world: World) => HoldChoice
  /** Its pod is terminating. */
  readonly isTerminating: (workload: Workload) => boolean
}

export function createHoldAdvisor(isTerminating: (workload: Workload) => boolean): HoldAdvisor {
  const growth = createGrowthTracker()
  return {
    observe: (observation, { settings }) => {
      if (settings.hold !== 'off') growth.observe(observation)
    },
    choose: world => chooseTargets({ growths: growth.now(world.now), world, isTerminating }),
    isTerminating,
  }
}
