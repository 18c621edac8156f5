import type { MemorySample } from '../../types.ts'

/** What a kernel counts of dropping and reading back, under one name for all kernels. Totals since boot. */
export interface ReclaimCounters {
  /** Pages that were dropped and had to be read again, file and swap, KiB. */
  readonly readBackKiB: number
  readonly swapInKiB: number
  /** By kswapd and direct reclaim: because the node is short of memory, never for a cgroup's limit. KiB. */
  readonly droppedByNodeKiB: number
  /** For a cgroup's limit too, KiB; undefined where the kernel does not count it (before 5.8). */
  readonly droppedAnywhereKiB: number | undefined
  /** Pages that the node's reclaim looked at. */
  readonly scannedByNode: number
  /** Allocations that had to reclaim themselves; undefined where not counted. */
  readonly directReclaims: number | undefined
}

/**
 * Reads the counters of a kernel, whichever it is. Since 5.10 refaults are split into file and anonymous; before, one
 * number; before 3.15 none, and then no more than what was swapped in and the major faults can stand for them.
 */
export function reclaimCounters({ vmstat, meminfo }: MemorySample): ReclaimCounters {
  const pageKiB = pageKiBOf({ vmstat, meminfo })
  let droppedByNode = 0
  let scannedByNode = 0
  let directReclaims: number | undefined
  for (const name in vmstat) {
    // By zone before 4.8 (`pgsteal_kswapd_normal`); khugepaged and proactive reclaim are no sign of a shortage.
    if (name.startsWith('pgsteal_kswapd') || name.startsWith('pgsteal_direct')) droppedByNode += vmstat[name]!
    else if (name.startsWith('pgscan_kswapd')) scannedByNode += vmstat[name]!
    else if (name.startsWith('pgscan_direct') && name !== 'pgscan_direct_throttle') scannedByNode += vmstat[name]!
    else if (name.startsWith('allocstall')) directReclaims = (directReclaims ?? 0) + vmstat[name]!
  }
  const swapIn = vmstat.workingset_refault_anon ?? vmstat.pswpin ?? 0
  return {
    readBackKiB: readBack(vmstat, swapIn) * pageKiB,
    swapInKiB: swapIn * pageKiB,
    droppedByNodeKiB: droppedByNode * pageKiB,
    droppedAnywhereKiB:
      vmstat.pgsteal_file === undefined ? undefined : (vmstat.pgsteal_file + (vmstat.pgsteal_anon ?? 0)) * pageKiB,
    scannedByNode,
    directReclaims,
  }
}

// With reads beside the faults: 46 to 100 in the captures under stall (calm-bursts 46, growth-3000iops 82); the least.
const pagesPerMajorFault = 45

function readBack(vmstat: MemorySample['vmstat'], swapIn: number): number {
  if (vmstat.workingset_refault_file !== undefined) return vmstat.workingset_refault_file + swapIn
  if (vmstat.workingset_refault !== undefined) return vmstat.workingset_refault + swapIn
  return (vmstat.pgmajfault ?? 0) * pagesPerMajorFault + swapIn
}

/** The unit of vmstat: the same pages that meminfo gives in KiB. 64 KiB on some arm64 and POWER, 4 nearly everywhere. */
export function pageKiBOf({ vmstat, meminfo }: Pick<MemorySample, 'vmstat' | 'meminfo'>): number {
  const pages = (vmstat.nr_active_file ?? 0) + (vmstat.nr_inactive_file ?? 0)
  const KiB = (meminfo['Active(file)'] ?? 0) + (meminfo['Inactive(file)'] ?? 0)
  if (pages === 0 || KiB === 0) return 4
  // The two files are read one after the other, so the quotient is near and not exact.
  return Math.min(64, Math.max(4, 2 ** Math.round(Math.log2(KiB / pages))))
}
