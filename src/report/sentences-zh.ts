import { nameOfKey } from '../diagnose/names.ts'
import type { Chronicle, LaneKill } from './chronicle.ts'
import { type Digest, type LoopOf, nothingKiB } from './digest.ts'
import { cut } from './html.ts'
import { clockText, dateText, dayText, percentText, secondsText, sizeText } from './quantities.ts'

/** The same three sentences in Chinese. */
export function chineseSentences(digest: Digest, chronicle: Chronicle): string[] {
  if (digest.kind === 'quiet') return [quiet(chronicle), calmWords(digest)]
  return [whatHappened(digest, chronicle), whoAndWhy(digest, chronicle), howItWent(digest)]
}

function quiet({ from, until, host, alerts }: Chronicle): string {
  const said = alerts.length === 0 ? '没有 OOM 杀进程，也没有告警' : '没有 OOM 杀进程，oomloop 只说到它自己'
  if (from === null || until === null) return `${nodeName(host.name)}：其中没有 OOM 杀进程的记录。`
  return `${dayText(from)} ${clockText(from)} 至 ${dayText(until)} ${clockText(until)} UTC，${nodeName(host.name)}一切正常：${said}。`
}

function calmWords({ lowest }: Digest): string {
  return lowest ? `内存余量从未低于 ${sizeText(lowest.KiB)}。` : ''
}

function whatHappened(digest: Digest, { host, from }: Chronicle): string {
  const node = `${nodeName(host.name)}${host.memTotalKiB === null ? '' : `（${sizeText(host.memTotalKiB)}）`}`
  const { nodeKills, ownKills, stallingSince, warnedAt, lowest } = digest
  if (digest.kind === 'node') {
    const limit = nodeKills.every(kill => kill.limit === nodeKills[0]!.limit) ? nodeKills[0]!.limit : null
    const what = limit === null ? '耗尽了内存' : `用到了 ${cut(limit, 60)} 共用的上限`
    return `${dateText(nodeKills[0]!.at, 'zh-CN')}，${node}${what}：${killsText(nodeKills)}。`
  }
  if (digest.kind === 'own-limit') {
    const workloads = new Set(ownKills.map(kill => kill.workload))
    const who = workloads.size === 1 ? cut(ownKills[0]!.label, 80) : `${workloads.size} 个工作负载`
    return `${dateText(ownKills[0]!.at, 'zh-CN')}，${node}上 ${who} 达到自身内存上限：${killsText(ownKills)}；节点本身仍有内存。`
  }
  const at = stallingSince ?? warnedAt ?? from
  const full = Math.max(digest.worstMemoryFull ?? 0, digest.worstIoFull ?? 0)
  const room = lowest ? `余量降至 ${sizeText(lowest.KiB)}，最多有 ${percentText(full)} 的时间停顿` : '工作停顿'
  return `${at === null ? '' : `${dayText(at)} ${clockText(at)} UTC，`}${node}内存不足：没有进程被杀，但${room}。`
}

function killsText(kills: readonly LaneKill[]): string {
  const first = kills[0]!
  const last = kills.at(-1)!
  if (kills.length === 1)
    return `${clockText(first.at)} UTC 内核杀死了 ${cut(first.label, 80)}（pid ${first.pid}${first.heldKiB === null ? '' : `，${sizeText(first.heldKiB)}`}）`
  const workloads = new Set(kills.map(kill => kill.workload)).size
  return `${clockText(first.at)} 至 ${clockText(last.at)} UTC（${secondsText((last.at - first.at) / 1000, 'zh-CN')}）内核杀死了 ${workloads} 个工作负载的 ${kills.length} 个进程`
}

function whoAndWhy(digest: Digest, chronicle: Chronicle): string {
  const [loop] = digest.loops
  const more = digest.loopsTotal - 1
  const held = loop?.isOwnLimit ? '' : heldText(digest, chronicle)
  const { small } = digest
  const few =
    small && small.of > 1 ? `${small.of} 个受害者中有 ${small.kills} 个占用不到 ${sizeText(small.belowKiB)}` : ''
  const others = more <= 0 ? '' : `另有 ${more} 个工作负载也在循环`
  const parts = [
    loop ? loopText(loop) : few ? `${few}，杀掉它们几乎不释放内存` : diedOnce(digest),
    held || (loop ? few : ''),
    others,
  ]
  const told = parts.filter(Boolean)
  return told.length === 0 ? '' : `${told.join('；')}。`
}

function diedOnce({ nodeKills }: Digest): string {
  const workloads = new Set(nodeKills.map(kill => kill.workload)).size
  return nodeKills.length > 1 && workloads === nodeKills.length ? `这 ${workloads} 个工作负载各死一次` : ''
}

function heldText({ worst }: Digest, { host }: Chronicle): string {
  const holder = worst?.holders[0]
  const unowned = worst?.unownedKiB?.total ?? 0
  if (unowned > (holder?.KiB ?? 0)) return `大部分内存（${sizeText(unowned)}）不属于任何进程`
  if (holder && host.memTotalKiB !== null && holder.KiB < host.memTotalKiB / 20) return ''
  return holder ? `占用内存最多的是 ${nameOfKey(holder.workload)}（${sizeText(holder.KiB)}）` : ''
}

function loopText({ loop, label, kills, isOwnLimit }: LoopOf): string {
  const period = loop.medianPeriodSeconds
  const every = period === null ? '' : `，间隔 ${secondsText(period, 'zh-CN')}`
  return `${cut(label, 80)} 被杀 ${kills} 次${every}，每次都会回来：${isOwnLimit ? '自身上限处的循环，提高上限或减少占用才会结束' : yieldText(loop)}`
}

function yieldText({ yieldKiB, certainty }: LoopOf['loop']): string {
  if (yieldKiB === null) return certainty === 'name-only' ? '就名字看是一个循环' : '这是一个循环'
  if (yieldKiB > nothingKiB) return `每轮释放 ${sizeText(yieldKiB)} 的循环`
  return `每轮${yieldKiB < -nothingKiB ? `反而少了 ${sizeText(-yieldKiB)}` : '什么也没有释放'}的循环，不会自行结束`
}

function howItWent(digest: Digest): string {
  const { leadSeconds, warnedAt, notReadySince, stallingSince, overAt, openEnd, kind, daemons } = digest
  const parts = [
    daemons.length > 0 ? `节点自身失去了 ${daemons.slice(0, 3).join('、')}` : '',
    leadSeconds !== null ? `首次警告早于首次杀进程 ${secondsText(leadSeconds, 'zh-CN')}` : '',
    notReadySince !== null
      ? `推测节点自 ${clockText(notReadySince)} UTC 起 NotReady`
      : stallingSince !== null && kind === 'node'
        ? `${clockText(stallingSince)} UTC 起工作停顿`
        : '',
    overAt !== null
      ? `${clockText(overAt)} UTC 恢复`
      : warnedAt === null
        ? ''
        : openEnd
          ? '日志或监视在事件结束之前就结束了'
          : '记录结束时事件尚未结束',
  ].filter(Boolean)
  return parts.length === 0 ? '' : `${parts.join('；')}。`
}

function nodeName(name: string): string {
  return name === 'unknown' ? '一个日志中没有名字的节点' : name === 'node' ? '节点' : `节点 ${cut(name, 80)}`
}
