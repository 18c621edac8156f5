import { binMs, binsOfDay } from './usage-windows.ts'

/** The least headroom of each 16 minutes of the last day: a node is full at the first peak that does not fit. */
interface HeadroomDay {
  readonly add: (at: number, KiB: number) => void
  /** Of this bin and the one before. */
  readonly least: (at: number) => number
  /** What would be left if the others reached the peak of their day now, by what the workload used then and uses now. */
  readonly leftAtPeak: (own: Float32Array, at: number) => number
}

export function createHeadroomDay(): HeadroomDay {
  const bins = new Float64Array(binsOfDay).fill(Number.POSITIVE_INFINITY)
  let newest = -1
  return {
    add: (at, KiB) => {
      const bin = Math.floor(at / binMs)
      for (let empty = Math.max(newest + 1, bin - binsOfDay + 1); empty <= bin; empty++)
        bins[empty % binsOfDay] = Number.POSITIVE_INFINITY
      newest = Math.max(newest, bin)
      bins[bin % binsOfDay] = Math.min(bins[bin % binsOfDay]!, KiB)
    },
    least: at => {
      const bin = Math.floor(at / binMs)
      return Math.min(bins[bin % binsOfDay]!, bins[(bin + binsOfDay - 1) % binsOfDay]!)
    },
    leftAtPeak: (own, at) => {
      const last = Math.floor(at / binMs) - 1
      const ownNow = own.at(-1) || 0
      let least = Number.POSITIVE_INFINITY
      for (let back = 0; back < own.length && last - back >= 0; back++) {
        const left = bins[(last - back) % binsOfDay]!
        least = Math.min(least, left + (own[own.length - 1 - back] || 0) - ownNow)
      }
      return Math.max(0, least)
    },
  }
}

/**
 * How long until the node is full, ms: the growing workload goes on as it does, and the others repeat the last day from
 * where they are now. Infinity beyond a day and a half.
 */
export function untilFull(KiBPerHour: number, headroomKiB: number, others: Float64Array): number {
  const perBin = (KiBPerHour * binMs) / 3600_000
  if (headroomKiB <= 0) return 0
  let before = headroomKiB
  for (let ahead = 1; ahead < binsOfDay * 1.5; ahead++) {
    const left = headroomKiB - others[ahead % binsOfDay]! - perBin * ahead
    if (left <= 0) return binMs * (ahead - left / (left - before))
    before = left
  }
  return Number.POSITIVE_INFINITY
}
