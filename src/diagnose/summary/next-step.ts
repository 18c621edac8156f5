import { type Clause, cut } from '../../text/fit-clauses.ts'
import { type EvictionTarget, hasSmallVictim } from '../advice/eviction-target.ts'
import { isToBeFound, stopCommand } from '../advice/removal-actions.ts'
import { cordon } from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'

/** What to do first, in one sentence. */
export function nextStep(context: DiagnosisContext, target: EvictionTarget | null): Clause {
  const lastResort = context.t.summary.next.deletePodBelow({ cordons: cordon(context.host) !== null })
  return {
    worth: 90,
    texts: textsOf(context, target),
    ...(target?.kind === 'pod' && target.reason !== 'terminating' && { lastResort }),
  }
}

function textsOf(context: DiagnosisContext, target: EvictionTarget | null): readonly string[] {
  const { t, isKubernetes, host, platform } = context
  const { next } = t.summary
  if (!target) return isKubernetes && host.sight === 'host' ? [next.cordon] : []
  switch (target.kind) {
    case 'pod': {
      const { pod, KiB, reason } = target
      const name = cut(pod.pod !== null ? `${pod.namespace}/${pod.pod}` : pod.uid)
      const cordons = cordon(host) !== null
      return reason === 'terminating'
        ? [next.endGracePeriod({ KiB, cordons }), next.endGracePeriod({ KiB: null, cordons })]
        : [next.deletePod({ pod: name, KiB, cordons }), next.deletePod({ pod: name, KiB: null, cordons })]
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
