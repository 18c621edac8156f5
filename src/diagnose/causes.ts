import type { Cause } from '../types.ts'
import { evictionTooLow } from './cause/eviction.ts'
import type { FindCause, Finding } from './cause/finding.ts'
import { fragmentation } from './cause/fragmentation.ts'
import { futileVictim } from './cause/futile-victim.ts'
import { growingWorkload } from './cause/growing-workload.ts'
import { highBaseline } from './cause/high-baseline.ts'
import { hugepagesOrBalloon } from './cause/hugepages-balloon.ts'
import { kernelMemory } from './cause/kernel-memory.ts'
import { limitsOverAllocatable } from './cause/limits-over-allocatable.ts'
import { logAlone } from './cause/log-alone.ts'
import { noRequestOrLimit } from './cause/no-request-or-limit.ts'
import { noRoomToEnd } from './cause/no-room-to-end.ts'
import { ownLimitTooLow } from './cause/own-limit.ts'
import { podsAtTheirLimit } from './cause/pods-at-their-limit.ts'
import { reservationTooSmall } from './cause/reservation.ts'
import { sharedMemory } from './cause/shared-memory.ts'
import { swapSettings } from './cause/swap.ts'
import { terminatingPodGrows } from './cause/terminating-pod.ts'
import { unprotectedDaemons } from './cause/unprotected-daemons.ts'
import type { Scene } from './scene.ts'

/** Every cause that oomloop knows. A new one is a file in `cause/` and a line here. */
export const causes: readonly FindCause[] = [
  reservationTooSmall,
  podsAtTheirLimit,
  evictionTooLow,
  limitsOverAllocatable,
  noRequestOrLimit,
  highBaseline,
  terminatingPodGrows,
  growingWorkload,
  unprotectedDaemons,
  ownLimitTooLow,
  sharedMemory,
  kernelMemory,
  hugepagesOrBalloon,
  fragmentation,
  swapSettings,
  noRoomToEnd,
  futileVictim,
  logAlone,
]

/** What is the matter, what to change first on top. */
export function diagnose(scene: Scene): readonly Finding[] {
  return causes
    .map(find => find(scene))
    .filter(finding => finding !== null)
    .sort((a, b) => b.weight - a.weight)
}

/** From here on a cause is to be mended before something happens; below it is advice. */
export const mendWeight = 70

/** As an alert publishes it. */
export function published({ code, evidence, why, remedy }: Finding): Cause {
  return { code, evidence, why, remedy }
}
