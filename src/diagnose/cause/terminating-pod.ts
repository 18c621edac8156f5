import { durationText, sizeText } from '../../say.ts'
import { deletePod } from '../commands.ts'
import type { FindCause } from './finding.ts'

/** A pod in its grace period needs more memory than it had: the founding incident began so. */
export const terminatingPodGrows: FindCause = ({ say, ending, now, totalKiB, isNodeWide, trigger }) => {
  if (!isNodeWide) return null
  const grown = ending
    .filter(({ grewKiB }) => grewKiB !== null && grewKiB >= Math.max(leastKiB, (totalKiB ?? 0) * 0.01))
    .toSorted((a, b) => b.grewKiB! - a.grewKiB!)[0]
  if (!grown) return null
  const seconds = Math.max(0, (now - grown.since) / 1000)
  const asked = trigger?.terminating
    ? say(', and it asked for the memory that was not there', '，正是它申请了不足的内存')
    : ''
  const command = grown.use ? deletePod(grown.use, true) : null
  return {
    code: 'terminating-pod-grows',
    weight: 96,
    evidence: say(
      `the terminating pod ${grown.pod} grew by ${sizeText(grown.grewKiB!)} to ${sizeText(grown.KiB ?? 0)} in ${durationText(seconds, say)} of its grace period (${grown.source})${asked}`,
      `正在终止的 Pod ${grown.pod} 在宽限期的 ${durationText(seconds, say)} 内增长 ${sizeText(grown.grewKiB!)}，达到 ${sizeText(grown.KiB ?? 0)}（${grown.source}）${asked}`,
    ),
    why: say(
      'A pod may need memory to end (buffers flushed, state saved), and while it ends its successor is already started beside it',
      'Pod 结束时可能需要更多内存（刷缓冲、存状态），而接替它的 Pod 已经同时启动',
    ),
    remedy: [
      say(
        'keep spare memory for the largest pod to end, set its limit to what its shutdown needs, and roll out with maxSurge: 0 where the node is full',
        '为最大的 Pod 预留终止所需的内存，限额按其终止过程设置；节点很满时发布用 maxSurge: 0',
      ),
      ...(command
        ? [say(`what cannot wait (its shutdown is cut short): ${command}`, `不能等时（会中断其退出过程）：${command}`)]
        : []),
    ].join(say('; ', '；')),
  }
}

// What an exit handler allocates anyway.
const leastKiB = 16 * 1024
