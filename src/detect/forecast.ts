import { createSay } from '../say.ts'
import type { CoreEvent, Forecast, Headroom, Locale, Strain, World } from '../types.ts'
import { defaultThresholds, type Thresholds } from './thresholds.ts'

export interface Forecaster {
  readonly observe: (event: CoreEvent, world: World) => void
  readonly now: (world: World) => Forecast | null
}

/**
 * How often a range held what came, of those that were given at the first warning and the first critical call of each
 * capture. Measured by `npm run -s bench -- leadtime`; a test holds these figures to that bench.
 */
export const forecastRecord = {
  firstKill: { right: 10, of: 10 },
  notReady: { right: 4, of: 4 },
} as const

/** The kernel reclaims to the last page before it kills: so many seconds from no headroom to the kill at most. */
const killAfterEmptySeconds = 22
/** Thrash slows the growth that causes it: what was left took up to so many times as long as its slope said. */
const slowdown = 1.5

/**
 * Says what comes next as ranges of seconds, and only where the evidence carries it: the first kill where headroom
 * shrinks towards nothing, NotReady where the node stalls besides. Thrash without growth kills at no foreseeable time.
 */
export function createForecast(thresholds: Thresholds = defaultThresholds): Forecaster {
  return {
    // All that it needs is in the view of memory.
    observe: () => {},
    now: world => {
      const { headroom, strain, latest } = world.memory
      if (!headroom || !strain || !latest || world.now - latest.at > 30_000) return null
      const firstKill = firstKillSeconds(world, strain, thresholds)
      const notReady = notReadySeconds(world, strain, firstKill)
      if (!firstKill && !notReady) return null
      return {
        firstKillSeconds: firstKill,
        notReadySeconds: notReady,
        evidence: evidenceOf(headroom, strain, { firstKill, notReady, locale: world.settings.locale }),
      }
    },
  }
}

type Range = readonly [number, number] | null

function firstKillSeconds({ now, memory }: World, strain: Strain, thresholds: Thresholds): Range {
  const headroom = memory.headroom!
  if (headroom.ratio >= thresholds.lowHeadroomRatio) return null
  // Shrinking for long, it is reclaimed from, or has nothing to reclaim.
  if (!strain.isReclaiming && strain.emptyingSince === null) return null
  // Nothing left and nothing regained: it is a matter of the next allocations.
  if (headroom.KiB === 0) return [0, killAfterEmptySeconds]
  const empty = strain.emptyInSeconds
  // What has shrunk for some seconds only may be a step: its slope says nothing of what comes.
  if (!empty || strain.emptyingSince === null || now - strain.emptyingSince < thresholds.emptyingMs) return null
  return [Math.floor(empty[0]), Math.ceil(empty[1] * slowdown + killAfterEmptySeconds)]
}

/**
 * kubelet renews its lease every quarter of it; NotReady comes when the last renewal is as old as the lease (50 s since
 * 1.32). At the soonest the stall has already cost the renewal before this moment; at the latest it comes with the
 * kill, for kubelet gets nothing through when no headroom is left. Pods that die at their own limit do not stop it.
 */
function notReadySeconds({ now, host, memory }: World, strain: Strain, firstKill: Range): Range {
  if (strain.stalledSince === null) return null
  const leaseSeconds = host.kubelet?.nodeLeaseSeconds ?? 40
  const stalledSeconds = (now - strain.stalledSince + strain.stalledMs) / 1000
  if (stalledSeconds >= 2 * leaseSeconds) return [0, 0]
  if (!firstKill || memory.headroom!.of !== 'node') return null
  return [Math.max(0, Math.floor(leaseSeconds * 0.75 - stalledSeconds)), firstKill[1]]
}

function evidenceOf(
  headroom: Headroom,
  strain: Strain,
  told: { firstKill: Range; notReady: Range; locale: Locale },
): string {
  const say = createSay(told.locale)
  const left = `${Math.round(headroom.KiB / 1024)} MiB`
  const share = `${(headroom.ratio * 100).toFixed(1)} %`
  const parts = [say(`${left} left (${share})`, `剩余 ${left}（${share}）`)]
  if (strain.emptyInSeconds) {
    const [soonest, latest] = strain.emptyInSeconds.map(Math.round) as [number, number]
    const [en, zh] = soonest === latest ? [soonest, soonest] : [`${soonest} to ${latest}`, `${soonest} 到 ${latest}`]
    parts.push(say(`gone in ${en} s at the slopes of 15 and 45 s`, `按 15 秒和 45 秒的斜率，${zh} 秒后耗尽`))
  }
  if (strain.stalledMs > 0) {
    const stalled = (strain.stalledMs / 1000).toFixed(0)
    parts.push(say(`${stalled} of the last 20 s stood still`, `最近 20 秒中停顿 ${stalled} 秒`))
  }
  const { firstKill, notReady } = forecastRecord
  if (told.firstKill) {
    const { right, of } = firstKill
    parts.push(
      say(
        `such a range held the first kill ${right} of ${of} times`,
        `这样的范围 ${of} 次中有 ${right} 次含首次杀进程`,
      ),
    )
  }
  if (told.notReady) {
    const { right, of } = notReady
    parts.push(
      say(`such a range held NotReady ${right} of ${of} times`, `这样的范围 ${of} 次中有 ${right} 次含 NotReady`),
    )
  }
  return parts.join(say('; ', '；'))
}
