import type { CgroupSamples, Workload, World } from '../types.ts'
import { chooseTargets, type HoldChoice } from './choose.ts'
import { createGrowthTracker } from './growth.ts'

/** Which containers to hold, by what was seen of them. With `hold: off` it follows nothing. */
export interface HoldAdvisor {
  readonly observe: (observation: CgroupSamples, world: World) => void
  readonly choose: (world: World) => HoldChoice
  /** Its pod is in its grace period. */
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
