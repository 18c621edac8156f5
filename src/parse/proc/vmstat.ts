import { parseCounters } from './counters.ts'

/** Reads from /proc/vmstat the counters of kills, faults, reclaim and swap, and those that give the size of a page; not the other hundred. */
export function parseVmstat(text: string): Record<string, number> {
  return parseCounters(text, isWanted)
}

// Names differ between kernels (allocstall per zone since 4.9, refaults split since 5.10): so by how they begin.
const wanted = [
  'oom_kill',
  'pgmajfault',
  'pswp',
  'pgscan',
  'pgsteal',
  'allocstall',
  'workingset_',
  'compact_stall',
  'kswapd_',
  'swap_ra',
  'drop_',
  'nr_active_file',
  'nr_inactive_file',
]

function isWanted(name: string): boolean {
  return wanted.some(start => name.startsWith(start))
}
