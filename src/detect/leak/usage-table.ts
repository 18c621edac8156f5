import type { UsageTrend } from '../../types.ts'
import {
  binMs,
  binsOfDay,
  dayLevel,
  levels,
  numbersOfWorkload,
  usualOffset,
  type WindowName,
  windows,
} from './usage-windows.ts'

/**
 * How much each workload uses, in three resolutions that end now, and what was usual at each time of the day before that.
 * Of each bin the least is kept, since a leak raises the floor, and garbage collection and bursts only what is above it.
 *
 * 1088 bytes a workload, in blocks of 64 workloads that are never freed: 1000 workloads take 1.1 MiB. An array that a
 * method returns is valid until the method is called again.
 */
export interface UsageTable {
  /** A slot for another workload; null: all are taken. */
  readonly open: () => number | null
  readonly close: (slot: number) => void
  readonly add: (slot: number, at: number, KiB: number) => void
  /** Its floor over a window, oldest first, the last bin whole; NaN = not read. */
  readonly floor: (slot: number, window: WindowName, at: number) => Float32Array
  /** The same above what is usual at that time of the day. */
  readonly above: (slot: number, window: WindowName, at: number) => Float32Array
  /** Its floor over the last day in bins of 16 minutes, oldest first. */
  readonly day: (slot: number, at: number) => Float32Array
  /** What was usual around this time of the day, KiB: the highest of 48 minutes; null = watched for less than a day. */
  readonly usualKiB: (slot: number, at: number) => number | null
  /** The highest of what was usual on the days before, KiB; null = as above. */
  readonly usualPeakKiB: (slot: number) => number | null
  readonly lastAt: (slot: number) => number
  readonly latestKiB: (slot: number) => number
  readonly restore: (slot: number, saved: Omit<UsageTrend, 'workload'>) => void
  readonly save: (slot: number) => Omit<UsageTrend, 'workload'>
}

/** What was usual fades by a fiftieth a day. */
const fading = 0.98
const slotsOfBlock = 64
/** A clock that is set back by more than this begins another day. */
const clockSetBackMs = 60 * 60_000

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the blocks
export function createUsageTable(capacity: number): UsageTable {
  const blocks: Float32Array[] = []
  const free: number[] = []
  const lastAt = new Float64Array(capacity)
  const latestKiB = new Float32Array(capacity)
  const usualPeakKiB = new Float32Array(capacity)
  const scratch = createScratch()
  let opened = 0

  const open = (): number | null => {
    const slot = free.pop() ?? (opened < capacity ? opened++ : null)
    if (slot === null) return null
    if (slot >= blocks.length * slotsOfBlock) blocks.push(new Float32Array(slotsOfBlock * numbersOfWorkload))
    const base = baseOf(slot)
    blockOf(slot).fill(Number.NaN, base, base + numbersOfWorkload)
    lastAt[slot] = Number.NaN
    latestKiB[slot] = 0
    usualPeakKiB[slot] = 0
    return slot
  }

  const blockOf = (slot: number): Float32Array => blocks[Math.floor(slot / slotsOfBlock)]!

  const add = (slot: number, at: number, KiB: number): void => {
    const before = lastAt[slot]!
    latestKiB[slot] = KiB
    if (at < before - clockSetBackMs) clearLevels(slot)
    else if (at < before) return
    for (let level = 0; level < levels.length; level++) put(slot, level, at, KiB)
    lastAt[slot] = at
  }

  const clearLevels = (slot: number): void => {
    const base = baseOf(slot)
    blockOf(slot).fill(Number.NaN, base, base + usualOffset)
    lastAt[slot] = Number.NaN
  }

  const put = (slot: number, level: number, at: number, KiB: number): void => {
    const { binMs: length, bins, offset } = levels[level]!
    const block = blockOf(slot)
    const base = baseOf(slot) + offset
    const bin = Math.floor(at / length)
    const newest = Math.floor(lastAt[slot]! / length)
    // Bins in which nothing was read are empty, not what stood there a round ago.
    for (let empty = newest >= bin - bins ? newest + 1 : bin - bins + 1; empty <= bin; empty++) {
      const index = base + modulo(empty, bins)
      if (level === 2) leave(slot, empty, block[index]!)
      block[index] = Number.NaN
    }
    const index = base + modulo(bin, bins)
    if (!(block[index]! <= KiB)) block[index] = KiB
  }

  /** What leaves the last day is what was usual: the highest counts. */
  const leave = (slot: number, bin: number, KiB: number): void => {
    if (Number.isNaN(KiB)) return
    const phase = modulo(bin, binsOfDay)
    const block = blockOf(slot)
    const usual = baseOf(slot) + usualOffset
    const known = block[usual + phase]!
    block[usual + phase] = Number.isNaN(known) ? KiB : Math.max(KiB, known * fading)
    if (phase === 0) usualPeakKiB[slot] = highest(block, usual, binsOfDay)
    usualPeakKiB[slot] = Math.max(usualPeakKiB[slot]!, block[usual + phase]!)
  }

  /** The whole bins before the one that is running. */
  const read = (slot: number, level: number, at: number, out: Float32Array): Float32Array => {
    const { binMs: length, bins, offset } = levels[level]!
    const block = blockOf(slot)
    const base = baseOf(slot) + offset
    const newest = Math.floor(lastAt[slot]! / length)
    const first = Math.floor(at / length) - out.length
    let place = modulo(first, bins)
    for (let index = 0; index < out.length; index++) {
      const bin = first + index
      out[index] = bin <= newest && bin > newest - bins ? block[base + place]! : Number.NaN
      place = place + 1 === bins ? 0 : place + 1
    }
    return out
  }

  const floor = (slot: number, window: WindowName, at: number): Float32Array => {
    const { level, floorOf } = windows[window]
    const { bins, floors } = scratch[window]
    return floorsOf(read(slot, level, at, bins), floorOf, floors)
  }

  const above = (slot: number, window: WindowName, at: number): Float32Array => {
    const { level, bins, floorOf } = windows[window]
    const { binMs: length } = levels[level]
    const out = scratch[window].above
    out.set(floor(slot, window, at))
    const last = Math.floor(at / length) - 1
    for (let bin = 0; bin < bins; bin++)
      out[bin]! -= usualAt(slot, (last - (bins - 1 - bin) + 0.5 - (floorOf - 1) / 2) * length)
    return out
  }

  const usualAt = (slot: number, at: number): number => {
    const exact = at / binMs - 0.5
    const phase = Math.floor(exact)
    const block = blockOf(slot)
    const usual = baseOf(slot) + usualOffset
    const place = modulo(phase, binsOfDay)
    const before = block[usual + place]!
    const after = block[usual + (place + 1 === binsOfDay ? 0 : place + 1)]!
    const value = before + (after - before) * (exact - phase)
    return Number.isNaN(value) ? usualPeakKiB[slot]! : value
  }

  return {
    open,
    close: slot => free.push(slot),
    add,
    floor,
    above,
    day: (slot, at) => read(slot, 2, at, scratch.day),
    usualKiB: (slot, at) => {
      if (usualPeakKiB[slot] === 0) return null
      const bin = Math.floor(at / binMs)
      const usual = baseOf(slot) + usualOffset
      let most = Number.NaN
      for (let near = bin - 1; near <= bin + 1; near++) {
        const KiB = blockOf(slot)[usual + modulo(near, binsOfDay)]!
        if (!(KiB <= most) && !Number.isNaN(KiB)) most = KiB
      }
      return Number.isNaN(most) ? usualPeakKiB[slot]! : most
    },
    usualPeakKiB: slot => usualPeakKiB[slot] || null,
    lastAt: slot => lastAt[slot]!,
    latestKiB: slot => latestKiB[slot]!,
    restore: (slot, { lastAt: last, day, usual }) => {
      const block = blockOf(slot)
      const base = baseOf(slot)
      const newest = Math.floor(last / binMs)
      lastAt[slot] = last
      // The newest bin is not saved: it was not whole.
      for (let index = 0; index < binsOfDay; index++) {
        const KiB = (day[index] ?? -1) * 1024
        const place = base + dayLevel.offset + modulo(newest - binsOfDay + index, binsOfDay)
        if (KiB >= 0 && index > 0) block[place] = KiB
        const before = (usual[index] ?? -1) * 1024
        if (before >= 0) block[base + usualOffset + index] = before
        usualPeakKiB[slot] = Math.max(usualPeakKiB[slot]!, before)
      }
    },
    save: slot => ({
      lastAt: lastAt[slot]!,
      day: MiBOf(read(slot, 2, lastAt[slot]!, new Float32Array(binsOfDay))),
      usual: MiBOf(blockOf(slot).subarray(baseOf(slot) + usualOffset, baseOf(slot) + numbersOfWorkload)),
    }),
  }
}

/** Where the numbers of a slot begin in its block. */
function baseOf(slot: number): number {
  return (slot % slotsOfBlock) * numbersOfWorkload
}

/** Reading a window makes no garbage: buffers of short arrays lie outside V8's heap and are collected late. */
function createScratch() {
  const of = (window: WindowName) => {
    const { bins, floorOf } = windows[window]
    const read = new Float32Array(bins + floorOf - 1)
    return { bins: read, floors: floorOf === 1 ? read : new Float32Array(bins), above: new Float32Array(bins) }
  }
  return {
    '30m': of('30m'),
    '1h': of('1h'),
    '2h': of('2h'),
    '4h': of('4h'),
    '8h': of('8h'),
    '12h': of('12h'),
    '24h': of('24h'),
    day: new Float32Array(binsOfDay - 1),
  }
}

/** The least of each and of the `count - 1` before it. */
function floorsOf(values: Float32Array, count: number, out: Float32Array): Float32Array {
  if (count === 1) return values
  for (let index = 0; index < out.length; index++) {
    let least = Number.NaN
    for (let back = 0; back < count; back++) {
      const value = values[index + back]!
      if (value < least || Number.isNaN(least)) least = value
    }
    out[index] = least
  }
  return out
}

function highest(values: Float32Array, from: number, count: number): number {
  let most = 0
  for (let index = from; index < from + count; index++) if (values[index]! > most) most = values[index]!
  return most
}

function MiBOf(bins: Float32Array): readonly number[] {
  return Array.from(bins, KiB => (Number.isNaN(KiB) ? -1 : Math.round(KiB / 1024)))
}

function modulo(value: number, of: number): number {
  const rest = value % of
  return rest < 0 ? rest + of : rest
}
