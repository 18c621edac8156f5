import { isKubeletUnit, isRuntimeUnit } from '../../identify/node-daemon.ts'
import { type CgroupPath, parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import type { CgroupSamples, PressureTotals, ProcessSamples } from '../../types.ts'

/** What kubelet and the container runtime suffer themselves. Undefined = not to be had here. */
export interface NodeDaemonPressure {
  readonly majorFaultsPerSecond: number | undefined
  readonly inDState: number | undefined
  /** kubelet is among those that are seen: it is never idle, so that it faults wherever its memory is taken. */
  readonly seesKubelet: boolean
  /** Share of time in which all of a daemon's work waited for memory or disk; of the one that waits most. */
  readonly lostRatio: number | undefined
}

interface NodeDaemonPressureMeter {
  readonly processes: (observation: ProcessSamples) => void
  readonly cgroups: (observation: CgroupSamples) => void
  /** `since`: the sample before. A daemon that does not wait is not sampled, so what is older than that is over. */
  readonly now: (at: number, since: number) => NodeDaemonPressure
}

/** Follows kubelet and the runtime, known by their units and never by name: their faults, their state, their waiting. */
export function createNodeDaemonPressure(windowMs: number): NodeDaemonPressureMeter {
  const daemons = new Map<number, { startTicks: number; faults: number; state: string; isKubelet: boolean }>()
  const pressures = new Map<string, { at: number; fullUs: number; lostRatio: number }>()
  const faults: { at: number; count: number }[] = []
  let firstAt: number | undefined
  const isDaemon = createUnitCheck(isRuntimeUnit)
  const isKubelet = createUnitCheck(isKubeletUnit)

  const processes = (observation: ProcessSamples): void => {
    let count = 0
    for (const process of observation.seen) {
      const known = daemons.get(process.pid)
      const isKnown = known?.startTicks === process.startTicks
      if (!isKnown && !isDaemon(process.cgroup)) continue
      if (isKnown) count += Math.max(0, process.majorFaults - known.faults)
      const { startTicks, majorFaults, state, cgroup } = process
      daemons.set(process.pid, {
        startTicks,
        faults: majorFaults,
        state,
        isKubelet: known?.isKubelet ?? isKubelet(cgroup),
      })
    }
    for (const { pid, startTicks } of observation.gone) {
      if (daemons.get(pid)?.startTicks === startTicks) daemons.delete(pid)
    }
    if (daemons.size === 0) return
    firstAt ??= observation.at
    faults.push({ at: observation.at, count })
    while (faults.length > 0 && faults[0]!.at <= observation.at - windowMs) faults.shift()
  }

  const cgroups = ({ at, cgroups }: CgroupSamples): void => {
    for (const { path, memoryPressure, ioPressure } of cgroups) {
      if (!memoryPressure && !ioPressure) continue
      if (!isDaemon(path)) continue
      const fullUs = full(memoryPressure) + full(ioPressure)
      const before = pressures.get(path)
      const elapsedUs = before ? (at - before.at) * 1000 : 0
      if (before && elapsedUs <= 0) continue
      const lostRatio = before ? Math.min(1, Math.max(0, fullUs - before.fullUs) / elapsedUs) : 0
      pressures.set(path, { at, fullUs, lostRatio })
    }
  }

  const now = (at: number, since: number): NodeDaemonPressure => {
    let lostRatio: number | undefined
    for (const pressure of pressures.values()) {
      if (pressure.at >= since) lostRatio = Math.max(lostRatio ?? 0, pressure.lostRatio)
    }
    if (daemons.size === 0)
      return { majorFaultsPerSecond: undefined, inDState: undefined, seesKubelet: false, lostRatio }
    const seconds = Math.min(windowMs, at - (firstAt ?? at)) / 1000
    const total = faults.reduce((sum, { at: when, count }) => (when > at - windowMs ? sum + count : sum), 0)
    return {
      majorFaultsPerSecond: seconds > 0 ? total / seconds : undefined,
      inDState: [...daemons.values()].filter(({ state }) => state === 'D').length,
      seesKubelet: [...daemons.values()].some(({ isKubelet }) => isKubelet),
      lostRatio,
    }
  }

  return { processes, cgroups, now }
}

/** By hand before the parser: most processes and cgroups are those of pods; the units come by each second. */
export function createUnitCheck(isUnit: (cgroup: CgroupPath) => boolean): (cgroup: string) => boolean {
  const known = new Map<string, boolean>()
  return cgroup => {
    if (cgroup.includes('kubepods')) return false
    let isOne = known.get(cgroup)
    if (isOne === undefined) {
      isOne = isUnit(parseCgroupPath(cgroup))
      if (known.size >= keptPaths) known.clear()
      known.set(cgroup, isOne)
    }
    return isOne
  }
}

// A host has some hundred units and sessions.
const keptPaths = 1_000

function full(pressure: PressureTotals | undefined): number {
  return pressure?.fullUs ?? 0
}
