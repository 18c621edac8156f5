import { quantity, sizeText } from '../../say.ts'
import { evictionKiBOf, type Scene } from '../scene.ts'
import type { FindCause } from './finding.ts'

/** kubelet's own emergency exit is shut, or opens too late for how fast memory goes. */
export const evictionTooLow: FindCause = scene => {
  const { say, totalKiB, kubelet, isNodeWide } = scene
  const thresholdKiB = evictionKiBOf(scene)
  if (!isNodeWide || !kubelet || thresholdKiB === null || totalKiB === null) return null
  const slope = scene.world.memory.headroom?.slopeKiBPerSecond ?? 0
  const lostInLookKiB = Math.max(0, -slope) * lookSeconds
  const isOff = thresholdKiB === 0
  const isLow = thresholdKiB < totalKiB * leastShare
  const isOutrun = lostInLookKiB > thresholdKiB
  if (!isOff && !isLow && !isOutrun) return null
  const text = kubelet.evictionMemory ?? say('100Mi (the default)', '100Mi（默认）')
  const speed =
    lostInLookKiB > Math.max(thresholdKiB, totalKiB * 0.02)
      ? say(
          `; memory goes at ${sizeText(-slope)} a second, ${sizeText(lostInLookKiB)} between two of kubelet's looks`,
          `；内存每秒减少 ${sizeText(-slope)}，kubelet 两次检查之间减少 ${sizeText(lostInLookKiB)}`,
        )
      : ''
  return {
    code: isOff ? 'eviction-off' : 'eviction-too-low',
    weight: isOff ? 72 : 62,
    evidence: say(
      `evictionHard memory.available is ${text} on a node of ${sizeText(totalKiB)}${speed}`,
      `evictionHard 的 memory.available 为 ${text}，节点内存 ${sizeText(totalKiB)}${speed}`,
    ),
    why: isOff
      ? say(
          'kubelet never evicts a pod for want of memory: the kernel has to kill, and it does not choose by size',
          'kubelet 不会因内存不足驱逐 Pod，只能由内核杀进程，而内核不按大小选择',
        )
      : say(
          'kubelet looks every ten seconds: by the time it evicts, the node stalls or the kernel has killed',
          'kubelet 每十秒检查一次：等它驱逐时，节点已经停顿或内核已经杀了进程',
        ),
    remedy: remedyOf(scene, Math.max(totalKiB * 0.05, lostInLookKiB * 3)),
  }
}

/** Its eviction loop. */
const lookSeconds = 10
/** kubelet's default of 100 MiB is that share of a node of 8 GiB, and as good as nothing on larger ones. */
const leastShare = 0.0125

function remedyOf({ say, totalKiB }: Scene, wantedKiB: number): string {
  const value = quantity(Math.max(128 * 1024, Math.min(wantedKiB, totalKiB! / 8, 2 * 1024 * 1024)))
  // All of them: one that is set drops kubelet's defaults of the others.
  const yaml = `evictionHard: {memory.available: "${value}", nodefs.available: "10%", nodefs.inodesFree: "5%", imagefs.available: "15%"}`
  return say(
    `in kubelet's configuration set ${yaml}; then systemctl restart kubelet`,
    `在 kubelet 配置中设置 ${yaml}；然后 systemctl restart kubelet`,
  )
}
