import type { Say } from '../say.ts'
import type { Unowned, World } from '../types.ts'
import type { Holder, Scene } from './scene.ts'
import { keyOfKind, kindReadings, type ShmemOwner, type UnownedKind } from './unowned.ts'
import type { UsageHistory } from './usage-history.ts'

export interface GrowerSources {
  readonly holders: readonly Holder[]
  /** Kinds of memory that no process holds, and grow. */
  readonly kinds: readonly Holder[]
  readonly shmemOwner: ShmemOwner | null
  readonly world: World
}

/**
 * Who grows, the most urgent first: the growth of ten minutes, in which the latest minute counts most, so that a leak
 * comes before a pod that was started eight minutes ago and has stood still since. Memory that is no process's own
 * (tmpfs, slab, hugepages) grows like a workload, and is named like one.
 */
export function growersOf(sources: GrowerSources): readonly Holder[] {
  const { holders, kinds, shmemOwner, world } = sources
  const workloads = holders.filter(({ changeKiB, impetusKiB }) => (changeKiB ?? 0) > 0 && impetusKiB > 0)
  // In the accounts of a cgroup the tmpfs that it fills is its own: named once is enough.
  const isAccounted = holders.some(({ key, from }) => key === shmemOwner?.label && from === 'cgroup')
  const own = kinds.filter(({ key }) => !(isAccounted && key === keyOfKind('shmem')))
  const total = world.memory.latest?.meminfo.MemTotal ?? world.host.memTotalKiB ?? 0
  return [...workloads, ...own]
    .filter(({ changeKiB }) => changeKiB! >= Math.max(leastKiB, total * leastShare))
    .sort((a, b) => b.impetusKiB - a.impetusKiB)
}

// What breathes is no growth.
const leastKiB = 4 * 1024
const leastShare = 0.002

/** Who takes the node's memory: the most urgent of those that grow by a fiftieth of it. */
export function chiefGrower({ growers, holders, verdict, totalKiB }: Scene): Holder | undefined {
  // Who was killed and has just been started again grows as well, and is not who took the memory.
  const victim = verdict?.kill?.workload.key ?? verdict?.workload?.key
  const largestKiB = holders[0]?.KiB ?? 0
  return growers.find(({ key, KiB, changeKiB, workload }) => {
    // kubelet and the runtime work hard in a crisis: that is its effect, unless they take a tenth of the node.
    if ((changeKiB ?? 0) < (totalKiB ?? Infinity) * (workload?.nodeDaemon ? 0.1 : 0.02)) return false
    return key !== victim || KiB >= largestKiB * 0.9
  })
}

/** The kinds of memory that no process holds and that grow, as holders. */
export function growingKinds(
  unowned: Unowned | null,
  { history, world, say }: { readonly history: UsageHistory; readonly world: World; readonly say: Say },
): readonly Holder[] {
  return kindReadings(unowned).flatMap(reading => {
    const kind = reading.key.slice(reading.key.indexOf('/') + 1) as UnownedKind
    const changeKiB = history.change(reading, world.now)
    if (changeKiB === null || changeKiB <= 0) return []
    return [
      {
        key: reading.key,
        name: kindName(kind, say),
        workload: null,
        KiB: reading.KiB,
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
