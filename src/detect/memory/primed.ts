import type { ExhaustionSignals, World } from '../../types.ts'
import { defaultThresholds } from './thresholds.ts'

/** Of the kernel's next victims, how many are looked at: a node-wide crisis rarely kills more before it is over. */
const victims = 3
/** Headroom must be low for this share of the time to count as the baseline. */
const baselineShare = 0.9
/** A victim whose successor takes back this share frees almost nothing. */
const smallShare = 0.5

/**
 * No kill yet, but low headroom is the baseline, and the kernel's next victims restart or are too small to matter: then
 * the first kill begins a loop. What is unknown is no risk.
 */
export function isPrimed(signals: ExhaustionSignals, { identity, memory }: World): boolean {
  if (signals.lowShare === null || signals.lowShare < baselineShare || !memory.headroom) return false
  // A baseline that has just ended, for example with a batch job, does not count.
  if (memory.headroom.ratio >= defaultThresholds.primedHeadroomRatio) return false
  const next = identity.candidates(victims)
  if (next.length === 0) return false
  const needKiB = memory.headroom.KiB * smallShare
  return (
    next.every(({ process, workload }) => identity.respawns(workload) === true || process.rssKiB < needKiB) &&
    next.some(({ workload }) => identity.respawns(workload) === true)
  )
}
