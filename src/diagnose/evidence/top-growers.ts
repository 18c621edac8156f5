import type { Messages } from '../../text/messages/catalogues.ts'
import type { UnaccountedMemory, World } from '../../types.ts'
import type { Consumer, DiagnosisContext } from './diagnosis-context.ts'
import { keyOfKind, kindReadings, type ShmemOwner, type UnaccountedKind } from './unaccounted-memory.ts'
import type { UsageHistory } from './usage-history.ts'

interface GrowerSources {
  readonly consumers: readonly Consumer[]
  /** Kinds of memory that no process holds, and grow. */
  readonly kinds: readonly Consumer[]
  readonly shmemOwner: ShmemOwner | null
  readonly world: World
}

/**
 * What grows, the most urgent first: the growth of ten minutes, in which the latest minute counts most, so that a leak
 * comes before a pod that was started eight minutes ago and has not grown since. Memory that is no process's own
 * (tmpfs, slab, hugepages) grows like a workload, and is named like one.
 */
export function growersOf(sources: GrowerSources): readonly Consumer[] {
  const { consumers, kinds, shmemOwner, world } = sources
  const workloads = consumers.filter(({ changeKiB, recentGrowthKiB }) => (changeKiB ?? 0) > 0 && recentGrowthKiB > 0)
  // In the accounts of a cgroup the tmpfs that it fills is its own: named once is enough.
  const isAccounted = consumers.some(({ key, from }) => key === shmemOwner?.label && from === 'cgroup')
  const own = kinds.filter(({ key }) => !(isAccounted && key === keyOfKind('shmem')))
  const total = world.memory.latest?.meminfo.MemTotal ?? world.host.memTotalKiB ?? 0
  return [...workloads, ...own]
    .filter(({ changeKiB }) => changeKiB! >= Math.max(leastKiB, total * leastShare))
    .sort((a, b) => b.recentGrowthKiB - a.recentGrowthKiB)
}

// What breathes is no growth.
const leastKiB = 4 * 1024
const leastShare = 0.002

/** The workload that uses up the memory: the most urgent of those that grow by 2% of the node. */
export function topGrower({ growers, consumers, verdict, totalKiB }: DiagnosisContext): Consumer | undefined {
  // A workload that has just restarted after a kill grows as well, but is not the cause.
  const victim = verdict?.kill?.workload.key ?? verdict?.workload?.key
  const largestKiB = consumers[0]?.KiB ?? 0
  return growers.find(({ key, KiB, changeKiB, workload }) => {
    // kubelet and the runtime work hard in a crisis: that is its effect, unless they take a tenth of the node.
    if ((changeKiB ?? 0) < (totalKiB ?? Infinity) * (workload?.nodeDaemon ? 0.1 : 0.02)) return false
    return key !== victim || KiB >= largestKiB * 0.9
  })
}

/** The kinds of memory that belong to no process and grow, as consumers. */
export function growingKinds(
  unaccounted: UnaccountedMemory | null,
  { history, world, t }: { readonly history: UsageHistory; readonly world: World; readonly t: Messages },
): readonly Consumer[] {
  return kindReadings(unaccounted).flatMap(reading => {
    const kind = reading.key.slice(reading.key.indexOf('/') + 1) as UnaccountedKind
    const changeKiB = history.change(reading, world.now)
    if (changeKiB === null || changeKiB <= 0) return []
    return [
      {
        key: reading.key,
        name: t.summary.kinds[kind],
        workload: null,
        KiB: reading.KiB,
        changeKiB,
        recentGrowthKiB: history.recentGrowth(reading, world.now),
        growingSince: history.growingSince(reading, world.now),
        baselineKiB: null,
        baselineRatio: null,
        from: 'processes' as const,
      },
    ]
  })
}
