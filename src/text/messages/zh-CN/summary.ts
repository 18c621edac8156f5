import type { Messages } from '../en.ts'
import { percentText, sizeText } from '../format.ts'
import { agent } from './agent.ts'
import { behind, nodeText, sized, spaced, units } from './units.ts'

/** The summary of an alert: what happened, the top consumer, the next step. Each message is one sentence. */
export const summary = {
  kinds: {
    shmem: 'tmpfs 与共享内存',
    slab: '内核 slab 缓存',
    pageTables: '页表',
    hugepages: '预留的大页',
    balloon: '虚拟化平台的 balloon',
    rest: '未归属的内核内存',
  },
  process: '某进程',
  probably: ({ name }) => `某进程（很可能属于 ${name}）`,
  left: ({ KiB, ratio, forPods }) =>
    `余量 ${sizeText(KiB)}（${percentText(ratio)}）${forPods ? '，按 Pod 上限计' : ''}`,
  outOfMemory: ({ node, stalled, victim, KiB, kills }) =>
    `${nodeText(node)}内存耗尽${stalled ? '并出现内存停顿' : ''}：${spaced(`${victim}${sized(KiB)}`)}被内核 OOM 杀掉${kills > 1 ? `，共 ${kills} 次 OOM kill` : ''}。`,
  podsLimit: ({ node, limitKiB, victim, KiB, kills }) =>
    `${nodeText(node)}上所有 Pod 达到共用的内存 limit ${sizeText(limitKiB)}：${spaced(`${victim}${sized(KiB)}`)}被内核 OOM 杀掉${kills > 1 ? `，共 ${kills} 次 OOM kill` : ''}。`,
  outOfMemoryShort: ({ victim }) => `内存耗尽：${spaced(victim)}被内核 OOM 杀掉。`,
  notReady: ({ node, left }) =>
    `${nodeText(node)}内存停顿，kubelet 几乎没有进展，很可能 NotReady${left ? `：${left}` : ''}。`,
  stalled: ({ node, left }) => `${nodeText(node)}出现内存停顿${left ? `：${left}` : ''}。`,
  atRisk: ({ node, left }) => `${nodeText(node)}有 OOM 循环风险，且长期如此${left ? `：${left}` : ''}。`,
  firstVictim: ({ victim, restarts }) =>
    restarts ? `${victim} 会最先被杀并重启，不释放任何内存。` : `${victim} 会最先被杀。`,
  runningOut: ({ node, left }) => `${nodeText(node)}内存即将耗尽${left ? `：${left}` : ''}。`,
  loop: ({ workload, KiB, node, kills, periodSeconds }) =>
    `${spaced(`${workload}${sized(KiB)}`)}在${nodeText(node)}陷入 OOM 重启循环：${killsApart(kills, periodSeconds)}。`,
  takenBack: '每次重启后内存又被占满。',
  ownLimit: ({ workload, whose, limitKiB, node, kills, periodSeconds }) =>
    `${workload} 在${nodeText(node)}反复达到${limitOf(whose, limitKiB)}：${killsApart(kills, periodSeconds)}。`,
  itsPod: '所在 Pod',
  ownLimitOnce: ({ workload, whose, limitKiB, node }) =>
    `${workload} 在${nodeText(node)}达到${limitOf(whose, limitKiB)}，被 OOM 杀掉。`,
  sharedLimit: ({ slice, limitKiB, node, victim, KiB }) =>
    `${nodeText(node)}上的 ${slice} 达到${limitOf(null, limitKiB)}：${spaced(`${victim}${sized(KiB)}`)}被内核 OOM 杀掉。`,
  sharedLimitScope: ({ slice }) => `只有 ${slice} 内的进程才能释放其中的内存。`,
  storm: ({ kills, seconds, node, last, KiB }) =>
    `${nodeText(node)}${seconds === null ? '' : `在 ${units.duration(seconds)}内`}有 ${kills} 个进程被 OOM 杀掉，最近一个是 ${last}${sized(KiB)}。`,
  partOf: ({ name, owner }) => `${owner} 的 ${name}`,
  daemonKilled: ({ name, node }) =>
    `${spaced(name)}被内核 OOM 杀掉${node === undefined ? '' : `，它是${nodeText(node)}的核心服务`}。`,
  endedByOther: ({ name, KiB, node }) =>
    `${spaced(`${name}${sized(KiB)}`)}在${nodeText(node)}内存停顿时退出，但不是内核 OOM kill。`,
  endedByOtherCauses: '可能是 systemd-oomd、earlyoom、kubelet 驱逐或人工停止。',
  impaired: ({ node, sourcesDown, cannotWrite, lostRecords, unseenKills, isNextVictim }) =>
    `${nodeText(node)}上的 oomloop 异常：${[
      sourcesDown.length > 0 ? `无法读取${sourcesDown.map(sourceText).join('、')}` : '',
      cannotWrite ? '无法写入状态目录' : '',
      lostRecords > 0 ? `丢失 ${lostRecords} 条内核日志` : '',
      unseenKills > 0 ? agent.unseenKills({ kills: unseenKills }) : '',
      isNextVictim ? 'agent 自身接下来可能被杀' : '',
    ]
      .filter(Boolean)
      .join('，')}。`,
  alertsMayBeLate: '修复之前，该节点的告警可能迟到或缺失。',
  agentRecovered: ({ node }) => `${nodeText(node)}上的 oomloop 已恢复。`,
  loopOver: ({ workload, node, kills }) => `${workload} 在${nodeText(node)}已稳定，此前 OOM kill ${kills} 次。`,
  leak: ({ name, node, KiBPerHour, seconds, range }) =>
    `${name} 每小时增长 ${sizeText(KiBPerHour)}。预计${nodeText(node)}约 ${units.duration(seconds)}后内存耗尽（${units.duration(range[0])}至 ${units.duration(range[1])}）。`,
  leakNext: '下一步：查明原因，或择机重启它。',
  leakOver: ({ name, node }) => `${nodeText(node)}上的 ${name} 不再持续增长。`,
  notKilledAgain: ({ name, node }) => `${name} 在${nodeText(node)}没有再次被杀。`,
  nodeRecovered: ({ node, left }) => `${nodeText(node)}已恢复${left ? `：${left}` : ''}。`,
  lasted: ({ seconds, kills }) =>
    `本次事件持续 ${units.duration(seconds)}${kills > 0 ? `，OOM kill ${kills} 次` : ''}。`,

  terminatingGrew: ({ pod, KiB }) =>
    `正在终止的 Pod ${pod} 在优雅终止期内增长${KiB === null ? '' : ` ${sizeText(KiB)}`}。`,
  fragmented: '空闲内存过于碎片化。',
  grew: ({ name, byKiB, toKiB, seconds }) =>
    `${spaced(name)}${seconds === null ? '' : `在 ${units.duration(seconds)}内`}增长 ${sizeText(byKiB)}${toKiB === null ? '' : `，达到 ${sizeText(toKiB)}`}。`,
  started: ({ name, byKiB, seconds }) =>
    `${name} ${seconds === null ? '' : `于 ${units.duration(seconds)}前启动，`}已占用 ${sizeText(byKiB)}。`,
  topConsumer: ({ name, KiB }) => `内存占用最高的是 ${name}${sized(KiB)}。`,
  topConsumerAtKill: ({ name, KiB }) => `内核报告中占用最高的是 ${name}${sized(KiB)}。`,
  largestVictim: ({ name, KiB }) => `占用最高的被杀进程是 ${name}${sized(KiB)}。`,

  expected: ({ notReady, firstKill }) =>
    `预计：${[notReady ? `${range(notReady)} NotReady` : '', firstKill ? `${range(firstKill)}发生第一次 OOM kill` : ''].filter(Boolean).join('，')}。`,
  growsUntilKilled: '它持续增长直到被杀。',
  limitTooLow: '它的 limit 低于所需。',
  nodeHas: ({ KiB }) => `节点本身余量 ${sizeText(KiB)}。`,

  next: {
    cordon: '下一步：cordon 该节点。',
    deletePod: ({ pod, KiB, cordons }) =>
      `下一步：${cordons ? 'cordon 该节点，并' : ''}删除 Pod ${pod}${KiB === null ? '' : `，可释放 ${sizeText(KiB)}`}。`,
    deletePodBelow: ({ cordons }) => `下一步：${cordons ? 'cordon 该节点，并' : ''}删除处置步骤中列出的 Pod。`,
    endGracePeriod: ({ KiB, cordons }) =>
      `下一步：${cordons ? 'cordon 该节点并' : ''}缩短该 Pod 的优雅终止期${KiB === null ? '' : `，可释放 ${sizeText(KiB)}`}。`,
    stop: ({ name, KiB }) => `下一步：停止 ${name}${KiB === null ? '' : `，可释放 ${sizeText(KiB)}`}。`,
    stopProcess: ({ name }) => `下一步：找出 ${name} 中正在增长的进程，请其所有者停止它。`,
    findGrower: ({ name }) => `下一步：查明 ${name} 增长的原因。`,
    findWorkload: ({ name }) => `下一步：找出运行 ${name} 的工作负载。`,
    findReason: ({ name }) => `下一步：查明 ${name} 为何占用这么多内存。`,
    findConsumers: '下一步：查明谁在占用内存，被杀进程往往不是原因。',
    findConsumersShort: '下一步：查明谁在占用内存。',
    watch: '下一步：继续观察，内存已恢复，无需停止任何进程。',
    watchShort: '下一步：继续观察。',
    checkRecovery: '下一步：先确认这次 OOM kill 是否释放了足够内存，再决定是否停止其他进程。',
    checkRecoveryShort: '下一步：确认内存是否恢复。',
    raiseLimit: '下一步：调高它的 limit，或查明内存用途。',
    raiseThatLimit: '下一步：调高该 limit，或查明内存用途。',
    freeHugepages: ({ KiB }) => `下一步：释放 ${sizeText(KiB)} 未使用的大页。`,
    compact: '下一步：让内核规整内存。',
    clearTmpfs: '下一步：找出正在写满的 tmpfs 并清理，终止进程无法释放它。',
    clearTmpfsShort: '下一步：找出正在写满的 tmpfs 并清理。',
    dropCaches: '下一步：释放未使用的 dentry 与 inode。',
  },
} satisfies Messages['summary']

/** Two kills have one interval. */
function killsApart(kills: number, periodSeconds: number | null): string {
  return `${kills} 次 OOM kill${periodSeconds === null ? '' : `，间隔${kills > 2 ? '约 ' : ' '}${units.duration(periodSeconds)}`}`
}

function limitOf(whose: string | null, limitKiB: number | null): string {
  const size = limitKiB === null ? '' : ` ${sizeText(limitKiB)}`
  return whose === null ? `自身内存 limit${size}` : behind(`${whose} 的内存 limit${size}`)
}

function range([from, to]: readonly [number, number]): string {
  if (to === 0) return '现在'
  return from === 0 ? `${units.duration(to)}内` : `${units.duration(from)}至 ${units.duration(to)}内`
}

/** What a source reads, for a reader who has never seen its name. */
function sourceText(name: string): string {
  return sources[name as keyof typeof sources] ?? ` ${name}`
}

const sources = {
  kmsg: '内核日志（/dev/kmsg）',
  'log-file': '内核日志文件（logFile）',
  journal: '标准输入上的 journal',
  sampler: '内存与进程（/proc）',
}
