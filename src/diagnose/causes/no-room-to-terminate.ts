import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import type { PodUse } from '../evidence/pods.ts'
import { shortName } from '../evidence/workload-names.ts'

export interface Spare {
  readonly KiB: number
  readonly pod: PodUse
  /** What the pod can need beyond what it uses. */
  readonly needKiB: number
}

/**
 * What is left once the largest pod takes what it can need to shut down; null where nothing is known of pods or memory. A
 * terminating pod can use up to its limit; without one, a quarter more than now (in the capture of one that grew in its
 * grace period it was twice as much, so this is the least).
 */
export function spareOf({ pods, world, memory }: Pick<DiagnosisContext, 'pods' | 'world' | 'memory'>): Spare | null {
  const headroom = memory ? world.memory.headroom : null
  if (!headroom || pods.length === 0) return null
  const needs = pods.map(pod => ({ pod, needKiB: needKiB(pod) }))
  const worst = needs.reduce((a, b) => (b.needKiB > a.needKiB ? b : a))
  return { ...worst, KiB: Math.round(headroom.KiB - worst.needKiB) }
}

function needKiB({ KiB, limitKiB }: PodUse): number {
  const quarter = KiB / 4
  return limitKiB ? Math.max(0, Math.min(limitKiB - KiB, quarter)) : quarter
}

/** The next pod that terminates can run the node out of memory. */
export const noRoomToTerminate: FindCause<'no-room-to-terminate'> = context => {
  const spare = context.isNodeWide ? spareOf(context) : null
  if (!spare || spare.KiB >= 0) return null
  const texts = context.t.causes['no-room-to-terminate']
  const { needKiB, pod } = spare
  return {
    code: 'no-room-to-terminate',
    role: 'background',
    evidence: texts.evidence({
      leftKiB: context.world.memory.headroom!.KiB,
      name: shortName(pod.workload),
      KiB: pod.KiB,
      needKiB,
    }),
    why: texts.why,
    remedy: texts.remedy({ needKiB }),
  }
}
