import type { MemorySample } from '../../types.ts'

/** How often each thing is read, ms. */
interface SamplingIntervals {
  /** From one call of the sampler to the next. */
  readonly delayMs: number
  /** From one reading of memory, cgroups and candidates to the next; between them only new processes are looked for. */
  readonly fullEveryMs: number
  readonly processRoundMs: number
  readonly cgroupRoundMs: number
  readonly podsEveryMs: number
}

interface SamplingRate {
  readonly observe: (sample: MemorySample) => void
  readonly intervals: () => SamplingIntervals
}

/** Decides how closely to look: by what memory is left, by how long it lasts at its slope, and by recent kills. */
export function createSamplingRate(): SamplingRate {
  let state: keyof typeof intervalsOf = 'quiet'
  let before: { readonly at: number; readonly availableKiB: number } | undefined
  let slopeKiBPerMs = 0
  let kills: number | undefined
  let killedAt = Number.NEGATIVE_INFINITY

  return {
    observe: sample => {
      const { at, meminfo, vmstat } = sample
      const availableKiB = meminfo.MemAvailable ?? meminfo.MemFree
      const totalKiB = meminfo.MemTotal
      const counted = vmstat.oom_kill
      if (counted !== undefined && kills !== undefined && counted > kills) killedAt = at
      kills = counted
      if (availableKiB === undefined || !totalKiB) return
      if (before && at > before.at) {
        // Smoothed over some five readings: one pod that starts is no slope.
        slopeKiBPerMs += ((availableKiB - before.availableKiB) / (at - before.at) - slopeKiBPerMs) / 5
      }
      before = { at, availableKiB }
      const lastsMs = slopeKiBPerMs < 0 ? availableKiB / -slopeKiBPerMs : Number.POSITIVE_INFINITY
      const ratio = availableKiB / totalKiB
      state = ratio < 0.05 || lastsMs < 20_000 ? 'critical' : ratio < 0.15 || lastsMs < 60_000 ? 'tight' : 'quiet'
    },
    intervals: () => {
      const now = intervalsOf[state]
      // A restarted victim may live for a fraction of a second only. Checking whether a pid was given out costs 5 µs.
      const isKilling = before !== undefined && before.at - killedAt < 60_000
      return isKilling ? { ...now, delayMs: Math.min(now.delayMs, 50) } : now
    },
  }
}

const intervalsOf = {
  quiet: { delayMs: 1000, fullEveryMs: 1000, processRoundMs: 60_000, cgroupRoundMs: 10_000, podsEveryMs: 10_000 },
  tight: { delayMs: 500, fullEveryMs: 500, processRoundMs: 20_000, cgroupRoundMs: 10_000, podsEveryMs: 15_000 },
  critical: { delayMs: 250, fullEveryMs: 250, processRoundMs: 10_000, cgroupRoundMs: 10_000, podsEveryMs: 60_000 },
} as const satisfies Record<string, SamplingIntervals>
