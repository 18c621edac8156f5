import { kubepodsOf } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'

/** All pods together are at the limit that kubelet sets for them: they run out while the node has memory left. */
export const podsAtTheirLimit: FindCause<'pods-at-their-limit'> = context => {
  const { t, world, kubelet, totalKiB, availableKiB, isNodeWide, verdict } = context
  const kubepods = kubepodsOf(world)
  const wasHit = verdict?.kill?.limitLevel === 'kubepods'
  const limitKiB = kubepods?.limitKiB ?? (wasHit ? verdict.kill!.kill.limitKiB : null)
  const isClose = world.memory.headroom?.of === 'kubepods' && world.memory.headroom.ratio < 0.15
  if (!isNodeWide || !limitKiB || (!wasHit && !isClose)) return null
  const texts = t.causes['pods-at-their-limit']
  return {
    code: 'pods-at-their-limit',
    role: 'leading',
    evidence: texts.evidence({
      usedKiB: kubepods?.currentKiB ?? limitKiB,
      limitKiB,
      totalKiB,
      reservedKiB: kubelet ? (kubelet.kubeReservedKiB ?? 0) + (kubelet.systemReservedKiB ?? 0) : null,
      leftKiB: availableKiB,
    }),
    why: texts.why,
    remedy: texts.remedy,
  }
}
