import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import type { CgroupSamples } from '../../types.ts'

interface StartingPods {
  readonly cgroups: (observation: CgroupSamples) => void
  /** What pods use now that were first seen less than a window ago, KiB. */
  readonly KiB: (at: number) => number
}

/** Follows pods that have just started: they fill memory as a leak does, and stop. */
export function createStartingPods(windowMs: number): StartingPods {
  const known = new Set<string>()
  const starting = new Map<string, { readonly at: number; KiB: number }>()
  let firstAt: number | null = null

  return {
    cgroups: ({ at, cgroups, gone }) => {
      firstAt ??= at
      for (const path of gone ?? []) {
        known.delete(path)
        starting.delete(path)
      }
      for (const { path, currentKiB } of cgroups) {
        const pod = starting.get(path)
        if (pod) pod.KiB = currentKiB ?? pod.KiB
        else if (!known.has(path) && known.size < mostPods && isPod(path)) {
          known.add(path)
          // What the first round finds was there before.
          if (at - firstAt > firstRoundMs) starting.set(path, { at, KiB: currentKiB ?? 0 })
        }
      }
    },
    KiB: at => {
      let sum = 0
      for (const [path, pod] of starting) {
        if (at - pod.at > windowMs) starting.delete(path)
        else sum += pod.KiB
      }
      return sum
    },
  }
}

// Each cgroup is read once in ten seconds.
const firstRoundMs = 15_000
// A node has some hundred pods. More are hostile.
const mostPods = 10_000

/** By hand before the parser: pods' own levels alone, and of those without a pod the container's. */
function isPod(path: string): boolean {
  if (!path.includes('pod') && !path.includes('docker')) return false
  const { level, podUid } = parseCgroupPath(path)
  return level === 'pod' || (level === 'container' && podUid === null)
}
