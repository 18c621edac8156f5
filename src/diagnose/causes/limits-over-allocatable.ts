import { joined } from '../../text/sentences.ts'
import { sizedResources } from '../commands/sizing.ts'
import { allocatableKiBOf } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import { shortName } from '../evidence/workload-names.ts'

/** The limits of the pods add up to more than there is: each can use its limit, but not all at once. */
export const limitsOverAllocatable: FindCause<'limits-over-allocatable'> = context => {
  const { t, pods, totalKiB, isNodeWide } = context
  const readable = pods.filter(({ limitKiB }) => limitKiB !== undefined)
  const allocatableKiB = allocatableKiBOf(context) ?? totalKiB
  if (!isNodeWide || readable.length === 0 || allocatableKiB === null || allocatableKiB <= 0) return null
  const limited = readable.filter(({ limitKiB }) => limitKiB !== null)
  const unlimited = readable.filter(({ limitKiB }) => limitKiB === null)
  const sumKiB = limited.reduce((sum, { limitKiB }) => sum + limitKiB!, 0)
  const ratio = sumKiB / allocatableKiB
  // Small BestEffort pods are a cause of their own; here it is about pods that could take the node.
  const largeUnlimited = unlimited.filter(({ KiB }) => KiB >= allocatableKiB * 0.05)
  if (ratio <= 1.1 && largeUnlimited.length === 0) return null
  const widest = limited.toSorted((a, b) => b.limitKiB! - b.KiB - (a.limitKiB! - a.KiB))[0]
  const pod = widest && ratio > 1.1 ? widest : largeUnlimited[0]!
  const texts = t.causes['limits-over-allocatable']
  const command = sizedResources(context, pod.workload, 1.25)
  return {
    code: 'limits-over-allocatable',
    role: ratio >= 2 ? 'leading' : ratio > 1.1 ? 'contributing' : 'background',
    evidence: texts.evidence({
      pods: limited.length,
      sumKiB,
      ratio,
      allocatableKiB,
      unlimited: unlimited.map(({ workload }) => shortName(workload)),
    }),
    why: texts.why,
    remedy: joined(
      t,
      texts.remedy({ name: shortName(pod.workload), KiB: pod.KiB, limitKiB: pod.limitKiB! }),
      command === null ? t.causes.sizeFirst : t.causes.setRequest({ command }),
    ),
  }
}
