import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import type {
  CgroupSample,
  ExhaustionSignals,
  Headroom,
  HostFacts,
  MemorySample,
  MemoryView,
  Observation,
  Stall,
} from '../../types.ts'
import { createExhaustionMeter } from './exhaustion-signals.ts'
import { availableKiBOf, headroomOf } from './headroom.ts'
import { createHeldPressure } from './held-pressure.ts'
import { createKubeletMeter } from './kubelet-starvation.ts'
import { createNodeDaemonPressure } from './node-daemon-pressure.ts'
import { pageKiBOf } from './reclaim-counters.ts'
import { createStallMeter } from './stall.ts'
import { createStartingPods } from './starting-pods.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'

interface MutableMemoryView extends MemoryView {
  readonly observe: (observation: Observation, host: HostFacts) => void
}

type HistoryPoint = ReturnType<MemoryView['history']>[number]

const historyMs = 15 * 60_000
/** Older than this a sample says nothing of what was available just before a kill. */
const staleMs = 15_000
// A node has some hundred pods. More are hostile.
const maxCgroups = 20_000

/** Folds the samples of memory, cgroups and processes into headroom, stall and signals of exhaustion, with a quarter of an hour of both. */
export function createMemoryView(thresholds: Thresholds = defaultThresholds): MutableMemoryView {
  let latest: MemorySample | null = null
  let headroom: Headroom | null = null
  let stall: Stall | null = null
  let signals: ExhaustionSignals | null = null
  let swapIsThrashing = false
  let kubepods: CgroupSample | undefined
  const cgroups = new Map<string, CgroupSample>()
  const history: HistoryPoint[] = []
  const daemons = createNodeDaemonPressure(thresholds.reclaimWindowMs)
  const kubelet = createKubeletMeter(thresholds)
  const starting = createStartingPods(thresholds.longSlopeMs + thresholds.depletingMs)
  const held = createHeldPressure()
  const measureStall = createStallMeter(thresholds)
  const measureExhaustion = createExhaustionMeter(thresholds)

  const observeMemory = (sample: MemorySample, host: HostFacts): void => {
    if (latest && sample.at < latest.at) history.length = 0
    const pressure = daemons.now(sample.at, latest?.at ?? sample.at)
    latest = sample
    const reading = measureStall(sample, {
      daemons: pressure,
      kubepodsIsFull: isFull(kubepods),
      heldRatio: held.ratio(sample.at),
    })
    stall = reading.stall
    swapIsThrashing = reading.swapIsThrashing
    const isBound = host.kubelet?.memoryManagerPolicy === 'Static'
    const now = headroomOf({ sample, kubepods, swapIsThrashing, isBound })
    if (!now) return
    const { at } = sample
    const of = { node: now.nodeKiB, kubepods: now.kubepodsKiB, numa: now.numaKiB }
    history.push({ at, headroomKiB: now.KiB, availableKiB: availableKiBOf(sample) ?? 0, of })
    while (history[0]!.at <= at - historyMs) history.shift()
    const kubeletStarvedSince = kubelet.starvedSince(at, now.ratio < thresholds.lowHeadroomRatio)
    const startingKiB = starting.KiB(at)
    const measured = measureExhaustion({ at, headroom: now, reading, kubeletStarvedSince, startingKiB, history })
    signals = measured.signals
    headroom = { ...now, slopeKiBPerSecond: measured.slopeKiBPerSecond }
  }

  const observe = (observation: Observation, host: HostFacts): void => {
    if (observation.kind === 'memory') observeMemory(observation, host)
    else if (observation.kind === 'hold') held.observe(observation)
    else if (observation.kind === 'processes') daemons.processes(observation)
    else if (observation.kind === 'cgroups') {
      daemons.cgroups(observation)
      starting.cgroups(observation)
      kubelet.cgroups(observation, latest ? pageKiBOf(latest) : 4)
      for (const path of observation.gone ?? []) {
        cgroups.delete(path)
        if (kubepods?.path === path) kubepods = undefined
      }
      for (const sample of observation.cgroups) {
        // A sample may hold less than the one before it (events are read more often than memory.stat).
        const merged = { ...cgroups.get(sample.path), ...sample }
        if (cgroups.size >= maxCgroups && !cgroups.has(sample.path)) continue
        cgroups.set(sample.path, merged)
        if (isKubepods(sample.path)) kubepods = merged
      }
    }
  }

  const availableKiBAt = (at: number): number | null => {
    for (let index = history.length - 1; index >= 0; index--) {
      const point = history[index]!
      if (point.at <= at) return at - point.at <= staleMs ? point.availableKiB : null
    }
    return null
  }

  return {
    get latest() {
      return latest
    },
    get headroom() {
      return headroom
    },
    get stall() {
      return stall
    },
    get signals() {
      return signals
    },
    availableKiBAt,
    cgroup: path => cgroups.get(path),
    cgroups: () => cgroups.values(),
    history: () => history,
    observe,
  }
}

// By hand before the parser: there are hundreds of cgroups in each reading.
function isKubepods(path: string): boolean {
  return (path.endsWith('kubepods') || path.endsWith('kubepods.slice')) && parseCgroupPath(path).level === 'kubepods'
}

// The kernel charges in batches, so that a cgroup at its limit reads a little below it.
function isFull(kubepods: CgroupSample | undefined): boolean {
  if (!kubepods?.limitKiB || kubepods.currentKiB === undefined) return false
  return kubepods.currentKiB >= kubepods.limitKiB * 0.99
}
