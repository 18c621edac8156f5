import { quantity } from '../../text/messages/format.ts'
import { changeKubelet } from '../commands/kubelet-remedy.ts'
import { type DiagnosisContext, reservedOf } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'
import { defaultMaxPods, leastReserved, publishedFormulas } from '../evidence/reservations.ts'

/** kube-reserved and system-reserved are less than what the node itself needs, or than any provider reserves. */
export const reservation: FindCause<'reservation-too-small'> = context => {
  const { t, totalKiB, isNodeWide, isKubernetes } = context
  const reserved = reservedOf(context)
  if (!isNodeWide || !isKubernetes || totalKiB === null || !reserved) return null
  const maxPods = context.kubelet?.maxPods ?? defaultMaxPods
  const ownKiB = ownNeedKiB(context)
  const neededKiB = Math.max(leastReserved(totalKiB, maxPods).KiB, ownKiB ?? 0)
  if (reserved.KiB >= neededKiB * 0.75) return null
  const peers = publishedFormulas(totalKiB, maxPods)
    .filter(({ KiB }) => KiB <= totalKiB / 2)
    .sort((a, b) => a.KiB - b.KiB)
    .slice(0, 2)
  const texts = t.causes['reservation-too-small']
  return {
    code: 'reservation-too-small',
    role: reserved.KiB < neededKiB / 2 ? 'leading' : 'contributing',
    evidence: texts.evidence({
      reservedKiB: reserved.KiB,
      totalKiB,
      fromCgroup: reserved.from === 'cgroup',
      peers,
      ownKiB,
    }),
    why: texts.why,
    remedy: remedyOf(context, neededKiB),
  }
}

function remedyOf(context: DiagnosisContext, neededKiB: number): string {
  const half = quantity(neededKiB / 2)
  return changeKubelet(context, {
    settings: ['kubeReservedKiB', 'systemReservedKiB'],
    yaml: `kubeReserved: {memory: ${half}}, systemReserved: {memory: ${half}}`,
    flags: `--kube-reserved=memory=${half} --system-reserved=memory=${half}`,
    bottlerocket: `settings.kubernetes.kube-reserved.memory = "${half}", settings.kubernetes.system-reserved.memory = "${half}"`,
  })
}

/** What the node's daemons and the kernel use that no pod is charged for and that cannot be reclaimed. */
function ownNeedKiB({ memory, world }: DiagnosisContext): number | null {
  if (!memory) return null
  let daemonsKiB = 0
  for (const { pid, cgroup, rssKiB } of world.identity.processes()) {
    if (cgroup.length < 2 || cgroup.includes('kubepods')) continue
    // Shims live in their runtime's unit.
    if (world.identity.workloadOfPid(pid)?.nodeDaemon) daemonsKiB += rssKiB
  }
  if (daemonsKiB === 0) return null
  const { SUnreclaim = 0, KernelStack = 0, PageTables = 0, Percpu = 0 } = memory.meminfo
  return daemonsKiB + SUnreclaim + KernelStack + PageTables + Percpu
}
