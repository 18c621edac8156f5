import type { Workload, WorkloadUsage, World } from '../../types.ts'
import type { BaselineStore } from './baselines.ts'
import type { Consumer, DiagnosisContext } from './diagnosis-context.ts'
import type { KillSizes } from './reported-sizes.ts'
import type { Reading, UsageHistory } from './usage-history.ts'
import { nameOfKey, shortName } from './workload-names.ts'

interface ConsumerSources {
  readonly world: World
  readonly history: UsageHistory
  readonly baselines: BaselineStore
  readonly killSizes: KillSizes
  /** When the incident began: what was killed since then counts, however long ago. */
  readonly since: number
}

/**
 * What uses memory, the largest first: by cgroups where they are accounted, by processes otherwise; and where nothing is
 * sampled by what the kernel's own reports say. The victim is rarely the culprit.
 */
export function consumersOf(sources: ConsumerSources): readonly Consumer[] {
  const { world, killSizes, since } = sources
  const usage = world.identity.usage()
  if (usage.length > 0) {
    return usage.map(each => consumerOf(readingOf(each), each.workload, sources))
  }
  return (
    killSizes
      // A log shows nothing but kills; a host is sampled, so that what was killed before this incident is over.
      .consumers(
        world.now,
        world.host.sight === 'log' ? Math.max(world.settings.loopWindowMs, world.now - since) : world.now - since,
      )
      .map(({ key, workload, KiB, from }) => ({
        key,
        name: workload ? shortName(workload) : nameOfKey(key),
        workload,
        KiB,
        changeKiB: null,
        recentGrowthKiB: 0,
        growingSince: null,
        baselineKiB: null,
        baselineRatio: null,
        from,
      }))
  )
}

/** It is what was killed; a report that knows no cgroups lists it by its name. */
export function isVictim(
  { key }: Consumer,
  { verdict, killSizes }: Pick<DiagnosisContext, 'verdict' | 'killSizes'>,
): boolean {
  const kill = verdict?.kill
  const victims = [verdict?.workload, kill?.workload, kill && killSizes.ownerOf(kill.kill.pid)]
  return victims.some(victim => victim?.key === key) || (kill?.kill.comm != null && key === `comm/${kill.kill.comm}`)
}

export function readingOf({ workload, KiB, from, bornAt }: WorkloadUsage): Reading {
  return { key: workload.key, KiB, from, ...(bornAt !== undefined && { bornAt }) }
}

/** A workload's reading, with how it has changed and what is usual. */
function consumerOf(reading: Reading, workload: Workload, { world, history, baselines }: ConsumerSources): Consumer {
  const baseline = baselines.of(reading.key)
  return {
    key: reading.key,
    name: shortName(workload),
    workload,
    KiB: reading.KiB,
    changeKiB: history.change(reading, world.now),
    recentGrowthKiB: history.recentGrowth(reading, world.now),
    growingSince: history.growingSince(reading, world.now),
    baselineKiB: baseline?.KiB ?? null,
    // A tiny baseline would make any size look many times larger.
    baselineRatio: baseline && baseline.KiB >= 1024 ? Math.round((reading.KiB / baseline.KiB) * 100) / 100 : null,
    from: reading.from as Consumer['from'],
  }
}
