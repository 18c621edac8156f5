import { durationText, percentText, sizeText } from '../../say.ts'
import { wholeNode } from '../habits.ts'
import type { FindCause } from './finding.ts'

/** The node runs full as a habit: any step more is one too many. */
export const highBaseline: FindCause = ({ say, world, totalKiB, habits, isNodeWide }) => {
  if (!isNodeWide || totalKiB === null) return null
  const habit = habits.of(wholeNode)
  const usual = habit ? habit.KiB / totalKiB : null
  const lowShare = world.memory.strain?.lowShare ?? null
  const isUsuallyFull = usual !== null && usual >= fullRatio
  const isLowForAQuarter = habit === null && lowShare !== null && lowShare >= 0.9
  if (!isUsuallyFull && !isLowForAQuarter) return null
  return {
    code: 'high-baseline',
    weight: 73,
    evidence: isUsuallyFull
      ? say(
          `${percentText(usual)} of ${sizeText(totalKiB)} in use on the average of the last ${durationText(habit!.watchedMs / 1000, say)}`,
          `最近 ${durationText(habit!.watchedMs / 1000, say)} 平均使用 ${sizeText(totalKiB)} 的 ${percentText(usual)}`,
        )
      : say(
          `little headroom for ${percentText(lowShare!)} of the last quarter of an hour (watched for no longer yet)`,
          `最近一刻钟的 ${percentText(lowShare!)} 时间余量很小（尚未观察更久）`,
        ),
    why: say(
      'A rollout, a terminating pod or a busy hour needs more than is left, and there is nothing in reserve for it',
      '滚动发布、正在终止的 Pod 或高峰都需要额外内存，而节点没有留出余地',
    ),
    remedy: say(
      'move pods away until the node runs below 85 % day to day: fewer replicas here, larger requests (so that the scheduler sees the use), or a larger node',
      '迁走一部分 Pod，使节点日常低于 85 %：减少本节点副本、调大 request（让调度器看到真实用量），或换更大的节点',
    ),
  }
}

const fullRatio = 0.88
