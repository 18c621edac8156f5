import type { FindCause } from '../evidence/finding.ts'

/** Swap that is full, that is read back as fast as it is written, or that is kept in memory and saves none. */
export const swapSettings: FindCause<'swap-settings'> = ({ t, memory, totalKiB, isNodeWide, world, kubelet }) => {
  if (!isNodeWide || !memory || totalKiB === null) return null
  const { SwapTotal = 0, SwapFree = 0 } = memory.meminfo
  if (SwapTotal === 0) return null
  const usedKiB = SwapTotal - SwapFree
  const { zramRatio } = memory
  const isPoorZram = zramRatio !== undefined && zramRatio > 0.6 && usedKiB > totalKiB * 0.05
  const isFull = SwapFree < SwapTotal * 0.1
  const isStalling = (world.memory.signals?.stalledMs ?? 0) >= 4_000 && usedKiB > totalKiB * 0.05
  if (!isFull && !isPoorZram && !isStalling) return null
  const texts = t.causes['swap-settings']
  return {
    code: 'swap-settings',
    role: 'background',
    evidence: texts.evidence({
      usedKiB,
      totalKiB: SwapTotal,
      ratio: usedKiB / SwapTotal,
      isZram: zramRatio !== undefined,
      cost: zramRatio ?? null,
    }),
    why: isFull ? texts.whyFull : isPoorZram ? texts.whyPoorZram : texts.whyStalled,
    remedy: texts.remedy({ swapBehavior: kubelet ? (kubelet.memorySwap ?? 'LimitedSwap') : null }),
  }
}
