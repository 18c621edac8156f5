import type { Unowned, World } from '../types.ts'
import type { Say } from './say.ts'
import type { Holder } from './scene.ts'
import { keyOfKind, kindReadings, type ShmemOwner, type UnownedKind } from './unowned.ts'
import type { UsageHistory } from './usage-history.ts'

export interface GrowerSources {
  readonly holders: readonly Holder[]
  readonly unowned: Unowned | null
  readonly shmemOwner: ShmemOwner | null
  readonly history: UsageHistory
  readonly world: World
  readonly say: Say
}

/**
 * Who grows, the most urgent first: the growth of ten minutes, in which the latest minute counts most, so that a leak
 * comes before a pod that was started eight minutes ago and has stood still since. Memory that is no process's own
 * (tmpfs, slab, hugepages) grows like a workload, and is named like one.
 */
export function growersOf(sources: GrowerSources): readonly Holder[] {
  const { holders, unowned, world } = sources
  const workloads = holders.filter(({ changeKiB, impetusKiB }) => (changeKiB ?? 0) > 0 && impetusKiB > 0)
  const kinds = unowned ? kindsOf(sources, unowned) : []
  const total = world.memory.latest?.meminfo.MemTotal ?? world.host.memTotalKiB ?? 0
  return [...workloads, ...kinds]
    .filter(({ changeKiB }) => changeKiB! >= Math.max(leastKiB, total * leastShare))
    .sort((a, b) => b.impetusKiB - a.impetusKiB)
}

// What breathes is no growth.
const leastKiB = 4 * 1024
const leastShare = 0.002

function kindsOf({ holders, unowned, shmemOwner, history, world, say }: GrowerSources, split: Unowned): Holder[] {
  return kindReadings(split).flatMap(reading => {
    const kind = reading.key.slice(reading.key.indexOf('/') + 1) as UnownedKind
    // In the accounts of a cgroup the tmpfs that it fills is its own: named once is enough.
    const isAccounted =
      kind === 'shmem' && holders.some(({ key, from }) => key === shmemOwner?.label && from === 'cgroup')
    const changeKiB = history.change(reading, world.now)
    if (isAccounted || changeKiB === null || changeKiB <= 0) return []
    return [
      {
        key: keyOfKind(kind),
        name: kindName(kind, say),
        workload: null,
        KiB: unowned![kind]!,
        changeKiB,
        impetusKiB: history.impetus(reading, world.now),
        growingSince: history.growingSince(reading, world.now),
        habitKiB: null,
        habitRatio: null,
        from: 'processes' as const,
      },
    ]
  })
}

export function kindName(kind: UnownedKind, say: Say): string {
  switch (kind) {
    case 'shmem':
      return say('tmpfs and shared memory', 'tmpfs 与共享内存')
    case 'slab':
      return say("the kernel's slab caches", '内核 slab 缓存')
    case 'pageTables':
      return say('page tables', '页表')
    case 'hugepages':
      return say('reserved hugepages', '预留的大页')
    case 'balloon':
      return say("the hypervisor's balloon", '虚拟化气球')
    case 'rest':
      return say('memory of the kernel that nothing accounts for', '无法归属的内核内存')
  }
}
