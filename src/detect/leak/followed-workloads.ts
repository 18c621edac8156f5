import type { UsageTrend } from '../../types.ts'
import { createUsageTable, type UsageTable } from './usage-table.ts'

/** The workloads whose use is kept: the largest and those that grow, as many as there is place for. */
interface FollowedWorkloads {
  readonly usage: UsageTable
  /** Key → slot in the table. */
  readonly slots: ReadonlyMap<string, number>
  readonly add: (reading: { readonly key: string; readonly KiB: number; readonly at: number }) => void
  readonly forget: (at: number) => void
  readonly take: (saved: readonly UsageTrend[]) => void
  readonly save: () => readonly UsageTrend[]
}

/** 1.1 MiB in the table, and the index. */
const mostFollowed = 1000
/** Some 100 KiB in the state directory. */
const mostSaved = 100
/** Below this a workload cannot exhaust a node within a day. */
const leastKiB = 16 * 1024
/** A workload makes place for one that is larger by this factor. */
const largerBy = 1.5
const goneMs = 10 * 60_000
/** What is usual is kept for a week after a workload was last seen: a weekly job runs again. */
const keptMs = 8 * 24 * 60 * 60_000

/** `isGrowing`: workloads that keep their place though they are small. */
export function createFollowedWorkloads(isGrowing: (key: string) => boolean): FollowedWorkloads {
  const usage = createUsageTable(mostFollowed)
  const slots = new Map<string, number>()
  /** Of a full table: what a newcomer has to exceed, as far as it was looked for at this reading. */
  let entry = { at: Number.NaN, KiB: 0 }

  const place = (key: string, KiB: number, at: number): number | null => {
    const slot = usage.open() ?? makePlace(KiB, at)
    if (slot !== null) slots.set(key, slot)
    return slot
  }

  const makePlace = (KiB: number, at: number): number | null => {
    if (entry.at === at && KiB < entry.KiB) return null
    let gone: { readonly key: string; readonly lastAt: number } | null = null
    let smallest: { readonly key: string; readonly KiB: number } | null = null
    for (const [key, slot] of slots) {
      const lastAt = usage.lastAt(slot)
      if (at - lastAt > goneMs && !(gone && gone.lastAt <= lastAt)) gone = { key, lastAt }
      const usedKiB = usage.latestKiB(slot)
      if (!(smallest && smallest.KiB <= usedKiB) && !isGrowing(key)) smallest = { key, KiB: usedKiB }
    }
    entry = { at, KiB: gone ? 0 : (smallest?.KiB ?? Number.POSITIVE_INFINITY) * largerBy }
    const replaced = gone ?? smallest
    if (!replaced || KiB < entry.KiB) return null
    drop(replaced.key)
    return usage.open()
  }

  const drop = (key: string): void => {
    usage.close(slots.get(key)!)
    slots.delete(key)
  }

  return {
    usage,
    slots,
    add: ({ key, KiB, at }) => {
      const slot = slots.get(key) ?? (KiB < leastKiB ? null : place(key, KiB, at))
      if (slot !== null) usage.add(slot, at, KiB)
    },
    forget: at => {
      for (const [key, slot] of slots) if (at - usage.lastAt(slot) > keptMs) drop(key)
    },
    take: saved => {
      for (const { workload, ...series } of saved.slice(0, mostSaved)) {
        const slot = slots.has(workload) ? null : usage.open()
        if (slot === null) continue
        slots.set(workload, slot)
        usage.restore(slot, series)
      }
    },
    save: () =>
      [...slots]
        .sort(([a, slotA], [b, slotB]) => {
          const growing = Number(isGrowing(b)) - Number(isGrowing(a))
          return growing || usage.latestKiB(slotB) - usage.latestKiB(slotA)
        })
        .slice(0, mostSaved)
        .map(([workload, slot]) => ({ workload, ...usage.save(slot) })),
  }
}
