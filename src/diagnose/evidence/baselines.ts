import { keepNewest } from '../../keep-newest.ts'
import type { Baseline, Baselines } from '../../types.ts'
import type { Reading } from './usage-history.ts'

/** Baselines of this node: the mean of the last day for each workload. */
export interface BaselineStore {
  /** What was learned before a restart. What is known better already stays. */
  readonly take: (habits: Baselines) => void
  readonly isDue: (at: number) => boolean
  readonly learn: (at: number, readings: readonly Reading[]) => void
  /** null where it was not watched for an hour. */
  readonly of: (key: string) => Baseline | null
  readonly now: (at: number) => Baselines
}

/** The name under which all that the node uses is kept. */
export const wholeNode = 'node'

/** Bounded: 256 workloads, some 30 KiB; what was not seen for longest is dropped. */
export function createBaselines(): BaselineStore {
  const baselines = new Map<string, Baseline>()
  let learnedAt: number | null = null

  const keep = (baseline: Baseline): void => keepNewest(baselines, baseline.workload, baseline, kept)

  return {
    take: observation => {
      for (const baseline of observation.habits.slice(0, kept)) {
        const known = baselines.get(baseline.workload)
        if (!known || known.seenAt < baseline.seenAt) keep(baseline)
      }
    },
    isDue: at => {
      // The first ten minutes of a run do not count: a node that has just been booted fills.
      learnedAt ??= at
      return at - learnedAt >= everyMs || at < learnedAt
    },
    learn: (at, readings) => {
      learnedAt = at
      for (const { key, KiB } of readings.slice(0, kept)) {
        const known = baselines.get(key)
        const watchedMs = Math.min(dayMs, (known?.watchedMs ?? 0) + everyMs)
        // A plain mean at first; once a day is full, each reading weighs its share of a day.
        const weight = everyMs / watchedMs
        const mean = known ? known.KiB + (KiB - known.KiB) * weight : KiB
        keep({ workload: key, KiB: Math.round(mean), watchedMs, seenAt: at })
      }
    },
    of: key => {
      const baseline = baselines.get(key)
      return baseline && baseline.watchedMs >= leastMs ? baseline : null
    },
    now: at => ({ kind: 'habits', at, habits: [...baselines.values()] }),
  }
}

const kept = 256
const everyMs = 10 * 60_000
const leastMs = 60 * 60_000
const dayMs = 24 * 60 * 60_000
