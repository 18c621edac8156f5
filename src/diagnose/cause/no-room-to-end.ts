import { sizeText } from '../../say.ts'
import { shortName } from '../names.ts'
import type { PodUse } from '../pods.ts'
import type { Scene } from '../scene.ts'
import type { FindCause } from './finding.ts'

export interface Spare {
  readonly KiB: number
  readonly pod: PodUse
  /** What the pod may need beyond what it holds. */
  readonly needKiB: number
}

/**
 * What is left over once the largest pod takes what it may need to end; null where nothing is known of pods or memory. A
 * pod that ends may take up to its limit; without one a quarter more than it holds (in the capture of one that grew in
 * its grace period it was twice as much, so this is the least).
 */
export function spareOf({ pods, world, memory }: Pick<Scene, 'pods' | 'world' | 'memory'>): Spare | null {
  const headroom = memory ? world.memory.headroom : null
  if (!headroom || pods.length === 0) return null
  const needs = pods.map(pod => ({ pod, needKiB: needKiB(pod) }))
  const worst = needs.reduce((a, b) => (b.needKiB > a.needKiB ? b : a))
  return { ...worst, KiB: Math.round(headroom.KiB - worst.needKiB) }
}

function needKiB({ KiB, limitKiB }: PodUse): number {
  const quarter = KiB / 4
  return limitKiB ? Math.max(0, Math.min(limitKiB - KiB, quarter)) : quarter
}

/** No pod can end here without the node running out. */
export const noRoomToEnd: FindCause = scene => {
  const { say, isNodeWide } = scene
  const spare = isNodeWide ? spareOf(scene) : null
  if (!spare || spare.KiB >= 0) return null
  const name = shortName(spare.pod.workload)
  const headroom = scene.world.memory.headroom!
  return {
    code: 'no-room-to-terminate',
    weight: 56,
    evidence: say(
      `spare ${sizeText(spare.KiB)}: ${sizeText(headroom.KiB)} are left, and the pod of ${name} (${sizeText(spare.pod.KiB)}) may need ${sizeText(spare.needKiB)} more while it ends`,
      `余裕 ${sizeText(spare.KiB)}：剩余 ${sizeText(headroom.KiB)}，而 ${name} 的 Pod（${sizeText(spare.pod.KiB)}）终止时可能还需要 ${sizeText(spare.needKiB)}`,
    ),
    why: say(
      'A pod that is told to end may need memory to do so; on this node the next rollout is enough to run out',
      'Pod 终止时可能需要内存；在本节点上，下一次发布就足以耗尽内存',
    ),
    remedy: say(
      `keep at least ${sizeText(spare.needKiB)} free: move one pod away before the next rollout, and roll out with maxSurge: 0`,
      `至少保留 ${sizeText(spare.needKiB)} 空闲：下次发布前先迁走一个 Pod，并使用 maxSurge: 0`,
    ),
  }
}
