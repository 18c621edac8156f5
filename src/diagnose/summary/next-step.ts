import { type Clause, cut } from '../../text/fit-clauses.ts'
import { type EvictionTarget, hasSmallVictim } from '../advice/eviction-target.ts'
import { isToBeFound, stopCommand } from '../advice/removal-actions.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import { shortName } from '../evidence/workload-names.ts'

/** What to do first, in one sentence. */
export function nextStep(context: DiagnosisContext, target: EvictionTarget | null): Clause {
  const { deletePodBelow } = context.t.summary.next
  return {
    worth: 90,
    texts: textsOf(context, target),
    ...(target?.kind === 'pod' && target.reason !== 'terminating' && { lastResort: deletePodBelow }),
  }
}

function textsOf(context: DiagnosisContext, target: EvictionTarget | null): readonly string[] {
  const { t, isKubernetes, host, platform } = context
  const { next } = t.summary
  if (!target) return isKubernetes && host.sight === 'host' ? [next.cordon] : []
  switch (target.kind) {
    case 'pod': {
      const { pod, KiB, reason } = target
      const name = cut(pod.pod !== null ? `${pod.namespace}/${pod.pod}` : shortName(pod.workload))
      return reason === 'terminating'
        ? [next.endGracePeriod({ KiB }), next.endGracePeriod({ KiB: null })]
        : [next.deletePod({ pod: name, KiB }), next.deletePod({ pod: name, KiB: null })]
    }
    case 'workload':
      if (!stopCommand(target.consumer, platform)) return [next.stopProcess({ name: target.consumer.name })]
      return [
        next.stop({ name: target.consumer.name, KiB: target.KiB }),
        next.stop({ name: target.consumer.name, KiB: null }),
      ]
    case 'protected':
      return [next.findGrower({ name: target.consumer.name })]
    case 'find':
      return isToBeFound(target.consumer)
        ? [next.findWorkload({ name: target.consumer.name })]
        : [next.findReason({ name: target.consumer.name })]
    case 'look':
      return hasSmallVictim(context) ? [next.findConsumers, next.findConsumersShort] : [next.findConsumersShort]
    case 'killed':
      return [next.checkRecovery, next.checkRecoveryShort]
    case 'watch':
      return [next.watch, next.watchShort]
    case 'hugepages':
      return [next.freeHugepages({ KiB: target.KiB })]
    case 'compact':
      return [next.compact]
    case 'tmpfs':
      return [next.clearTmpfs, next.clearTmpfsShort]
    case 'slab':
      return [next.dropCaches]
  }
}
