import type { HoldObservation } from '../../types.ts'

/** How much of the time containers wait for memory because they are held. */
interface HeldPressure {
  readonly observe: (observation: HoldObservation) => void
  /** Share of wall time, 0 to 1; 0 where nothing was reported lately. */
  readonly ratio: (at: number) => number
}

const staleMs = 5000

/**
 * A task that `memory.high` throttles sleeps in the kernel and counts as stalled on memory, in its cgroup and in the whole
 * node's figures: on an idle node these read 100 % while nothing but the held container waits. What the held containers
 * report is taken off. The sum of several is an upper bound: who else waits still shows in faults, read back and disk.
 */
export function createHeldPressure(): HeldPressure {
  const before = new Map<string, { readonly at: number; readonly throttledUs: number }>()
  let latest = { at: Number.NEGATIVE_INFINITY, ratio: 0 }

  return {
    observe: ({ at, held }) => {
      let ratio = 0
      for (const { cgroup, since, throttledUs } of held) {
        const known = before.get(cgroup) ?? { at: since, throttledUs: 0 }
        if (at > known.at) ratio += Math.max(0, throttledUs - known.throttledUs) / ((at - known.at) * 1000)
        before.set(cgroup, { at, throttledUs })
      }
      for (const cgroup of before.keys()) if (!held.some(each => each.cgroup === cgroup)) before.delete(cgroup)
      latest = { at, ratio: Math.min(1, ratio) }
    },
    ratio: at => (at - latest.at <= staleMs && at >= latest.at ? latest.ratio : 0),
  }
}
