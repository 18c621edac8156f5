import { parseCounters } from './counters.ts'

/** Reads of /proc/vmstat what tells of kills, faults, reclaim and swap, and of the size of a page; the other hundred counters stay out. */
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
