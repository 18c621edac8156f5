import type { Strain, World } from '../types.ts'
import { defaultThresholds } from './thresholds.ts'

/** Of the kernel's next victims, how many are looked at: a node-wide crisis rarely kills more before it is over. */
const victims = 3
/** Little headroom is a habit where it is so nearly always. */
const habitShare = 0.9
/** A victim whose successor takes back this share frees next to nothing. */
const smallShare = 0.5

/**
 * No kill yet, but headroom is small as a habit and the kernel's next victims come back or are too small to matter: then
 * the first kill begins a loop. Unknown is not primed.
 */
export function isPrimed(strain: Strain, { identity, memory }: World): boolean {
  if (strain.lowShare === null || strain.lowShare < habitShare || !memory.headroom) return false
  // A habit that has just ended (a batch job is done) is none.
  if (memory.headroom.ratio >= defaultThresholds.primedHeadroomRatio) return false
  const next = identity.candidates(victims)
  if (next.length === 0) return false
  const needKiB = memory.headroom.KiB * smallShare
  return (
    next.every(({ process, workload }) => identity.respawns(workload) === true || process.rssKiB < needKiB) &&
    next.some(({ workload }) => identity.respawns(workload) === true)
  )
}
