import { sizeText } from '../../say.ts'
import { kubepodsOf } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** All pods together stand at the limit that kubelet has put above them: they run out while the node has memory left. */
export const podsAtTheirLimit: FindCause = ({ say, world, kubelet, totalKiB, availableKiB, isNodeWide, verdict }) => {
  const kubepods = kubepodsOf(world)
  const limitKiB = kubepods?.limitKiB ?? (verdict?.kill?.limitLevel === 'kubepods' ? verdict.kill.kill.limitKiB : null)
  const wasHit = verdict?.kill?.limitLevel === 'kubepods'
  const isClose = world.memory.headroom?.of === 'kubepods' && world.memory.headroom.ratio < 0.15
  if (!isNodeWide || !limitKiB || (!wasHit && !isClose)) return null
  const reservedKiB = kubelet ? (kubelet.kubeReservedKiB ?? 0) + (kubelet.systemReservedKiB ?? 0) : null
  const reserved =
    reservedKiB === null || totalKiB === null
      ? ''
      : say(
          `: ${sizeText(totalKiB)} less kube-reserved and system-reserved of ${sizeText(reservedKiB)}`,
          `：${sizeText(totalKiB)} 减去 kube-reserved 与 system-reserved ${sizeText(reservedKiB)}`,
        )
  const left =
    availableKiB === null
      ? ''
      : say(`; the node has ${sizeText(availableKiB)} left`, `；节点还剩 ${sizeText(availableKiB)}`)
  return {
    code: 'pods-at-their-limit',
    weight: 97,
    evidence: say(
      `pods use ${sizeText(kubepods?.currentKiB ?? limitKiB)} of the ${sizeText(limitKiB)} that all of them may have together${reserved}${left}`,
      `Pod 合计使用 ${sizeText(kubepods?.currentKiB ?? limitKiB)}，上限为 ${sizeText(limitKiB)}${reserved}${left}`,
    ),
    why: say(
      'kubelet holds the pods to what is allocatable, and within that the kernel kills by oom_score, not by size',
      'kubelet 把 Pod 限制在可分配内存之内，在此范围内内核按 oom_score 而不是大小杀进程',
    ),
    remedy: say(
      'the reservation does its work; the pods need more than they ask for: raise their requests to what they use, so that fewer are placed here, and bound the one that grows',
      '预留起了作用，但 Pod 的用量超过其 request：把 request 调到实际用量以减少调度到本节点的 Pod，并限制增长者',
    ),
  }
}
