import { isOfDaemon } from '../../identify/shared-unit.ts'
import { quantity } from '../../text/messages/format.ts'
import type { Workload } from '../../types.ts'
import { setResources, unitOf } from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import { topGrower } from '../evidence/top-growers.ts'

/** One workload grows and uses up the memory of the node. */
export const growingWorkload: FindCause<'growing-workload'> = context => {
  const { t, growers, isNodeWide, totalKiB, now, pods, verdict, world } = context
  const grower = topGrower({ ...context, growers: growers.filter(({ workload }) => workload !== null) })
  if (!isNodeWide || !grower?.workload || grower.changeKiB === null || totalKiB === null) return null
  // Before anything has happened: a pod that starts is not a leak; one that makes headroom shrink is.
  const emptyIn = world.memory.signals?.emptyInSeconds
  if (!verdict && (emptyIn == null || emptyIn[0] > 600)) return null
  const { KiB, changeKiB, baselineKiB, baselineRatio, growingSince } = grower
  const texts = t.causes['growing-workload']
  return {
    code: 'growing-workload',
    role: 'leading',
    evidence: texts.evidence({
      name: grower.name,
      byKiB: changeKiB,
      toKiB: KiB,
      seconds: growingSince === null ? null : Math.max(10, (now - growingSince) / 1000),
      isNew: changeKiB >= KiB * 0.97,
      limitKiB: pods.find(({ keys }) => keys.includes(grower.key))?.limitKiB,
      baselineKiB: baselineRatio !== null && baselineRatio >= 1.2 ? baselineKiB : null,
    }),
    why: texts.why,
    remedy: isPartOfNode(grower.workload)
      ? texts.remedyOfNode
      : texts.remedy({ setting: settingOf(context, grower.workload, { KiB, usualKiB: baselineKiB }) }),
  }
}

/** A limit would have the kernel kill what the node cannot do without. */
function isPartOfNode(workload: Workload): boolean {
  const { nodeDaemon, owner, namespace } = workload
  return nodeDaemon || isOfDaemon(workload) || owner?.kind === 'StaticPod' || namespace === 'kube-system'
}

/** A request of what is usual, and a limit at what it has now: the request never exceeds the limit. */
function settingOf(
  { peakKiB }: DiagnosisContext,
  workload: Workload,
  { KiB, usualKiB }: { readonly KiB: number; readonly usualKiB: number | null },
): string {
  const limitKiB = Math.max(KiB, peakKiB(workload.key) ?? 0)
  const limits = quantity(limitKiB)
  if (workload.podUid === null) {
    const plain = limits.replace(/i$/, '')
    return unitOf(workload) ? `MemoryMax=${plain}` : plain
  }
  const requests = quantity(Math.min(limitKiB, (usualKiB ?? limitKiB / 2) * 1.25))
  return (
    setResources(workload, { requests, limits }) ??
    `resources: {requests: {memory: ${requests}}, limits: {memory: ${limits}}}`
  )
}
