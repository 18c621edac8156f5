import type { Detector, Verdict, Workload, World } from '../types.ts'
import type { Leak } from './leak/leak.ts'
import type { LeakForecaster } from './leak/leak-forecast.ts'

/**
 * A workload grows for hours and would use up the node within a day: a notice from 24 hours ahead, a warning below two.
 * It ends when nothing of it was seen for a quarter of an hour, or the workload is gone.
 */
export function createMemoryLeak(forecaster: LeakForecaster): Detector {
  let readAt = Number.NEGATIVE_INFINITY
  let current: (Leak & { readonly of: Workload; readonly isWarning: boolean }) | null = null
  let seenAt = 0

  return (event, world) => {
    if (event.kind === 'trends') forecaster.take(event)
    if (event.kind !== 'tick' || !world.memory.headroom) return []
    const { now } = world
    // After the clock was set back, the next reading is taken at once.
    if (now - readAt < everyMs && now >= readAt) return []
    readAt = now
    const readings = readingsOf(world)
    forecaster.observe({ at: now, headroomKiB: world.memory.headroom.KiB, workloads: readings })
    const leak = forecaster.leak()
    const before = current
    if (leak) {
      const of = readings.find(({ key }) => key === leak.workload)?.workload ?? before?.of
      if (!of) return []
      const isSame = before?.workload === leak.workload
      // What is a warning stays one until there are three hours again.
      const isWarning = leak.etaSeconds < (isSame && before.isWarning ? staysSeconds : warningSeconds)
      current = { ...leak, of, isWarning, since: isSame ? before.since : leak.since }
      seenAt = now
      return [...(before && !isSame ? [verdictOf(before, now, false)] : []), verdictOf(current, now, true)]
    }
    if (!before || (now - seenAt < quietMs && now >= seenAt)) return []
    current = null
    return [verdictOf(before, now, false)]
  }
}

const everyMs = 30_000
const warningSeconds = 2 * 3600
const staysSeconds = 3 * 3600
const quietMs = 15 * 60_000

/** File pages can be reclaimed: a working set that grows by them is no leak. */
function readingsOf({ identity }: World) {
  return identity.usage().map(({ workload, KiB, activeFileKiB = 0 }) => ({
    key: workload.key,
    workload,
    KiB: Math.max(0, KiB - activeFileKiB),
  }))
}

function verdictOf(
  leak: Leak & { readonly of: Workload; readonly isWarning: boolean },
  at: number,
  firing: boolean,
): Verdict {
  const { workload, since, isWarning, of, growthKiBPerHour, etaSeconds, etaRangeSeconds } = leak
  return {
    type: 'memory-leak',
    subject: workload,
    at,
    firing,
    severity: isWarning ? 'warning' : 'info',
    since,
    signs: [],
    workload: of,
    loop: null,
    kill: null,
    facts: { growthKiBPerHour, etaSeconds, etaRangeSeconds },
  }
}
