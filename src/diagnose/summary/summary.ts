import { type Clause, fitClauses } from '../../text/fit-clauses.ts'
import type { Verdict } from '../../types.ts'
import type { EvictionTarget } from '../advice/eviction-target.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { Finding } from '../evidence/finding.ts'
import { limitedObject } from '../evidence/limit.ts'
import { nextStep } from './next-step.ts'
import { topConsumer } from './top-consumer.ts'
import { whatHappened } from './what-happened.ts'

/**
 * At most 240 characters for the person who was woken by it: what happens and to what, what uses the memory since when,
 * what is expected, the next step. Where it gets too long, sizes and times go before facts, the forecast before the top
 * consumer. What happens and the next step stay.
 */
export function summaryOf(
  context: DiagnosisContext,
  target: EvictionTarget | null,
  findings: readonly Finding[],
): string {
  const { t, verdict, status } = context
  if (!verdict) return ''
  const clauses = [whatHappened(context, verdict)]
  if (status === 'resolved') clauses.push(...duration(context, verdict))
  else if (verdict.type === 'agent-impaired') clauses.push({ worth: 50, texts: [t.summary.alertsMayBeLate] })
  else if (verdict.type === 'memory-leak') clauses.push({ worth: 50, texts: [t.summary.leakNext] })
  else if (verdict.type === 'respawn-loop' && verdict.facts.endedBy)
    clauses.push({ worth: 50, texts: [t.endings.steps[verdict.facts.endedBy].inShort] })
  else if (context.isNodeWide)
    clauses.push(heldNow(context), topConsumer(context, target, findings), outlook(context), nextStep(context, target))
  else if (verdict.type === 'memory-exhaustion')
    clauses.push({ worth: 60, texts: verdict.facts.about === 'workload' ? [t.summary.endedByOtherCauses] : [] })
  else clauses.push(...ownLimit(context, findings))
  return fitClauses(clauses, t.units.sentenceGap)
}

/** What is held: the reader has that much more time. */
function heldNow({ t, world, now, verdict }: DiagnosisContext): Clause {
  const held = world.hold?.held ?? []
  if (verdict?.type !== 'memory-exhaustion' || held.length === 0) return { worth: 80, texts: [] }
  const since = Math.min(...held.map(each => each.since))
  return { worth: 80, texts: [t.hold.inShort({ count: held.length, seconds: Math.max(0, now - since) / 1000 })] }
}

/** What the forecast expects. */
function outlook({ t, forecast, verdict }: DiagnosisContext): Clause {
  const notReady = forecast?.notReadySeconds && forecast.notReadySeconds[1] > 0 ? forecast.notReadySeconds : null
  const firstKill = forecast?.firstKillSeconds && !verdict?.kill ? forecast.firstKillSeconds : null
  if (!notReady && !firstKill) return { worth: 60, texts: [] }
  const short = notReady ? { notReady, firstKill: null } : { notReady, firstKill }
  return { worth: 60, texts: [t.summary.expected({ notReady, firstKill }), t.summary.expected(short)] }
}

function ownLimit({ t, limit, memory, world, verdict }: DiagnosisContext, findings: readonly Finding[]): Clause[] {
  const headroom = memory ? world.memory.headroom : null
  const first = findings[0]
  // Killed soon after its start: otherwise it is not known what it needs.
  const isTooLow = first?.why === t.causes['own-limit-too-low'].whySoon
  const cause = first?.code === 'own-limit-leak' ? t.summary.growsUntilKilled : isTooLow ? t.summary.limitTooLow : ''
  const object = limit?.scope === 'memcg' && verdict?.workload ? limitedObject(limit, verdict.workload, world) : null
  const isOwn = object === 'own'
  const raise =
    object === null || object === 'slice' ? '' : isOwn ? t.summary.next.raiseLimit : t.summary.next.raiseThatLimit
  return [
    { worth: 70, texts: [isTooLow && !isOwn ? '' : cause] },
    { worth: 60, texts: [headroom ? t.summary.nodeHas({ KiB: headroom.KiB }) : ''] },
    { worth: 90, texts: [raise] },
  ]
}

function duration({ t, now }: DiagnosisContext, verdict: Verdict): Clause[] {
  if (verdict.type === 'agent-impaired') return []
  const seconds = Math.max(0, (now - verdict.since) / 1000)
  const kills =
    verdict.type === 'memory-exhaustion' && verdict.facts.about === 'node' ? verdict.facts.nodeLevelKills : 0
  return [{ worth: 50, texts: [t.summary.lasted({ seconds, kills })] }]
}
