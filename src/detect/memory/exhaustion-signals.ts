import type { ExhaustionSignals, MemoryView } from '../../types.ts'
import type { HeadroomNow } from './headroom.ts'
import { type Point, slopeKiBPerSecond } from './slope.ts'
import type { StallReading } from './stall.ts'
import type { Thresholds } from './thresholds.ts'

interface ExhaustionInput {
  readonly at: number
  readonly headroom: HeadroomNow
  readonly reading: StallReading
  readonly kubeletStarvedSince: number | null
  /** What pods use that started so lately that they are in the slopes, KiB. */
  readonly startingKiB: number
  /** With this moment as its last. */
  readonly history: ReturnType<MemoryView['history']>
}

interface ExhaustionReading {
  readonly signals: ExhaustionSignals
  /** The slower of the short and the long slope; negative = shrinking; null where neither is known. */
  readonly slopeKiBPerSecond: number | null
}

/** How long a node is watched before low headroom counts as its baseline. */
const baselineMs = 14 * 60_000
/** Thrash slows the growth that causes it: by so much in the captures (see the forecast). */
const depletingSlack = 1.5

/** Reads headroom and stall together: how much of the last seconds was stalled with little left, and when none is left. */
export function createExhaustionMeter(thresholds: Thresholds): (input: ExhaustionInput) => ExhaustionReading {
  const lost: { at: number; ms: number }[] = []
  const readings: { at: number; isLow: boolean }[] = []
  let lowCount = 0
  let depletingSince: number | null = null
  let stalledSince: number | null = null
  let lastAt = -Infinity

  return ({ at, headroom, reading, kubeletStarvedSince, startingKiB, history }) => {
    if (at < lastAt) {
      lost.length = readings.length = lowCount = 0
      depletingSince = stalledSince = null
    }
    lastAt = at

    const recent = recentOf(headroom, history, Math.max(thresholds.longSlopeMs, thresholds.reclaimWindowMs))
    const lostMs = reading.lostMs * weightOf(headroom.ratio, thresholds)
    if (lostMs > 0 && !isRecovering(headroom, recent, thresholds)) lost.push({ at, ms: lostMs })
    while (lost.length > 0 && lost[0]!.at <= at - thresholds.stallWindowMs) lost.shift()
    const stalledMs = lost.reduce((sum, { ms }) => sum + ms, 0)

    const isLow = headroom.ratio < thresholds.primedHeadroomRatio
    readings.push({ at, isLow })
    if (isLow) lowCount++
    while (readings[0]!.at <= at - baselineMs) if (readings.shift()!.isLow) lowCount--

    const short = slopeKiBPerSecond(recent, thresholds.shortSlopeMs)
    const long = slopeKiBPerSecond(recent, thresholds.longSlopeMs)
    const emptyInSeconds = emptyIn(headroom.KiB, short, long)
    // Thrashing slows growth down, so the end of depletion has a wider threshold than its start.
    const withinSeconds = thresholds.emptySeconds * (depletingSince === null ? 1 : depletingSlack)
    const isDepleting =
      headroom.ratio < thresholds.depletingHeadroomRatio &&
      (reading.isReclaiming || isUncached(headroom, thresholds)) &&
      emptyInSeconds !== null &&
      emptyInSeconds[1] < withinSeconds
    depletingSince = isDepleting ? (depletingSince ?? at) : null
    const isDepletingForLong = depletingSince !== null && at - depletingSince >= thresholds.depletingMs
    const isShort = headroom.ratio < thresholds.lowHeadroomRatio
    // The limit of all pods does not include kubelet, but reaching it is a stall as well.
    const isFelt = reading.reachesDaemons || headroom.of !== 'node'
    const isStalled =
      isShort && isFelt && stalledMs >= (isDepletingForLong ? thresholds.depletingStallMs : thresholds.criticalStallMs)
    stalledSince = isStalled ? (stalledSince ?? at) : null

    return {
      signals: {
        stalledMs: isShort ? stalledMs : 0,
        stalledSince,
        isReclaiming: reading.isReclaiming,
        emptyInSeconds,
        depletingSince,
        kubeletStarvedSince,
        startingShare: startingKiB > 0 ? shareOf(startingKiB, recent, thresholds.longSlopeMs) : null,
        lowShare: at - history[0]!.at >= baselineMs ? lowCount / readings.length : null,
      },
      slopeKiBPerSecond: short === null || long === null ? (short ?? long) : Math.max(short, long),
    }
  }
}

/**
 * The memory of pods is all their own: below `/kubepods`' limit reclaim finds nothing to do before the limit is hit, and
 * hence is no sign of it. The node itself always reclaims before it kills.
 */
function isUncached({ of, ratio }: HeadroomNow, { scarceHeadroomRatio }: Thresholds): boolean {
  return of === 'kubepods' && ratio < scarceHeadroomRatio
}

/** A stall counts more with less headroom: fully with almost none, not at all if headroom is not low. */
function weightOf(ratio: number, { lowHeadroomRatio, scarceHeadroomRatio }: Thresholds): number {
  if (ratio >= lowHeadroomRatio) return 0
  return ratio <= scarceHeadroomRatio ? 1 : (lowHeadroomRatio - ratio) / (lowHeadroomRatio - scarceHeadroomRatio)
}

/** The last moments of what headroom is of now: when another becomes the least of them, that is no growth and no recovery. */
function recentOf({ of }: HeadroomNow, history: ExhaustionInput['history'], windowMs: number): readonly Point[] {
  // The slopes ask for one moment before their window.
  const since = history.at(-1)!.at - windowMs * 1.5
  const recent: Point[] = []
  for (let index = history.length - 1; index >= 0 && history[index]!.at >= since; index--) {
    const { at, headroomKiB, of: parts } = history[index]!
    recent.push({ at, headroomKiB: parts[of] ?? headroomKiB })
  }
  return recent.reverse()
}

/** Of what headroom lost over a window, the share that this is. */
function shareOf(KiB: number, recent: readonly Point[], windowMs: number): number | null {
  const last = recent.at(-1)!
  const first = recent.find(({ at }) => at >= last.at - windowMs)!
  const lostKiB = first.headroomKiB - last.headroomKiB
  return lostKiB > 0 ? KiB / lostKiB : null
}

/** The burst is over: pages that it evicted are read back into the freed memory. */
function isRecovering(headroom: HeadroomNow, recent: readonly Point[], thresholds: Thresholds): boolean {
  const since = recent.at(-1)!.at - thresholds.reclaimWindowMs
  let least = headroom.KiB
  for (let index = recent.length - 1; index >= 0 && recent[index]!.at > since; index--) {
    least = Math.min(least, recent[index]!.headroomKiB)
  }
  if (headroom.KiB === least) return false
  const capacityKiB = headroom.KiB / headroom.ratio
  return headroom.KiB - least > capacityKiB * thresholds.recoveringRatio
}

/** A burst shows in the short slope alone, what is over in the long one alone: it shrinks where both say so. */
function emptyIn(KiB: number, short: number | null, long: number | null): readonly [number, number] | null {
  if (short === null || long === null || short >= 0 || long >= 0) return null
  return [KiB / -Math.min(short, long), KiB / -Math.max(short, long)]
}
