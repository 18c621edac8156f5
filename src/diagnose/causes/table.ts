import type { Cause } from '../../types.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { CauseRole, FindCause, Finding } from '../evidence/finding.ts'
import { containerLimit } from './container-limit.ts'
import { eviction } from './eviction.ts'
import { fragmentation } from './fragmentation.ts'
import { growingWorkload } from './growing-workload.ts'
import { highBaseline } from './high-baseline.ts'
import { hugepagesOrBalloon } from './hugepages-balloon.ts'
import { kernelMemory } from './kernel-memory.ts'
import { limitsOverAllocatable } from './limits-over-allocatable.ts'
import { logOnly } from './log-only.ts'
import { noRequestOrLimit } from './no-request-or-limit.ts'
import { noRoomToTerminate } from './no-room-to-terminate.ts'
import { podsAtTheirLimit } from './pods-at-their-limit.ts'
import { reservation } from './reservation.ts'
import { sharedMemory } from './shared-memory.ts'
import { swapSettings } from './swap.ts'
import { terminatingPod } from './terminating-pod.ts'
import { unprotectedDaemons } from './unprotected-daemons.ts'
import { wrongVictim } from './wrong-victim.ts'

/**
 * Every cause that oomloop knows: what finds it, and the weight of each code in each role that it can have. The highest
 * weight comes first in an alert. A new cause is its file, a row here, and its messages.
 */
const table = [
  cause(reservation, { 'reservation-too-small': { leading: 100, contributing: 75 } }),
  cause(podsAtTheirLimit, { 'pods-at-their-limit': { leading: 97 } }),
  cause(eviction, { 'eviction-off': { contributing: 72 }, 'eviction-too-low': { background: 62 } }),
  cause(limitsOverAllocatable, { 'limits-over-allocatable': { leading: 91, contributing: 79, background: 62 } }),
  cause(noRequestOrLimit, { 'no-request-or-limit': { leading: 85, contributing: 70, background: 50 } }),
  cause(highBaseline, { 'high-baseline': { contributing: 73 } }),
  cause(terminatingPod, { 'terminating-pod-grows': { leading: 96 } }),
  cause(growingWorkload, { 'growing-workload': { leading: 94 } }),
  cause(unprotectedDaemons, { 'unprotected-daemons': { leading: 105, contributing: 71 } }),
  cause(containerLimit, { 'own-limit-leak': { leading: 100 }, 'own-limit-too-low': { leading: 100 } }),
  cause(sharedMemory, { 'tmpfs-and-shared-memory': { leading: 112, contributing: 88, background: 60 } }),
  cause(kernelMemory, {
    'kernel-slab': { leading: 110, contributing: 88, background: 58 },
    'page-tables': { leading: 110, contributing: 88, background: 58 },
    'kernel-memory': { leading: 110, contributing: 88, background: 58 },
  }),
  cause(hugepagesOrBalloon, {
    hugepages: { leading: 111, contributing: 76 },
    balloon: { leading: 111, contributing: 80 },
  }),
  cause(fragmentation, { fragmentation: { leading: 98 } }),
  cause(swapSettings, { 'swap-settings': { background: 66 } }),
  cause(noRoomToTerminate, { 'no-room-to-terminate': { background: 56 } }),
  cause(wrongVictim, { 'futile-victim': { leading: 99, contributing: 78 } }),
  cause(logOnly, { 'log-alone': { background: 10 } }),
] as const

/** The code of a cause, as an alert publishes it. */
type CauseCode = CodeOf<(typeof table)[number]>

/** Every code that an alert can carry. */
export const causeCodes: readonly CauseCode[] = table.flatMap(({ weights }) => Object.keys(weights) as CauseCode[])

type Weights = Readonly<Partial<Record<CauseRole, number>>>

interface CauseRow<Code extends string> {
  readonly find: FindCause<Code>
  readonly weights: Readonly<Record<Code, Weights>>
}

type CodeOf<Row> = Row extends CauseRow<infer Code> ? Code : never

function cause<Code extends string>(find: FindCause<Code>, weights: Readonly<Record<Code, Weights>>): CauseRow<Code> {
  return { find, weights }
}

/** All causes that hold now, what to change first on top. */
export function diagnose(context: DiagnosisContext): readonly Finding[] {
  return (table as readonly CauseRow<string>[])
    .flatMap(({ find, weights }) => {
      const found = find(context)
      return found ? [{ ...found, weight: weights[found.code]?.[found.role] ?? 0 }] : []
    })
    .sort((a, b) => b.weight - a.weight)
}

/** What to fix before something happens; a background cause is advice. */
export function isActionable({ role }: Pick<Finding, 'role'>): boolean {
  return role !== 'background'
}

/** As an alert publishes it. */
export function published({ code, evidence, why, remedy }: Finding): Cause {
  return { code, evidence, why, remedy }
}
