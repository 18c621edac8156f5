import { isKubeletUnit } from '../../identify/node-daemon.ts'
import type { CgroupSample, CgroupSamples } from '../../types.ts'
import { createUnitCheck } from './node-daemon-pressure.ts'
import type { Thresholds } from './thresholds.ts'

interface KubeletMeter {
  readonly cgroups: (observation: CgroupSamples, pageKiB: number) => void
  /**
   * Since when kubelet has made next to no progress without a break, ms; null = it does, or its cgroup does not show it.
   * `isShort`: little headroom is left; what is read back into free memory does not starve it.
   */
  readonly starvedSince: (at: number, isShort: boolean) => number | null
}

/**
 * Judges by kubelet's own cgroup whether kubelet makes progress. Thrash alone does not stop it: a node whose pods spend half
 * of their time waiting for the disk renewed its lease every 10 to 14 s. What stops it is that its own code and files are
 * dropped faster than it can use them. So the measure is the share of its file cache that kubelet reads back for each
 * second in which it is not waiting for memory or disk. It has no unit and does not depend on how fast the disk is.
 */
export function createKubeletMeter(thresholds: Thresholds): KubeletMeter {
  const isKubelet = createUnitCheck(isKubeletUnit)
  let points: Point[] = []
  let path: string | null = null
  let from: number | null = null
  let lastAt = -Infinity

  const cgroups = ({ at, cgroups, gone }: CgroupSamples, pageKiB: number): void => {
    if (path !== null && gone?.includes(path)) {
      path = null
      points = []
    }
    for (const sample of cgroups) {
      if (path === null && isKubelet(sample.path)) path = sample.path
      if (sample.path !== path) continue
      const point = pointOf(at, sample, pageKiB)
      if (!point) continue
      // A counter or clock went back, so kubelet's cgroup is a new one.
      const last = points.at(-1)
      if (last && (at <= last.at || point.readBackKiB < last.readBackKiB || point.waitedUs < last.waitedUs)) points = []
      points.push(point)
      while (points.length > 2 && points[1]!.at <= at - thresholds.reclaimWindowMs) points.shift()
    }
  }

  const starvedSince = (at: number, isShort: boolean): number | null => {
    const rate = readBackPerRunningSecond(points, at)
    if (isShort && rate !== null && rate >= thresholds.starvedReadBack) {
      from ??= at
      lastAt = at
    } else if (at - lastAt > graceMs) from = null
    return from !== null && at - from >= thresholds.starvedMs ? from : null
  }

  return { cgroups, starvedSince }
}

/** What kubelet's cgroup had counted at a moment. */
interface Point {
  readonly at: number
  readonly waitedUs: number
  readonly readBackKiB: number
  readonly fileKiB: number
}

// A single better reading is no recovery.
const graceMs = 5_000
/** Without readings for this long, nothing is known. */
const staleMs = 15_000
/** Pressure is counted by ticks: that kubelet waits for all of the time means that it runs for a few percent at most. */
const leastRunningRatio = 0.02

function pointOf(at: number, { stat, memoryPressure, ioPressure }: CgroupSample, pageKiB: number): Point | undefined {
  const pages = stat?.workingset_refault_file ?? stat?.workingset_refault
  if (pages === undefined || stat?.file === undefined || (!memoryPressure && !ioPressure)) return undefined
  return {
    at,
    waitedUs: (memoryPressure?.fullUs ?? 0) + (ioPressure?.fullUs ?? 0),
    readBackKiB: pages * pageKiB,
    fileKiB: stat.file,
  }
}

function readBackPerRunningSecond(points: readonly Point[], at: number): number | null {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || first === last || at - last.at > staleMs) return null
  const seconds = (last.at - first.at) / 1000
  if (seconds <= 0) return null
  const running = Math.max(leastRunningRatio, 1 - (last.waitedUs - first.waitedUs) / (seconds * 1e6))
  return (last.readBackKiB - first.readBackKiB) / Math.max(1, last.fileKiB) / seconds / running
}
