import type { Workload, World } from '../types.ts'
import type { HabitStore } from './habits.ts'
import type { KillSizes } from './kill-sizes.ts'
import { nameOfKey, shortName } from './names.ts'
import type { Holder } from './scene.ts'
import type { Reading, UsageHistory } from './usage-history.ts'

export interface HolderSources {
  readonly world: World
  readonly history: UsageHistory
  readonly habits: HabitStore
  readonly killSizes: KillSizes
  /** When the incident began: what was killed since then is told of, however long ago. */
  readonly since: number
}

/**
 * Who holds memory, the largest first: by cgroups where they are accounted, by processes otherwise; and where nothing is
 * sampled by what the kernel's own reports say. The victim is rarely the culprit.
 */
export function holdersOf(sources: HolderSources): readonly Holder[] {
  const { world, killSizes, since } = sources
  const usage = world.identity.usage()
  if (usage.length > 0) {
    return usage.map(({ workload, KiB, from }) => holderOf({ key: workload.key, KiB, from }, workload, sources))
  }
  return killSizes
    .holders(world.now, Math.max(world.settings.loopWindowMs, world.now - since))
    .map(({ key, workload, KiB, from }) => ({
      key,
      name: workload ? shortName(workload) : nameOfKey(key),
      workload,
      KiB,
      changeKiB: null,
      impetusKiB: 0,
      growingSince: null,
      habitKiB: null,
      habitRatio: null,
      from,
    }))
}

/** A workload's reading, with how it has changed and what is usual. */
function holderOf(reading: Reading, workload: Workload, { world, history, habits }: HolderSources): Holder {
  const habit = habits.of(reading.key)
  return {
    key: reading.key,
    name: shortName(workload),
    workload,
    KiB: reading.KiB,
    changeKiB: history.change(reading, world.now),
    impetusKiB: history.impetus(reading, world.now),
    growingSince: history.growingSince(reading, world.now),
    habitKiB: habit?.KiB ?? null,
    // Of next to nothing any size is many times.
    habitRatio: habit && habit.KiB >= 1024 ? Math.round((reading.KiB / habit.KiB) * 100) / 100 : null,
    from: reading.from as Holder['from'],
  }
}
