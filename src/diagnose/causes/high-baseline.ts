import { wholeNode } from '../evidence/baselines.ts'
import type { FindCause } from '../evidence/finding.ts'

/** The node is nearly full day after day. */
export const highBaseline: FindCause<'high-baseline'> = ({ t, world, totalKiB, baselines, isNodeWide }) => {
  if (!isNodeWide || totalKiB === null) return null
  const baseline = baselines.of(wholeNode)
  const usual = baseline ? baseline.KiB / totalKiB : null
  const lowShare = world.memory.signals?.lowShare ?? null
  const isUsuallyFull = usual !== null && usual >= fullRatio
  const isLowForAQuarter = baseline === null && lowShare !== null && lowShare >= 0.9
  if (!isUsuallyFull && !isLowForAQuarter) return null
  const texts = t.causes['high-baseline']
  return {
    code: 'high-baseline',
    role: 'contributing',
    evidence: isUsuallyFull
      ? texts.evidence({ ratio: usual, totalKiB, seconds: baseline!.watchedMs / 1000 })
      : texts.evidenceShort({ ratio: lowShare! }),
    why: texts.why,
    remedy: texts.remedy,
  }
}

const fullRatio = 0.88
