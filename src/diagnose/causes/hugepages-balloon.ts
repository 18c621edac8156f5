import type { FindCause } from '../evidence/finding.ts'
import { keyOfKind } from '../evidence/unaccounted-memory.ts'

/** Memory was removed from the running node: reserved huge pages, or a balloon of the hypervisor. */
export const hugepagesOrBalloon: FindCause<'hugepages' | 'balloon'> = context => {
  const { t, unaccounted, kinds, memory, totalKiB, isNodeWide } = context
  if (!isNodeWide || !unaccounted || !memory || totalKiB === null) return null
  const { HugePages_Free = 0, HugePages_Rsvd = 0, HugePages_Total = 0, Hugepagesize = 0 } = memory.meminfo
  const growthOf = (kind: 'hugepages' | 'balloon') => kinds.find(({ key }) => key === keyOfKind(kind))
  const idleKiB = Math.max(0, HugePages_Free - HugePages_Rsvd) * Hugepagesize
  const balloon = unaccounted.balloon ?? 0
  const balloonGrowth = growthOf('balloon')
  if (balloon >= totalKiB * 0.05 && (balloonGrowth !== undefined || idleKiB < balloon)) {
    const { evidence, why, remedy } = t.causes.balloon
    const changeKiB = balloonGrowth?.changeKiB ?? null
    return {
      code: 'balloon',
      role: balloonGrowth ? 'leading' : 'contributing',
      evidence: evidence({ KiB: balloon, changeKiB, totalKiB }),
      why,
      remedy,
    }
  }
  const changeKiB = growthOf('hugepages')?.changeKiB ?? 0
  const isGrowing = changeKiB >= totalKiB * 0.03
  if (!isGrowing && idleKiB < totalKiB * 0.05) return null
  const keptPages = Math.max(0, HugePages_Total - Math.floor(idleKiB / Math.max(1, Hugepagesize)))
  const { evidence, why, remedy } = t.causes.hugepages
  const KiB = unaccounted.hugepages ?? 0
  return {
    code: 'hugepages',
    role: isGrowing ? 'leading' : 'contributing',
    evidence: evidence({ KiB, ratio: KiB / totalKiB, idleKiB, changeKiB: isGrowing ? changeKiB : null }),
    why,
    remedy: remedy({ command: `sysctl -w vm.nr_hugepages=${keptPages}` }),
  }
}
