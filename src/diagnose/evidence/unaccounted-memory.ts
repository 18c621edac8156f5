import { fileCacheKiB } from '../../detect/memory/headroom.ts'
import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import type { CgroupSample, IdentityView, MemorySample, UnaccountedMemory } from '../../types.ts'
import type { Reading } from './usage-history.ts'
import { nameOfKey, shortName } from './workload-names.ts'

/** Memory that is in no process's anonymous pages and no file cache, by kind. */
export type UnaccountedKind = 'shmem' | 'slab' | 'pageTables' | 'hugepages' | 'balloon' | 'rest'

const unaccountedKinds: readonly UnaccountedKind[] = ['shmem', 'slab', 'pageTables', 'hugepages', 'balloon', 'rest']

/** The key under which a kind's growth is followed, and published among the growers. */
export function keyOfKind(kind: UnaccountedKind): string {
  return `kernel/${kind}`
}

/**
 * Splits what no process holds. `mostTotalKiB`: the most that this node was seen to have; what is missing from it now
 * went to a balloon (or to memory that was taken out), because the kernel takes both off MemTotal.
 */
export function splitUnaccounted(
  meminfo: MemorySample['meminfo'],
  mostTotalKiB: number,
): Omit<UnaccountedMemory, 'shmemOwner'> | null {
  const { MemTotal, MemFree, Slab, PageTables, Shmem, AnonPages } = meminfo
  if (MemTotal === undefined || MemFree === undefined) return null
  const slab = Slab ?? null
  const pageTables = PageTables === undefined ? null : PageTables + (meminfo.SecPageTables ?? 0)
  const hugepages =
    meminfo.Hugetlb ??
    (meminfo.HugePages_Total === undefined ? null : meminfo.HugePages_Total * (meminfo.Hugepagesize ?? 0))
  const shmem = Shmem ?? null
  const gone = Math.max(0, mostTotalKiB - MemTotal)
  const balloon = Math.max(meminfo.Balloon ?? 0, gone)
  const known = (slab ?? 0) + (pageTables ?? 0) + (hugepages ?? 0) + (shmem ?? 0)
  const others = (meminfo.KernelStack ?? 0) + (meminfo.Percpu ?? 0)
  const rest =
    AnonPages === undefined
      ? null
      : Math.max(0, MemTotal - MemFree - AnonPages - pageCacheKiB(meminfo) - known - others - (meminfo.Balloon ?? 0)) +
        others
  // A reading that has none of it (a recording by hand) is no zero.
  if ([slab, pageTables, hugepages, shmem, rest].every(part => part === null)) return null
  return { total: known + balloon + (rest ?? 0), slab, pageTables, hugepages, shmem, balloon, rest }
}

/** All file pages, those that are locked included: `Active(file)` and `Inactive(file)` leave these out. */
function pageCacheKiB(meminfo: MemorySample['meminfo']): number {
  const { Cached, Buffers, Shmem, SwapCached } = meminfo
  if (Cached === undefined) return fileCacheKiB(meminfo)
  return Math.max(fileCacheKiB(meminfo), Cached + (Buffers ?? 0) + (SwapCached ?? 0) - (Shmem ?? 0))
}

/** The kinds as readings, so that their growth is followed like that of workloads. */
export function kindReadings(split: Omit<UnaccountedMemory, 'shmemOwner'> | null): readonly Reading[] {
  if (!split) return []
  return unaccountedKinds.flatMap(kind => {
    const KiB = split[kind]
    return KiB === null ? [] : [{ key: keyOfKind(kind), KiB, from: 'meminfo' }]
  })
}

export interface ShmemOwner {
  /** For the alert: a workload's key, or a cgroup. */
  readonly label: string
  /** As a person calls it. */
  readonly name: string
  readonly cgroup: string
  readonly KiB: number
}

/**
 * Whose tmpfs and shared memory it is: the cgroup that it is charged to, the deepest that holds half of it or more. A pod's
 * memory-backed emptyDir is charged to the container that wrote it, and to the pod once that is gone. Where only the
 * classes of pods are accounted (a capture), what their processes do not hold is taken to be it.
 */
export function shmemOwner(
  shmemKiB: number,
  cgroups: Iterable<CgroupSample>,
  identity: IdentityView,
): ShmemOwner | null {
  if (shmemKiB < leastKiB) return null
  let best: { path: string; KiB: number; depth: number } | null = null
  for (const { path, stat } of cgroups) {
    const KiB = stat?.shmem
    if (KiB === undefined || KiB < shmemKiB / 2) continue
    const depth = path === '/' ? 0 : path.split('/').length
    if (!best || depth > best.depth || (depth === best.depth && KiB > best.KiB)) best = { path, KiB, depth }
  }
  if (!best) return null
  const { path, KiB } = best
  const { level } = parseCgroupPath(path)
  if (level === 'root' || level === 'kubepods') return null
  const workload = level === 'qos' ? undefined : identity.workloadOfCgroup(path)
  const label = workload?.key ?? path
  return { label, name: workload ? shortName(workload) : nameOfKey(path), cgroup: path, KiB }
}

// Every node has less than that.
const leastKiB = 16 * 1024
