import { reportedRssKiB } from '../../identify/kill-report.ts'
import { bornAtOf } from '../../identify/process-table.ts'
import { keepNewest } from '../../keep-newest.ts'
import type { AttributedKill } from '../../types.ts'
import type { PodUse } from './pods.ts'

/** The most that one pod of a workload has used: what a request or a limit is sized by. */
interface PodPeaks {
  /** `bootedAt`: when the node was booted, ms since the epoch; null: births are not known. */
  readonly observe: (at: number, pods: readonly PodUse[], bootedAt: number | null) => void
  readonly killed: (kill: AttributedKill) => void
  /** null: none of its pods has run for long enough, and none was killed: a pod that is starting shows nothing. */
  readonly of: (workload: string) => number | null
}

interface Peak {
  KiB: number
  readonly firstSeenAt: number
  lastSeenAt: number
}

/** Bounded: 512 workloads; the one not seen for longest is dropped. */
export function createPodPeaks(): PodPeaks {
  const peaks = new Map<string, Peak>()

  const add = (key: string, KiB: number, at: number, bornAt: number): void => {
    const known = peaks.get(key)
    const firstSeenAt = Math.min(known?.firstSeenAt ?? bornAt, bornAt)
    keepNewest(peaks, key, { KiB: Math.max(KiB, known?.KiB ?? 0), firstSeenAt, lastSeenAt: at }, kept)
  }

  return {
    observe: (at, pods, bootedAt) => {
      for (const { containers } of pods) {
        for (const { key, KiB, startTicks } of containers) {
          add(key, KiB, at, Math.min(at, bornAtOf(startTicks, { bootedAt }) ?? at))
        }
      }
    },
    killed: kill => {
      const KiB = reportedRssKiB(kill.kill) ?? kill.lastRssKiB
      if (KiB !== null) add(kill.workload.key, KiB, kill.at, kill.bornAt ?? kill.at)
    },
    of: workload => {
      const peak = peaks.get(workload)
      return peak && peak.lastSeenAt - peak.firstSeenAt >= settledMs ? peak.KiB : null
    },
  }
}

const kept = 512
/** Programs have allocated their initial memory by then. */
const settledMs = 5 * 60_000
