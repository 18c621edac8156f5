import { parseCounters } from '../proc/counters.ts'

/**
 * Reads memory.stat of a v2 cgroup: sizes in KiB, events as counts, by v2's own names.
 *
 *     inactive_file 61952000
 *     workingset_refault_file 1802
 */
export function parseMemoryStat(text: string): Record<string, number> {
  const stat = parseCounters(text, name => sizes.has(name) || events.has(name))
  for (const name in stat) if (sizes.has(name)) stat[name] = Math.round(stat[name]! / 1024)
  return stat
}

/**
 * Reads memory.stat of a v1 cgroup into v2's names: of the whole subtree, as v2 counts.
 *
 *     total_rss 69206016
 */
export function parseMemoryStatV1(text: string): Record<string, number> {
  const v1 = parseCounters(text, name => name in namesV1)
  const stat: Record<string, number> = {}
  for (const name in v1) {
    const v2 = namesV1[name]!
    stat[v2] = sizes.has(v2) ? Math.round(v1[name]! / 1024) : v1[name]!
  }
  return stat
}

const sizes = new Set([
  'anon',
  'file',
  'kernel',
  'kernel_stack',
  'pagetables',
  'percpu',
  'sock',
  'shmem',
  'file_dirty',
  'file_writeback',
  'swapcached',
  'inactive_anon',
  'active_anon',
  'inactive_file',
  'active_file',
  'unevictable',
  'slab',
  'slab_reclaimable',
  'slab_unreclaimable',
  'swap',
])

const events = new Set([
  'pgmajfault',
  'pgscan',
  'pgsteal',
  'workingset_refault',
  'workingset_refault_anon',
  'workingset_refault_file',
  'workingset_activate_file',
])

// v1's `rss` is anonymous memory, `cache` all of the page cache with tmpfs in it.
const namesV1: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  total_rss: 'anon',
  total_cache: 'file',
  total_shmem: 'shmem',
  total_dirty: 'file_dirty',
  total_writeback: 'file_writeback',
  total_inactive_anon: 'inactive_anon',
  total_active_anon: 'active_anon',
  total_inactive_file: 'inactive_file',
  total_active_file: 'active_file',
  total_unevictable: 'unevictable',
  total_swap: 'swap',
  total_pgmajfault: 'pgmajfault',
  total_workingset_refault_anon: 'workingset_refault_anon',
  total_workingset_refault_file: 'workingset_refault_file',
})
