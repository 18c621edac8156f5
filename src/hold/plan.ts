import { defaultThresholds } from '../detect/memory/thresholds.ts'
import type { HeldCgroup, World } from '../types.ts'
import type { HoldTarget } from './choose.ts'
import type { AskedReason } from './protocol.ts'

/** Requests of the agent to the hold process. */
interface HoldPlan {
  readonly hold: readonly HoldTarget[]
  readonly release: readonly { readonly cgroup: string; readonly why: AskedReason }[]
  /** Something is held, or asked for: the lease has to be renewed. */
  readonly isActive: boolean
}

/**
 * Seconds until the memory is gone, by the slower of both slopes. A held container still grows by 5 to 10% of its size before
 * throttling stops it. On a node with little page cache, the verdict comes too late for that.
 */
const emptySeconds = 60

/** Headroom must have recovered for this long before a release, because growth may only pause. */
const backMs = 60_000

interface HoldPlanner {
  readonly plan: (input: {
    readonly world: World
    /** The node runs out of memory, by the verdict. */
    readonly isExhausted: boolean
    /** What is chosen may be held. */
    readonly mayHold: boolean
    /** Chosen now; empty where there is no evidence. */
    readonly targets: () => readonly HoldTarget[]
    readonly held: readonly HeldCgroup[]
    readonly isTerminating: (cgroup: string) => boolean
  }) => HoldPlan
}

/** Decides when to hold and when to release: by headroom, the verdict, and who is terminating. */
export function createHoldPlanner(): HoldPlanner {
  let backSince: number | null = null

  return {
    plan: ({ world, isExhausted, mayHold, targets, held, isTerminating }) => {
      const ratio = world.memory.headroom?.ratio
      const isBack = ratio !== undefined && ratio >= defaultThresholds.depletingHeadroomRatio
      const now = world.steadyNow
      backSince = isBack ? (backSince ?? now) : null
      const terminating = held.filter(({ cgroup }) => isTerminating(cgroup))
      const release = terminating.map(({ cgroup }) => ({ cgroup, why: 'terminating' as const }))
      if (backSince !== null && now - backSince >= backMs) {
        const others = held.filter(each => !terminating.includes(each))
        const all = [...release, ...others.map(({ cgroup }) => ({ cgroup, why: 'headroom' as const }))]
        return { hold: [], release: all, isActive: held.length > 0 }
      }
      const wanted = mayHold && !isBack && (isExhausted || isEmptySoon(world)) ? targets() : []
      const hold = wanted.filter(({ cgroup }) => !held.some(each => each.cgroup === cgroup))
      return { hold, release, isActive: held.length > 0 || hold.length > 0 }
    },
  }
}

/** Little is left, and it shrinks so fast that it is gone before a person can act: before any verdict says so. */
function isEmptySoon({ memory: { headroom, signals } }: World): boolean {
  const latest = signals?.emptyInSeconds?.[1]
  return headroom !== null && latest !== undefined && latest < emptySeconds
}
