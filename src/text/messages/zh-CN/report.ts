import type { Messages } from '../en.ts'
import { spaced } from './units.ts'

/** The text report of `replay`, and sentences that the page shares with it. */
export const report = {
  unnamedNode: '未知节点',
  node: ({ name, size }) => (size === null ? name : `${name}（${size}）`),
  happened: {
    noIncident: ({ node, span, hasAlerts }) =>
      `${spaced(node)}没有发生事件（${span}）：没有 OOM kill，${hasAlerts ? '只有关于 oomloop 自身的告警' : '也没有告警'}。`,
    unseenKills: ({ node, span, count }) =>
      `内核在 ${node} 上计数了 ${count} 次 OOM kill（${span}），但没有任何数据源显示，被杀的是什么未知。`,
    noKillsFound: ({ node }) => `${spaced(node)}上未发现 OOM kill。`,
    nodeRanOut: ({ date, node, kills }) => `${dated(date)}${spaced(node)}内存耗尽。${kills}`,
    sharedLimit: ({ date, node, limit, kills }) =>
      `${dated(date)}${spaced(node)}上的全部 Pod 合计达到内存 limit（${limit}）。${kills}`,
    ownLimit: ({ date, node, workload, kills }) =>
      `${dated(date)}${spaced(node)}上的 ${workload} 达到自身内存 limit。${kills}这不是节点内存不足。`,
    sliceLimit: ({ date, node, slice, kills }) =>
      `${dated(date)}${spaced(node)}上的 ${slice} 达到内存 limit，该 limit 由其中的全部工作负载共用。${kills}这不是节点内存不足。`,
    ownLimits: ({ date, node, count, kills }) =>
      `${dated(date)}${spaced(node)}上有 ${count} 个工作负载达到各自的内存 limit。${kills}这不是节点内存不足。`,
    leak: ({ date, node, workload }) =>
      `${date === null ? '' : `自 ${date} 起，`}${workload} 在 ${spaced(node)}上持续增长。没有进程被 OOM 杀掉。`,
    killedByOthers: ({ date, node }) => `${dated(date)}${spaced(node)}内存紧张，有进程被终止，但不是内核所为。`,
    shortOfMemory: ({ node, when, duration }) =>
      `${when === null ? '时间未知' : when}，${spaced(node)}内存紧张${duration === null ? '' : `，持续 ${duration}`}。没有进程被 OOM 杀掉。`,
  },
  undatedKills: ({ count, workloads }) => `${workloads} 个工作负载的 ${count} 个进程被内核 OOM 杀掉。`,
  oneKill: ({ clock, workload, pid, size }) =>
    `${clock === null ? '' : `${clock}，`}${workload} 被内核 OOM 杀掉（pid ${pid}${size === null ? '' : `，${size}`}）。`,
  kills: ({ span, duration, count, workloads }) =>
    `${duration}内（${span}），${workloads} 个工作负载的 ${count} 个进程被内核 OOM 杀掉。`,
  lowestHeadroom: ({ size }) => `余量从未低于 ${size}。`,
  headroomFell: ({ size }) => `余量降至 ${size}。`,
  stalledUpTo: ({ percent }) => `任务停顿的时间最多占 ${percent}。`,
  loop: {
    once: ({ workload, period }) =>
      `${workload} 被 OOM 杀掉 2 次${period === null ? '' : `，相隔 ${period}`}，其间重启过。`,
    often: ({ workload, kills, period }) =>
      `${workload} 被 OOM 杀掉 ${kills} 次${period === null ? '' : `，间隔约 ${period}`}，每次都重启。`,
    ownLimit: '只有提高 limit 或减少内存占用，这个循环才会停止。',
    byName: '该循环仅根据进程名推断。',
    freesNothing: '每次重启都把内存重新占满，循环不会自行停止。',
    losesMemory: ({ size }) => `每一轮之后可用内存反而减少 ${size}，循环不会自行停止。`,
    frees: ({ size }) => `每一轮释放 ${size}。`,
  },
  otherLoops: ({ count }) => `另有 ${count} 个工作负载也在循环。`,
  smallVictims: ({ kills, of, size }) =>
    `${kills === of ? '每个被杀进程' : `${of} 个被杀进程中有 ${kills} 个`}占用不到 ${size}，因此几乎没有释放内存。`,
  killedOnce: ({ workloads }) => `这 ${workloads} 个工作负载各被杀一次。`,
  topConsumer: ({ workload, size }) => `内存占用最高的是 ${workload}（${size}）。`,
  unaccounted: ({ size }) => `大部分内存（${size}）不属于任何进程。`,
  daemonsKilled: ({ names }) => `节点核心服务被杀：${names}。`,
  warnedAhead: ({ duration }) => `首次警告比首次 OOM kill 早 ${duration}。`,
  notReadySince: ({ clock }) => `节点可能自 ${clock} 起 NotReady。`,
  stalledSince: ({ clock }) => `节点自 ${clock} 起内存停顿。`,
  recovered: ({ clock }) => `事件于 ${clock} 结束。`,
  stillOpen: ({ type, name }) => `日志到此结束，事件仍未结束：${name === null ? '' : `${name} 的 `}${type}。`,
  logEnds: '日志在事件结束之前就中断了。',
  recordingEnds: '录制在事件结束之前就中断了。',
  stillFiring: '录制结束时事件仍在持续。',
  day: ({ date, zone }) => `${date}（${zone}）`,
  timesSinceBoot: '日志中没有日期：时间为节点启动后的秒数',
  noTimes: '日志中没有时间：按行的顺序列出 OOM kill',

  killed: ({ name, facts }) => `OOM kill：${name}（${facts}）`,
  nameOnly: '仅按进程名匹配',
  pid: ({ pid }) => `pid ${pid}`,
  used: ({ size }) => `占用 ${size}`,
  atContainerLimit: '其容器的 limit',
  atPodLimit: '其 Pod 的 limit',
  atLimit: ({ path }) => `${path} 的 limit`,
  moreKills: ({ count, until }) => `… 到 ${until} 为止还有 ${count} 次`,
  quiet: ({ duration }) => `… ${duration}之后 …`,
  factSeparator: '，',
  title: {
    happened: '事件经过',
    causes: '原因',
    actions: '处置步骤（按顺序）',
    pastActions: '当时可以采取的处置',
    coverage: '覆盖情况',
  },
  cause: ({ why, evidence }) => `${why}（${evidence}）`,
  remedy: ({ remedy }) => `修复：${remedy}`,
  frees: ({ size }) => `约释放 ${size}`,
  action: ({ text, effect }) => (effect === null ? text : `${text}（${effect}）`),
  alert: ({ severity, summary }) => `${severity}：${summary}`,
  counted: ({ count }) => `内核计数 ${count} 次 OOM kill。`,
  noCounter: '输入中没有内核计数可供核对。',
  seen: ({ seen, attributed, lost }) =>
    `oomloop 看到 ${seen} 次，其中 ${attributed} 次由 cgroup 确认归属；丢失日志记录 ${lost} 条。`,
  earlier: ({ count }) => `另有 ${count} 次发生在监控开始之前，不计入以上两个数字。`,
  moreCauses: ({ count }) => `另有 ${count} 个原因，见 oomloop report 生成的网页`,
  page: '生成网页：oomloop report FILE… -o incident.html',
  reading: ({ file, percent, size }) => `正在读取 ${file}：${percent === null ? size : `${size} 的 ${percent}`}`,
} satisfies Messages['report']

function dated(date: string | null): string {
  return date === null ? '' : `${date}，`
}
