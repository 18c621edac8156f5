import type { Messages } from '../en.ts'
import { sizeText } from '../format.ts'
import { units } from './units.ts'

/** What a forecast rests on: parts of one line. */
export const forecast = {
  left: ({ size, percent }) => `剩余 ${size}（${percent}）`,
  usedUp: ({ from, to }) =>
    from === to
      ? `按当前速率 ${units.duration(from)}后耗尽`
      : `按 15 秒和 45 秒的速率，${units.duration(from)}至 ${units.duration(to)}后耗尽`,
  stalled: ({ seconds }) => `最近 20 秒中停顿 ${seconds} 秒`,
  kubeletStarved: ({ duration }) => `kubelet 已有 ${duration}几乎没有进展`,
  leak: ({ name, KiBPerHour, seconds, range }) =>
    `${name} 每小时增长 ${sizeText(KiBPerHour)}：约 ${units.duration(seconds)}后内存耗尽（${units.duration(range[0])}至 ${units.duration(range[1])}）`,
  firstKillRecord: ({ right, of }) => `在真实节点的回测中，${of} 次首次 OOM kill 预测有 ${right} 次正确`,
  notReadyRecord: ({ right, of }) => `在真实节点的回测中，${of} 次 NotReady 预测有 ${right} 次正确`,
  separator: '；',
} satisfies Messages['forecast']
