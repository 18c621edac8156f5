import { quantity, sizeText } from '../../say.ts'
import { defaultMaxPods, leastReserved, publishedFormulas } from '../reservations.ts'
import { reservedOf, type Scene } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** kube-reserved and system-reserved are smaller than what the node's own needs, or than anybody publishes. */
export const reservationTooSmall: FindCause = scene => {
  const { say, totalKiB, isNodeWide, isKubernetes } = scene
  const reserved = reservedOf(scene)
  if (!isNodeWide || !isKubernetes || totalKiB === null || !reserved) return null
  const maxPods = scene.kubelet?.maxPods ?? defaultMaxPods
  const least = leastReserved(totalKiB, maxPods)
  const ownKiB = ownNeedKiB(scene)
  const neededKiB = Math.max(least.KiB, ownKiB ?? 0)
  if (reserved.KiB >= neededKiB * 0.75) return null

  const published = publishedFormulas(totalKiB, maxPods)
    .filter(({ KiB }) => KiB <= totalKiB / 2)
    .sort((a, b) => a.KiB - b.KiB)
    .slice(0, 2)
    .map(({ name, KiB }) => `${name} ${sizeText(KiB)}`)
  const from = reserved.from === 'kubelet' ? '' : say(' (by the limit of kubepods)', '（按 kubepods 的限额推算）')
  const own =
    ownKiB === null
      ? ''
      : say(
          `; the node's daemons and the kernel hold ${sizeText(ownKiB)} now`,
          `；目前节点守护进程与内核占用 ${sizeText(ownKiB)}`,
        )
  const peers =
    published.length > 0
      ? say(`; on such a node ${published.join(', ')} would be`, `；同规格节点 ${published.join('、')}`)
      : ''
  return {
    code: 'reservation-too-small',
    weight: reserved.KiB < neededKiB / 2 ? 100 : 75,
    evidence: say(
      `kube-reserved and system-reserved are ${sizeText(reserved.KiB)} of ${sizeText(totalKiB)}${from}${peers}${own}`,
      `kube-reserved 与 system-reserved 共 ${sizeText(reserved.KiB)}，内存 ${sizeText(totalKiB)}${from}${peers}${own}`,
    ),
    why: say(
      'Pods may take the memory that kubelet, the runtime and the kernel need, so when pods fill the node, the node itself runs out',
      'Pod 可以占用 kubelet、运行时和内核所需的内存，Pod 占满时节点本身就会耗尽内存',
    ),
    remedy: remedyOf(scene, neededKiB),
  }
}

function remedyOf({ say, kubelet }: Scene, neededKiB: number): string {
  const half = quantity(neededKiB / 2)
  const where =
    kubelet?.source.split(', ').find(part => part.startsWith('/')) ?? say("kubelet's configuration", 'kubelet 配置')
  const yaml = `kubeReserved: {memory: ${half}}, systemReserved: {memory: ${half}}`
  return say(
    `in ${where} set ${yaml}; then systemctl restart kubelet`,
    `在 ${where} 中设置 ${yaml}；然后 systemctl restart kubelet`,
  )
}

/** What the node's daemons and the kernel hold that no pod is charged for and no reclaim gives back. */
function ownNeedKiB({ memory, world }: Scene): number | null {
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
