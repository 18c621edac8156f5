import type { HeldCgroup, Observation, ReleasedCgroup } from '../types.ts'
import { savedKiB } from './level.ts'

/** Held containers, from the responses of the hold process. */
interface HeldView {
  readonly held: readonly HeldCgroup[]
  /** Released during the last ten minutes, the latest last. */
  readonly released: readonly ReleasedCgroup[]
  /** How many there were since the start. */
  readonly releases: number
}

interface MutableHeldView extends HeldView {
  readonly observe: (observation: Observation) => void
}

const keptMs = 10 * 60_000

export function createHeldView(): MutableHeldView {
  let held: readonly HeldCgroup[] = []
  let released: readonly ReleasedCgroup[] = []
  let releases = 0
  return {
    get held() {
      return held
    },
    get released() {
      return released
    },
    get releases() {
      return releases
    },
    observe: observation => {
      if (observation.kind !== 'hold') return
      // The answer lists the latest releases each time.
      const isNew = ({ at, cgroup }: ReleasedCgroup) =>
        held.some(each => each.cgroup === cgroup && each.since <= at) &&
        !observation.held.some(each => each.cgroup === cgroup)
      releases += observation.released.filter(isNew).length
      held = observation.held
      released = observation.released.filter(({ at }) => observation.at - at < keptMs)
    },
  }
}

/** A held container with what holding it has saved until now. */
export function heldOf(held: HeldCgroup, now: number): HeldCgroup & { readonly savedKiB: number } {
  const { since, growthKiBPerSecond, startKiB, currentKiB } = held
  const seconds = Math.max(0, now - since) / 1000
  return { ...held, savedKiB: savedKiB({ seconds, growthKiBPerSecond, grewKiB: currentKiB - startKiB }) }
}
