import type { UsageTrends } from '../../types.ts'
import { createFollowedWorkloads } from './followed-workloads.ts'
import { createHeadroomDay, untilFull } from './headroom-day.ts'
import type { Leak } from './leak.ts'
import { type Candidate, createLeakChoice } from './leak-choice.ts'
import { steadyGrowth } from './steady-growth.ts'
import { binsOfDay } from './usage-windows.ts'

/** What the node and its workloads use at one moment, KiB. */
export interface UsageReading {
  readonly at: number
  readonly headroomKiB: number
  readonly workloads: readonly { readonly key: string; readonly KiB: number }[]
}

export interface LeakForecaster {
  readonly observe: (reading: UsageReading) => void
  /** The leak that exhausts the node first; null where none is seen. Updated every two minutes. */
  readonly leak: () => Leak | null
  readonly take: (saved: UsageTrends) => void
  /** What a restart needs: the largest and the growing, by their floors over a day. */
  readonly save: (at: number) => UsageTrends
}

const everyMs = 2 * 60_000
const horizonMs = 24 * 60 * 60_000

export function createLeakForecaster(): LeakForecaster {
  const choice = createLeakChoice()
  const followed = createFollowedWorkloads(choice.isCandidate)
  const { usage, slots } = followed
  const headroom = createHeadroomDay()
  let forecastAt = Number.NEGATIVE_INFINITY
  let leak: Leak | null = null

  const observe = ({ at, headroomKiB, workloads }: UsageReading): void => {
    headroom.add(at, headroomKiB)
    for (const { key, KiB } of workloads) followed.add({ key, KiB, at })
    if (at - forecastAt < everyMs && at >= forecastAt) return
    forecastAt = at
    leak = forecast(at)
    followed.forget(at)
  }

  const forecast = (at: number): Leak | null => {
    const candidates: Candidate[] = []
    for (const [workload, slot] of slots) {
      if (at - usage.lastAt(slot) > everyMs) continue
      const candidate = candidateOf(workload, slot, at)
      if (candidate) candidates.push(candidate)
    }
    const chosen = choice.choose(candidates, at)
    if (!chosen) return null
    const { riseKiB: _, ...named } = chosen
    return named
  }

  const candidateOf = (workload: string, slot: number, at: number): Candidate | null => {
    const growth = steadyGrowth(usage, slot, at)
    if (!growth) return null
    const { KiBPerHour, since, reachMs } = growth
    const left = headroom.least(at)
    const peakMs = headroom.leftAtPeak(usage.day(slot, at), at) / (KiBPerHour / 3600_000)
    // A first look without the rhythm of the others, which takes long.
    if (Math.min(peakMs, (left / KiBPerHour) * 3600_000) > horizonMs * 2) return null
    // Two forecasts: the other workloads repeat their day hour by hour, or reach the peak of their day at once. The
    // real end is between them.
    const repeatMs = Math.min(horizonMs * 2, untilFull(KiBPerHour, left, othersChange(slot, at)))
    const etaMs = repeatMs - (repeatMs - Math.min(peakMs, repeatMs)) * peakShare
    if (etaMs > horizonMs || etaMs > reachMs) return null
    return {
      workload,
      growthKiBPerHour: Math.round(KiBPerHour),
      since,
      etaSeconds: Math.round(etaMs / 1000),
      etaRangeSeconds: [
        Math.round((Math.min(etaMs, peakMs) * soonestShare) / 1000),
        Math.round((Math.max(etaMs, repeatMs) * latestShare) / 1000),
      ],
      riseKiB: (KiBPerHour * (at - since)) / 3600_000,
    }
  }

  /** By how much the others will differ from now, at each bin of the coming day: those that repeat their days. */
  const othersChange = (growing: number, at: number): Float64Array => {
    const change = new Float64Array(binsOfDay)
    for (const slot of slots.values()) {
      if (slot === growing) continue
      const day = usage.day(slot, at)
      const now = day.at(-1) || 0
      const then = day[0] || 0
      // After a deploy or a filled heap, the day before is no guide.
      if (Math.abs(now - then) > 0.15 * Math.max(now, then)) continue
      for (let ahead = 1; ahead < day.length; ahead++) change[ahead]! += (day[ahead] || 0) - then
    }
    return change
  }

  return {
    observe,
    leak: () => leak,
    take: saved => followed.take(saved.workloads),
    save: at => ({ kind: 'trends', at, workloads: followed.save() }),
  }
}

// Measured (npm run -s bench -- leaks): four of five ends lie within. Batch jobs and deploys of the others bring the end
// forward or put it off, and nothing on the node foretells them.
const soonestShare = 0.6
const latestShare = 1.4
const peakShare = 0.4
