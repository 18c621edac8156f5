import { listText, percentText, quantity, sizeText } from '../../say.ts'
import { setResources } from '../commands.ts'
import { shortName } from '../names.ts'
import { allocatableKiBOf } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** The pods' limits add up to more than there is: what each may take, all cannot. From the cgroup tree. */
export const limitsOverAllocatable: FindCause = scene => {
  const { say, pods, totalKiB, isNodeWide } = scene
  const readable = pods.filter(({ limitKiB }) => limitKiB !== undefined)
  const roomKiB = allocatableKiBOf(scene) ?? totalKiB
  if (!isNodeWide || readable.length === 0 || roomKiB === null || roomKiB <= 0) return null
  const limited = readable.filter(({ limitKiB }) => limitKiB !== null)
  const unlimited = readable.filter(({ limitKiB }) => limitKiB === null)
  const sumKiB = limited.reduce((sum, { limitKiB }) => sum + limitKiB!, 0)
  const ratio = sumKiB / roomKiB
  // A BestEffort agent of 20 MiB is told of elsewhere; here it is about who could take the node.
  const largeUnlimited = unlimited.filter(({ KiB }) => KiB >= roomKiB * 0.05)
  if (ratio <= 1.1 && largeUnlimited.length === 0) return null
  const largest = limited.toSorted((a, b) => b.limitKiB! - b.KiB - (a.limitKiB! - a.KiB))[0]
  const target = largest && ratio > 1.1 ? largest : largeUnlimited[0]!
  const limit = quantity(target.KiB * 1.25)
  return {
    code: 'limits-over-allocatable',
    weight: Math.min(92, 60 + ratio * 15),
    evidence: [
      limited.length > 0
        ? say(
            `the limits of ${limited.length} pods add up to ${sizeText(sumKiB)}, ${percentText(ratio)} of the ${sizeText(roomKiB)} that pods may use`,
            `${limited.length} 个 Pod 的限额之和为 ${sizeText(sumKiB)}，是可分配 ${sizeText(roomKiB)} 的 ${percentText(ratio)}`,
          )
        : '',
      unlimited.length > 0
        ? say(
            `${unlimited.length} more ${unlimited.length === 1 ? 'has' : 'have'} no limit (${listText(
              unlimited.map(({ workload }) => shortName(workload)),
              say,
            )})`,
            `另有 ${unlimited.length} 个没有限额（${listText(
              unlimited.map(({ workload }) => shortName(workload)),
              say,
            )}）`,
          )
        : '',
    ]
      .filter(Boolean)
      .join(say('; ', '；')),
    why: say(
      'Each pod keeps to its own limit and together they take more than the node has; then the node runs out, not the pod',
      '每个 Pod 都没有超过自己的限额，但合起来超过节点内存：耗尽的是节点，不是 Pod',
    ),
    remedy: [
      say(
        `bring limits down to what is used, first ${shortName(target.workload)} (holds ${sizeText(target.KiB)}, may take ${target.limitKiB === null ? 'all' : sizeText(target.limitKiB!)}), or run fewer pods here:`,
        `把限额降到实际用量附近，先改 ${shortName(target.workload)}（占用 ${sizeText(target.KiB)}，可用到 ${target.limitKiB === null ? '全部' : sizeText(target.limitKiB!)}），或减少本节点的 Pod：`,
      ),
      setResources(target.workload, { requests: quantity(target.KiB), limits: limit }) ??
        `resources: {limits: {memory: ${limit}}}`,
    ].join(' '),
  }
}
