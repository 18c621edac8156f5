import { type Trend, theilSen } from './theil-sen.ts'
import type { UsageTable } from './usage-table.ts'
import { type WindowName, windowMs } from './usage-windows.ts'

/** How fast a workload grows beyond what is usual for it. */
interface Growth {
  readonly KiBPerHour: number
  readonly since: number
  /** How far ahead it may be extrapolated: 15 minutes are no evidence for tomorrow. */
  readonly reachMs: number
}

interface Rule {
  readonly window: WindowName
  /** Share of pairs that rise less those that fall; what a short window shows must be the more even. */
  readonly leastRising: number
  /** The rise over the window, in medians of the distance from the line. */
  readonly leastRise: number
}

const rules: readonly Rule[] = [
  { window: '30m', leastRising: 0.9, leastRise: 6 },
  { window: '1h', leastRising: 0.85, leastRise: 5 },
  { window: '2h', leastRising: 0.8, leastRise: 4 },
  { window: '4h', leastRising: 0.7, leastRise: 4 },
  { window: '8h', leastRising: 0.65, leastRise: 4 },
  { window: '12h', leastRising: 0.6, leastRise: 3.5 },
  { window: '24h', leastRising: 0.6, leastRise: 3.5 },
]

/** Share of the time that is left which must have been watched. */
const leastEvidence = 0.3
/** Before a day was watched, rhythms are not known: only what rises for hours counts. */
const firstDay: ReadonlySet<WindowName> = new Set(['4h', '8h', '12h', '24h'])
/** A smaller rise is ignored, KiB. */
const leastRiseKiB = 6 * 1024

/** The growth in the longest window in which it is steady up to now; null where it is in none. */
export function steadyGrowth(usage: UsageTable, slot: number, at: number): Growth | null {
  const peak = usage.usualPeakKiB(slot)
  const newKiB = newOf(usage, slot, at)
  // A level that it reached at this time of an earlier day is its rhythm, or a leak that restarts undo. It is not
  // reported.
  if (peak !== null && newKiB < Math.max(4096, peak * 0.015)) return null
  let best: Growth | null = null
  for (const rule of rules) {
    const { window } = rule
    if (peak === null && !firstDay.has(window)) continue
    const rise = riseOf(usage, slot, at, rule)
    if (!rise || (best && rise.bend > 1.6)) continue
    if (newKiB < rise.KiB / 2) continue
    const ms = windowMs(window)
    best = { KiBPerHour: (rise.KiB / ms) * 3600_000, since: at - ms, reachMs: ms / leastEvidence }
  }
  return best ?? dayOnDay(usage, slot, peak, at)
}

/** How much more it uses than was usual around this time of the day. */
function newOf(usage: UsageTable, slot: number, at: number): number {
  const now = usage.floor(slot, '30m', at).findLast(KiB => !Number.isNaN(KiB)) ?? 0
  return now - (usage.usualKiB(slot, at) ?? 0)
}

/**
 * By how much it rises over a window, if it does so steadily. Over hours what is usual is taken off; within two hours it
 * has to rise by itself as well, since a profile with a step in it makes a rise of what is even.
 */
function riseOf(
  usage: UsageTable,
  slot: number,
  at: number,
  rule: Rule,
): { readonly KiB: number; readonly bend: number } | null {
  const above = steadyRise(usage.above(slot, rule.window, at), rule)
  if (!above || !isShort.has(rule.window) || usage.usualPeakKiB(slot) === null) return above
  const own = steadyRise(usage.floor(slot, rule.window, at), rule)
  return own && (own.KiB < above.KiB ? own : above)
}

const isShort: ReadonlySet<WindowName> = new Set(['30m', '1h', '2h'])

function steadyRise(readings: Float32Array, { leastRising, leastRise }: Rule) {
  if (!mayRise(readings)) return null
  const trend = theilSen(readings, leastRising)
  if (!trend || trend.slope <= 0) return null
  const KiB = trend.slope * readings.length
  if (KiB < leastRise * trend.noise || KiB < leastRiseKiB) return null
  const bend = bendOf(readings, trend)
  // A heap that fills and stops, a cache that warms.
  return bend < 0.5 ? null : { KiB, bend }
}

/** Grown for more than a day, it is above the day before by the same at every hour. */
function dayOnDay(usage: UsageTable, slot: number, peak: number | null, at: number): Growth | null {
  if (peak === null) return null
  const above = usage.above(slot, '24h', at)
  const known = above.filter(KiB => !Number.isNaN(KiB)).sort()
  if (known.length < above.length * 0.9) return null
  const low = known[Math.floor(known.length * 0.1)]!
  const middle = known[known.length >> 1]!
  const highest = usage.day(slot, at).reduce((most, KiB) => (Number.isNaN(KiB) ? most : Math.max(KiB, most)), 0)
  if (low < middle * 0.4 || middle < leastRiseKiB || highest < peak * 1.01) return null
  // Growth that levels off becomes slower and slower.
  const third = Math.floor(above.length / 3)
  if (medianOf(above.slice(-third)) < medianOf(above.slice(0, third)) * 0.6) return null
  return { KiBPerHour: middle / 24, since: at - 24 * 3600_000, reachMs: 36 * 3600_000 }
}

function medianOf(values: Float32Array): number {
  const known = values.filter(value => !Number.isNaN(value)).sort()
  return known[known.length >> 1] ?? 0
}

/** Cheap: rules out nearly all windows before all their pairs are looked at. */
function mayRise(readings: Float32Array): boolean {
  const third = Math.floor(readings.length / 3)
  let pairs = 0
  let up = 0
  for (let index = third; index < readings.length; index++) {
    const change = readings[index]! - readings[index - third]!
    if (Number.isNaN(change)) continue
    pairs++
    if (change > 0) up++
  }
  return pairs > third && up >= pairs * 0.75
}

/** How fast it rises in the last third, as a share of the whole. */
function bendOf(readings: Float32Array, { slope }: Trend): number {
  const last = theilSen(readings.subarray(readings.length - Math.max(10, Math.floor(readings.length / 3))))
  return last ? last.slope / slope : 1
}
