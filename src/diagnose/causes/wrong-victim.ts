import type { FindCause } from '../evidence/finding.ts'
import { largeKiB } from '../evidence/reported-sizes.ts'
import { fullName, shortName } from '../evidence/workload-names.ts'

/** The kernel kills processes that use almost nothing, while the top consumer keeps running or is restarted. */
export const wrongVictim: FindCause<'futile-victim'> = context => {
  const { t, isNodeWide, killSizes, now, since, world, host, consumers } = context
  if (!isNodeWide) return null
  const victims = killSizes.victims(now, Math.max(world.settings.loopWindowMs, now - since))
  const consumer = consumers.find(({ workload }) => workload?.nodeDaemon !== true)
  if (victims.length === 0 || !consumer || consumer.KiB < leastSizeKiB) return null
  const futile = victims.filter(({ key, KiB }) => key !== consumer.key && KiB < consumer.KiB * 0.1 && KiB < largeKiB)
  if (futile.length === 0) return null
  // The one that was killed most often, then the one that was killed last.
  const [worst] = futile.toSorted((a, b) => b.kills - a.kills || b.at - a.at)
  const { workload, kills, KiB, score, oomScoreAdj } = worst!
  const texts = t.causes['futile-victim']
  return {
    code: 'futile-victim',
    role: host.sight === 'log' ? 'leading' : 'contributing',
    evidence: texts.evidence({
      name: fullName(workload),
      kills,
      consumer: consumer.name,
      consumerKiB: consumer.KiB,
      atKill: consumer.from === 'kill-line',
      score: score !== null && score >= 1000 && oomScoreAdj === null ? score : null,
      others: futile.filter(victim => victim !== worst).map(victim => shortName(victim.workload)),
    }),
    why: texts.why({ name: fullName(workload), KiB }),
    remedy: texts.remedy({ consumer: consumer.name, victim: shortName(workload), isPod: workload.podUid !== null }),
  }
}

// Something smaller does not explain the shortage.
const leastSizeKiB = 64 * 1024
