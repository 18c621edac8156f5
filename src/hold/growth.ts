import type { CgroupSamples } from '../types.ts'
import { isHoldable } from './allow-list.ts'

/** How one container grew over the last minute, KiB. */
export interface Growth {
  readonly cgroup: string
  readonly currentKiB: number
  /** Of its anonymous memory: what reclaim cannot drop where there is no swap. */
  readonly anonKiB: number
  /** Of tmpfs and shared memory charged to it. */
  readonly shmemKiB: number
  readonly kernelKiB: number
  /** Of its anonymous memory over the last twenty seconds: what has stopped growing is at 0. */
  readonly recentAnonKiBPerSecond: number
}

/** Follows the containers that could be held: what each used, over a good minute. */
interface GrowthTracker {
  readonly observe: (observation: CgroupSamples) => void
  /** Containers that are watched for long enough, the fastest growing first. */
  readonly now: (at: number) => readonly Growth[]
}

interface Point {
  readonly at: number
  readonly currentKiB: number
  readonly anonKiB: number
  readonly shmemKiB: number
  readonly kernelKiB: number
}

const windowMs = 60_000
const recentMs = 20_000
/** Growth over less than this is a start, not a trend. */
const leastMs = 30_000
/** Readings closer together than this are one. */
const everyMs = 2000
/** A node has some hundred containers. More are hostile. */
const most = 2000

export function createGrowthTracker(): GrowthTracker {
  const tracks = new Map<string, Point[]>()

  return {
    observe: ({ at, cgroups, gone = [] }) => {
      for (const path of gone) tracks.delete(path)
      for (const { path, currentKiB, stat } of cgroups) {
        if (currentKiB === undefined || stat?.anon === undefined) continue
        let points = tracks.get(path)
        if (!points) {
          if (tracks.size >= most || !isHoldable(path)) continue
          points = []
          tracks.set(path, points)
        }
        const last = points.at(-1)
        if (last && at < last.at)
          points.length = 0 // the clock was set back
        else if (last && at - last.at < everyMs) continue
        points.push({ at, currentKiB, anonKiB: stat.anon, shmemKiB: stat.shmem ?? 0, kernelKiB: stat.kernel ?? 0 })
        // One before the window is kept, so that the window is covered.
        while (points.length > 2 && points[1]!.at <= at - windowMs) points.shift()
      }
    },
    now: at =>
      [...tracks]
        .flatMap(([cgroup, points]) => growthOf(cgroup, points, at) ?? [])
        .sort((a, b) => b.anonKiB - a.anonKiB),
  }
}

function growthOf(cgroup: string, points: readonly Point[], at: number): Growth | undefined {
  const last = points.at(-1)!
  const first = pointAt(points, at - windowMs)
  if (last.at - first.at < leastMs) return undefined
  const recent = pointAt(points, last.at - recentMs)
  const recentSeconds = Math.max(1, last.at - recent.at) / 1000
  return {
    cgroup,
    currentKiB: last.currentKiB,
    anonKiB: last.anonKiB - first.anonKiB,
    shmemKiB: last.shmemKiB - first.shmemKiB,
    kernelKiB: last.kernelKiB - first.kernelKiB,
    recentAnonKiBPerSecond: Math.max(0, (last.anonKiB - recent.anonKiB) / recentSeconds),
  }
}

/** The last one at or before this moment, or the first of all. */
function pointAt(points: readonly Point[], at: number): Point {
  return points.findLast(point => point.at <= at) ?? points[0]!
}
