import type { CgroupSample, Headroom, MemorySample } from '../../types.ts'

/** Headroom at one moment; its history shows how fast it shrinks. */
export type HeadroomNow = Omit<Headroom, 'slopeKiBPerSecond'>

interface HeadroomSources {
  readonly sample: MemorySample
  /** The cgroup above all pods, where it was read. */
  readonly kubepods: CgroupSample | undefined
  /** Swapped pages are being read back: disk swap then costs more than it provides. */
  readonly swapIsThrashing: boolean
  /** Workloads are bound to NUMA nodes: then one node's shortage is theirs. Otherwise the kernel takes from the next. */
  readonly isBound: boolean
}

/**
 * What can still be allocated before the kernel kills, of the node, of `/kubepods` or of the poorest NUMA node to which
 * workloads are bound. By the share that is left, for a limit of 32 GiB with 6 left is at ease where a node of 128 with 7
 * left is not. Undefined where the sample has no size of memory.
 */
export function headroomOf({ sample, kubepods, swapIsThrashing, isBound }: HeadroomSources): HeadroomNow | undefined {
  const capacity = capacityKiB(sample.meminfo)
  const availableKiB = availableKiBOf(sample)
  if (capacity === undefined || availableKiB === undefined) return undefined
  const nodeKiB = Math.round(availableKiB + (sample.zfsArcEvictableKiB ?? 0) + swapKiB(sample, swapIsThrashing))
  const kubepodsKiB = kubepods ? leftBelowLimitKiB(kubepods) : null
  const numa = isBound ? Object.values(sample.numaAvailableKiB ?? {}) : []
  const numaKiB = numa.length > 0 ? Math.min(...numa) : null

  const parts = { nodeKiB, kubepodsKiB, numaKiB }
  const all: HeadroomNow[] = [{ KiB: nodeKiB, ratio: nodeKiB / capacity, of: 'node', ...parts }]
  const add = (of: Headroom['of'], KiB: number | null, whole: number): void => {
    if (KiB !== null) all.push({ KiB, ratio: KiB / whole, of, ...parts })
  }
  add('kubepods', kubepodsKiB, kubepods?.limitKiB ?? capacity)
  add('numa', numaKiB, capacity / numa.length)
  // The shortest; of those that are about as short the one that is hit first.
  // A limit of 0, or a figure that no file of a real kernel holds, is no ratio.
  const usable = all.filter(({ ratio }) => Number.isFinite(ratio) && ratio >= 0)
  const least = Math.min(...usable.map(({ ratio }) => ratio))
  const [first, ...others] = usable.filter(({ ratio }) => ratio <= least * aboutAsShort)
  return first && others.reduce((tightest, other) => (other.KiB < tightest.KiB ? other : tightest), first)
}

/** A node's pods may have four fifths of it, so that what is left below their limit is a larger share of less. */
const aboutAsShort = 1.25

/** MemAvailable; for kernels before 3.14 what it would say: free and reclaimable less the watermarks, KiB. */
export function availableKiBOf({ meminfo, lowWatermarkKiB = 0 }: MemorySample): number | undefined {
  if (meminfo.MemAvailable !== undefined) return meminfo.MemAvailable
  const free = meminfo.MemFree
  if (free === undefined) return undefined
  const file = fileCacheKiB(meminfo)
  const slab = meminfo.SReclaimable ?? 0
  // As the kernel's si_mem_available: of each kind half is kept, but no more than the low watermark.
  const kept = Math.min(file / 2, lowWatermarkKiB) + Math.min(slab / 2, lowWatermarkKiB)
  return Math.max(0, Math.round(free - lowWatermarkKiB + file + slab - kept))
}

/** File pages that reclaim can take; tmpfs and shared memory are not among them. */
export function fileCacheKiB(meminfo: MemorySample['meminfo']): number {
  const active = meminfo['Active(file)']
  const inactive = meminfo['Inactive(file)']
  if (active !== undefined && inactive !== undefined) return active + inactive
  return Math.max(0, (meminfo.Cached ?? 0) + (meminfo.Buffers ?? 0) - (meminfo.Shmem ?? 0))
}

// Hugepages are set aside, used or not: memory that nothing else can use. A balloon has left MemTotal already.
function capacityKiB(meminfo: MemorySample['meminfo']): number | undefined {
  const hugepages = meminfo.Hugetlb ?? (meminfo.HugePages_Total ?? 0) * (meminfo.Hugepagesize ?? 0)
  const capacity = (meminfo.MemTotal ?? 0) - hugepages
  return capacity > 0 ? capacity : undefined
}

/**
 * Swap is headroom as far as it costs nothing: no more than there is anonymous memory to put there; compressed swap
 * less the memory that it takes itself; a disk nothing once pages are read back from it, for then it is a stall.
 */
function swapKiB({ meminfo, zramRatio }: MemorySample, isThrashing: boolean): number {
  const anonymous = (meminfo['Active(anon)'] ?? 0) + (meminfo['Inactive(anon)'] ?? 0)
  const room = Math.min(meminfo.SwapFree ?? 0, anonymous)
  if (zramRatio !== undefined) return room * Math.max(0, 1 - zramRatio)
  return isThrashing ? 0 : room
}

/**
 * kubelet's working set takes active file pages for used; the kernel drops them too before it kills, so they count as
 * left here, as MemAvailable counts them for the node (kubepods-limit-300iops: 80 MiB too early, and a jump).
 */
function leftBelowLimitKiB({ limitKiB, currentKiB, stat }: CgroupSample): number | null {
  if (limitKiB === undefined || limitKiB === null || currentKiB === undefined) return null
  const reclaimable = (stat?.inactive_file ?? 0) + (stat?.active_file ?? 0) + (stat?.slab_reclaimable ?? 0)
  return Math.max(0, Math.min(limitKiB, limitKiB - currentKiB + reclaimable))
}
