import type { MemorySample, Stall } from '../../types.ts'
import { fileCacheKiB } from './headroom.ts'
import type { NodeDaemonPressure } from './node-daemon-pressure.ts'
import { type ReclaimCounters, reclaimCounters } from './reclaim-counters.ts'
import type { Thresholds } from './thresholds.ts'

export interface StallReading {
  readonly stall: Stall
  /** Time of this sample's interval in which work was stalled on memory, ms. */
  readonly lostMs: number
  /** The node's own daemons fault too; open where kubelet is not seen. Pods that thrash while kubelet does not are no node's stall. */
  readonly reachesDaemons: boolean
  /** Reclaim was at work within the last seconds: the node's, or that of `/kubepods` at its limit. */
  readonly isReclaiming: boolean
  readonly swapIsThrashing: boolean
}

interface StallContext {
  readonly daemons: NodeDaemonPressure
  /** `/kubepods` stands at its limit, so that its own reclaim counts as the node's. */
  readonly kubepodsIsFull: boolean
  /** Share of the time in which containers wait because they are held: no stall of the node. */
  readonly heldRatio?: number
}

/**
 * Measures how much of the time tasks wait for memory. Two signs, the greater counts: what was dropped is read back at
 * a rate that leaves the file cache nothing to give; or all tasks wait, for memory and disk together (memory's own PSI
 * shows nothing on a slow disk), while some of it is read back. Neither counts unless reclaim is at work.
 */
export function createStallMeter(
  thresholds: Thresholds,
): (sample: MemorySample, context: StallContext) => StallReading {
  let before: Reading | undefined
  const steps: Step[] = []

  return (sample, context) => {
    const reading: Reading = { sample, counters: reclaimCounters(sample) }
    const from = before
    before = reading
    const step = from && sample.at > from.sample.at ? stepBetween(from, reading, context) : undefined
    // A clock that was set back, or a reading after a long sleep: start again.
    if (from && sample.at < from.sample.at) steps.length = 0
    if (!step) return nothing(context.daemons)
    steps.push(step)
    while (steps[0]!.at <= sample.at - thresholds.reclaimWindowMs) steps.shift()

    const sum = sumOf(steps)
    const cacheKiB = Math.max(1, fileCacheKiB(sample.meminfo))
    // What is read back because the node is short of memory was dropped by the node's reclaim: a container that thrashes at
    // its own limit reads back much and the node drops nothing.
    const share = sum.readBackKiB > 0 ? Math.min(1, sum.droppedKiB / sum.readBackKiB) : 0
    const turnover = (sum.readBackKiB * share * 1000) / sum.ms / cacheKiB
    const turnoverNow = (step.readBackKiB * share * 1000) / step.ms / cacheKiB
    const isReclaiming = sum.scanned > 0

    let lostRatio = 0
    if (isReclaiming) {
      if (isNeeded(step, context.daemons, thresholds) || isNeeded(sum, context.daemons, thresholds)) {
        lostRatio = Math.min(1, turnoverNow / thresholds.fullTurnoverPerSecond)
      }
      if (turnover >= thresholds.minTurnoverPerSecond) {
        const waited = (step.memoryFullUs ?? 0) + (step.ioFullUs ?? 0)
        const lateRatio = (step.lateMs ?? 0) / step.ms
        const waitedRatio = Math.max(waited / (step.ms * 1000), context.daemons.lostRatio ?? 0, lateRatio)
        lostRatio = Math.max(lostRatio, Math.min(1, waitedRatio))
      }
    }
    return {
      stall: stallOf(sum, context.daemons, (sum.readBackKiB * 1000) / sum.ms / cacheKiB),
      lostMs: lostRatio * Math.min(step.ms, thresholds.stallWindowMs),
      reachesDaemons: reachesDaemons(context.daemons, thresholds),
      isReclaiming,
      swapIsThrashing: (sum.swapInKiB * 1000) / sum.ms / cacheKiB >= thresholds.minTurnoverPerSecond,
    }
  }
}

/** What happened between two samples. Undefined = this kernel does not count it. */
interface Step {
  readonly at: number
  readonly ms: number
  readonly readBackKiB: number
  readonly swapInKiB: number
  readonly droppedKiB: number
  readonly scanned: number
  readonly directReclaims: number | undefined
  readonly memorySomeUs: number | undefined
  readonly memoryFullUs: number | undefined
  readonly ioFullUs: number | undefined
  readonly lateMs: number | undefined
}

interface Reading {
  readonly sample: MemorySample
  readonly counters: ReclaimCounters
}

function stepBetween(
  { sample: before, counters: from }: Reading,
  { sample: after, counters: to }: Reading,
  { kubepodsIsFull, heldRatio = 0 }: StallContext,
): Step {
  const pressure = (kind: 'memory' | 'io', field: 'someUs' | 'fullUs') => {
    const a = before.pressure?.[kind]
    const b = after.pressure?.[kind]
    if (!a || !b) return undefined
    const heldUs = kind === 'memory' ? heldRatio * (after.at - before.at) * 1000 : 0
    return Math.max(0, grown(a[field], b[field]) - heldUs)
  }
  const isTimed = before.lateMs !== undefined || before.readMs !== undefined
  return {
    at: after.at,
    ms: after.at - before.at,
    readBackKiB: grown(from.readBackKiB, to.readBackKiB),
    swapInKiB: grown(from.swapInKiB, to.swapInKiB),
    droppedKiB: kubepodsIsFull ? droppedAnywhere(from, to) : grown(from.droppedByNodeKiB, to.droppedByNodeKiB),
    scanned: kubepodsIsFull ? 1 : grown(from.scannedByNode, to.scannedByNode),
    directReclaims:
      from.directReclaims === undefined
        ? undefined
        : grown(from.directReclaims, to.directReclaims ?? from.directReclaims),
    memorySomeUs: pressure('memory', 'someUs'),
    memoryFullUs: pressure('memory', 'fullUs'),
    ioFullUs: pressure('io', 'fullUs'),
    lateMs: isTimed ? (after.lateMs ?? 0) + (after.readMs ?? 0) : undefined,
  }
}

/** Reclaim at a cgroup's limit is in the sums by kind of page and not in those of kswapd and direct reclaim. */
function droppedAnywhere(from: ReclaimCounters, to: ReclaimCounters): number {
  // Not counted: then nothing speaks against it that all that is read back was dropped there.
  if (from.droppedAnywhereKiB === undefined || to.droppedAnywhereKiB === undefined) return Infinity
  return Math.max(
    grown(from.droppedAnywhereKiB, to.droppedAnywhereKiB),
    grown(from.droppedByNodeKiB, to.droppedByNodeKiB),
  )
}

// A counter that fell has started again (another boot).
function grown(from: number, to: number): number {
  return Math.max(0, to - from)
}

/** One pass: it is made of some ten steps for each sample. */
function sumOf(steps: readonly Step[]): Step {
  const sum: { -readonly [field in keyof Step]: Step[field] } = {
    at: steps.at(-1)!.at,
    ms: 0,
    readBackKiB: 0,
    swapInKiB: 0,
    droppedKiB: 0,
    scanned: 0,
    directReclaims: undefined,
    memorySomeUs: undefined,
    memoryFullUs: undefined,
    ioFullUs: undefined,
    lateMs: undefined,
  }
  for (const step of steps) {
    sum.ms += step.ms
    sum.readBackKiB += step.readBackKiB
    sum.swapInKiB += step.swapInKiB
    sum.droppedKiB += step.droppedKiB
    sum.scanned += step.scanned
    sum.directReclaims = addKnown(sum.directReclaims, step.directReclaims)
    sum.memorySomeUs = addKnown(sum.memorySomeUs, step.memorySomeUs)
    sum.memoryFullUs = addKnown(sum.memoryFullUs, step.memoryFullUs)
    sum.ioFullUs = addKnown(sum.ioFullUs, step.ioFullUs)
    sum.lateMs = addKnown(sum.lateMs, step.lateMs)
  }
  sum.ms = Math.max(1, sum.ms)
  return sum
}

function addKnown(sum: number | undefined, value: number | undefined): number | undefined {
  return value === undefined ? sum : (sum ?? 0) + value
}

/** Tasks wait for what is read back; open where neither PSI nor the daemons can be read. */
function isNeeded(sum: Step, daemons: NodeDaemonPressure, thresholds: Thresholds): boolean {
  const faults = daemons.majorFaultsPerSecond
  if (sum.memoryFullUs === undefined && faults === undefined) return true
  if ((sum.memoryFullUs ?? 0) / (sum.ms * 1000) >= thresholds.neededMemoryFullRatio) return true
  return (faults ?? 0) >= thresholds.neededDaemonFaultsPerSecond
}

function reachesDaemons(
  { seesKubelet, majorFaultsPerSecond = 0 }: NodeDaemonPressure,
  thresholds: Thresholds,
): boolean {
  return !seesKubelet || majorFaultsPerSecond >= thresholds.neededDaemonFaultsPerSecond
}

function stallOf(sum: Step, daemons: NodeDaemonPressure, refaultRatioPerSecond: number | null): Stall {
  const ratio = (us: number | undefined) => (us === undefined ? null : us / (sum.ms * 1000))
  return {
    refaultRatioPerSecond,
    memorySomeRatio: ratio(sum.memorySomeUs),
    memoryFullRatio: ratio(sum.memoryFullUs),
    ioFullRatio: ratio(sum.ioFullUs),
    directReclaimPerSecond: sum.directReclaims === undefined ? null : (sum.directReclaims * 1000) / sum.ms,
    daemonMajorFaultsPerSecond: daemons.majorFaultsPerSecond ?? null,
    daemonsInDState: daemons.inDState ?? null,
  }
}

function nothing(daemons: NodeDaemonPressure): StallReading {
  const stall: Stall = {
    refaultRatioPerSecond: null,
    memorySomeRatio: null,
    memoryFullRatio: null,
    ioFullRatio: null,
    directReclaimPerSecond: null,
    daemonMajorFaultsPerSecond: daemons.majorFaultsPerSecond ?? null,
    daemonsInDState: daemons.inDState ?? null,
  }
  return { stall, lostMs: 0, reachesDaemons: false, isReclaiming: false, swapIsThrashing: false }
}
