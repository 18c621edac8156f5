import { isOurs } from '../hold/level.ts'
import type { SavedOriginal } from '../hold/saved-originals.ts'
import { parsePressure } from '../parse/proc/pressure.ts'
import type { ReleaseReason } from '../types.ts'
import type { CgroupTree } from './cgroup-tree.ts'

/**
 * Writes the original, unless the cgroup is gone or another program has changed the value meanwhile. Returns why it is
 * released: the given reason, or what stood in the way.
 */
export function restore(tree: CgroupTree, saved: SavedOriginal, why: ReleaseReason): ReleaseReason {
  const { cgroup, inode, original, levels } = saved
  if (tree.inode(cgroup) !== inode) return 'gone'
  const high = tree.read(cgroup, 'memory.high')
  if (high === original) return why
  if (high === undefined) return 'gone'
  if (!isOurs(levels, high)) return 'changed'
  try {
    tree.writeHigh(cgroup, inode, original)
    return why
  } catch {
    return tree.inode(cgroup) === inode ? 'refused' : 'gone'
  }
}

/** What it uses; what it used when it was held where that cannot be read. */
export function useKiB(tree: CgroupTree, { cgroup, startKiB }: Pick<SavedOriginal, 'cgroup' | 'startKiB'>): number {
  const bytes = Number(tree.read(cgroup, 'memory.current') ?? Number.NaN)
  return Number.isFinite(bytes) ? Math.round(bytes / 1024) : startKiB
}

/** Time in which some of its tasks waited for memory since it exists. */
export function throttledUs(tree: CgroupTree, cgroup: string): number {
  return parsePressure(tree.read(cgroup, 'memory.pressure') ?? '')?.someUs ?? 0
}
