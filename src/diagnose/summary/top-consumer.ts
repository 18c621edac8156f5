import type { Clause } from '../../text/fit-clauses.ts'
import type { EvictionTarget } from '../advice/eviction-target.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { Finding } from '../evidence/finding.ts'
import { isVictim } from '../evidence/top-consumers.ts'
import { topGrower } from '../evidence/top-growers.ts'

/** What takes the memory, or uses most of it; nothing where no size explains the shortage. */
export function topConsumer(
  context: DiagnosisContext,
  target: EvictionTarget | null,
  findings: readonly Finding[],
): Clause {
  const grown = growth(context, target, findings)
  // What took the memory has just been killed: what is large beside it is no cause.
  const isOver = target?.kind === 'killed' || target?.kind === 'watch'
  return { worth: 80, texts: grown.length > 0 || isOver ? grown : largestUser(context) }
}

function growth(
  context: DiagnosisContext,
  target: EvictionTarget | null,
  findings: readonly Finding[],
): readonly string[] {
  const { t, terminating, now, totalKiB } = context
  const grown = terminating.find(
    ({ grewKiB, trusted }) => trusted && (grewKiB ?? 0) >= Math.max(16 * 1024, (totalKiB ?? 0) * 0.01),
  )
  if (grown) {
    const { pod, grewKiB } = grown
    return [t.summary.terminatingGrew({ pod, KiB: grewKiB }), t.summary.terminatingGrew({ pod, KiB: null })]
  }
  if (findings[0]?.code === 'fragmentation') return [t.summary.fragmented]
  // The one that the next step names.
  const grower = (target?.kind === 'pod' ? target.grower : null) ?? topGrower(context)
  if (grower) {
    const seconds = grower.growingSince === null ? null : Math.max(10, (now - grower.growingSince) / 1000)
    const { name, changeKiB, KiB, workload } = grower
    const isWhole = changeKiB! >= KiB * 0.97
    if (isWhole && workload !== null) {
      return [t.summary.started({ name, byKiB: KiB, seconds }), t.summary.started({ name, byKiB: KiB, seconds: null })]
    }
    const facts = { name, byKiB: changeKiB!, toKiB: isWhole ? null : KiB, seconds }
    return [t.summary.grew(facts), t.summary.grew({ ...facts, toKiB: null, seconds: null })]
  }
  return []
}

function largestUser(context: DiagnosisContext): readonly string[] {
  const { t, consumers, totalKiB } = context
  const largest = consumers.find(({ workload }) => workload?.nodeDaemon !== true)
  // What was killed is named already, with the size that its kill line gives.
  if (!largest || isVictim(largest, context) || largest.KiB < Math.max(leastSizeKiB, (totalKiB ?? 0) * 0.05)) return []
  const { name, KiB } = largest
  const message =
    largest.from === 'kill-line'
      ? t.summary.largestVictim
      : largest.from === 'task-table'
        ? t.summary.topConsumerAtKill
        : t.summary.topConsumer
  return [message({ name, KiB }), message({ name, KiB: null })]
}

// Something smaller does not explain the shortage.
const leastSizeKiB = 64 * 1024
