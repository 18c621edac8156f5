import type { World } from '../../types.ts'

/** What memory and stall were over a moment or, where readings were merged, the worst of it. */
export interface ReportSample {
  readonly at: number
  readonly availableKiB: number | null
  readonly headroomKiB: number | null
  readonly memoryFull: number | null
  readonly ioFull: number | null
  readonly load1: number | null
}

export function sampleOf({ now, memory: { latest, headroom, stall } }: World): ReportSample {
  return {
    at: now,
    availableKiB: latest?.meminfo.MemAvailable ?? null,
    headroomKiB: headroom?.KiB ?? null,
    memoryFull: stall?.memoryFullRatio ?? null,
    ioFull: stall?.ioFullRatio ?? null,
    load1: latest?.load1 ?? null,
  }
}

/**
 * At most `most` samples for as many equal stretches of time, each the worst of its stretch: dropping samples would
 * lose the dip before the kill.
 */
export function thinned(samples: readonly ReportSample[], most: number): readonly ReportSample[] {
  if (samples.length <= most) return samples
  const from = samples[0]!.at
  const stretchMs = Math.max(1, (samples.at(-1)!.at - from) / most)
  const kept: ReportSample[] = []
  let stretch = -1
  for (const sample of samples) {
    const its = Math.min(most - 1, Math.floor((sample.at - from) / stretchMs))
    if (its === stretch) kept[kept.length - 1] = worse(kept[kept.length - 1]!, sample)
    else kept.push(sample)
    stretch = its
  }
  return kept
}

/** Half as many samples, each the worst of two. */
export function halved(samples: readonly ReportSample[]): ReportSample[] {
  const kept: ReportSample[] = []
  for (let index = 0; index < samples.length; index += 2) {
    const next = samples[index + 1]
    kept.push(next ? worse(samples[index]!, next) : samples[index]!)
  }
  return kept
}

function worse(a: ReportSample, b: ReportSample): ReportSample {
  return {
    at: a.at,
    availableKiB: least(a.availableKiB, b.availableKiB),
    headroomKiB: least(a.headroomKiB, b.headroomKiB),
    memoryFull: most(a.memoryFull, b.memoryFull),
    ioFull: most(a.ioFull, b.ioFull),
    load1: most(a.load1, b.load1),
  }
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

function most(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}
