import type { FindCause } from '../evidence/finding.ts'
import { keyOfKind } from '../evidence/unaccounted-memory.ts'

/** tmpfs and shared memory fill the node: no kill frees them, since they belong to no process. */
export const sharedMemory: FindCause<'tmpfs-and-shared-memory'> = context => {
  const { t, unaccounted, shmemOwner, growers, kinds, totalKiB, isNodeWide } = context
  const KiB = unaccounted?.shmem
  if (!isNodeWide || !KiB || totalKiB === null) return null
  const grower = kinds.find(({ key }) => key === keyOfKind('shmem'))
  const changeKiB = grower?.changeKiB ?? 0
  const isGrowing = changeKiB >= totalKiB * 0.03
  if (!isGrowing && KiB < totalKiB * 0.15) return null
  // Charged to a cgroup, its owner is what grows.
  const leads =
    isGrowing &&
    growers.every(({ key, recentGrowthKiB }) => key === shmemOwner?.label || recentGrowthKiB <= grower!.recentGrowthKiB)
  const texts = t.causes['tmpfs-and-shared-memory']
  return {
    code: 'tmpfs-and-shared-memory',
    role: leads ? 'leading' : isGrowing ? 'contributing' : 'background',
    evidence: texts.evidence({
      KiB,
      ratio: KiB / totalKiB,
      changeKiB: isGrowing ? changeKiB : null,
      owner: shmemOwner?.name ?? null,
    }),
    why: texts.why,
    remedy: texts.remedy,
  }
}
