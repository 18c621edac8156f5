import type { AlertNote, AlertType, Locale, Severity, SignName } from '../../types.ts'

/** The fixed words of chat texts. What is said of an alert itself comes with the alert, in the core's locale. */
export interface Words {
  readonly severity: Readonly<Record<Severity, string>>
  readonly over: string
  readonly type: Readonly<Record<AlertType, string>>
  readonly note: Readonly<Record<AlertNote, string>>
  readonly sign: Readonly<Record<SignName, string>>
  readonly title: (head: string, type: string, node: string) => string
  readonly node: string
  readonly workload: string
  readonly loop: string
  readonly loopText: (loop: { kills: number; period: string | null; pids: string; chronic: boolean }) => string
  readonly cause: string
  readonly remedy: string
  readonly action: string
  readonly expects: (action: string, size: string) => string
  readonly runbook: string
  readonly limit: string
  readonly limitText: (limit: string, path: string, used: string | null) => string
  readonly forecast: string
  readonly firstKill: string
  readonly notReady: string
  readonly within: (soonest: string, latest: string) => string
  readonly now: string
  readonly headroom: string
  readonly headroomText: (size: string, percent: string) => string
  readonly trigger: string
  readonly holders: string
  readonly growers: string
  readonly next: string
  readonly members: string
  readonly more: (count: number) => string
  readonly signs: string
  readonly coverage: string
  readonly coverageText: (counted: string, seen: number, attributed: number) => string
  readonly evidence: string
  readonly since: string
  readonly incident: string
  readonly colon: string
}

const en: Words = {
  severity: { info: 'INFO', warning: 'WARNING', critical: 'CRITICAL' },
  over: 'OVER',
  type: {
    'memory-exhaustion': 'memory exhaustion',
    'respawn-loop': 'OOM respawn loop',
    'oom-storm': 'OOM storm',
    'node-daemon-killed': 'node daemon killed',
    'agent-impaired': 'oomloop impaired',
  },
  note: {
    late: 'late: it could not be delivered while it went on, and is over by now',
    reopened: 'it came back: the same incident, reopened',
    handover: 'oomloop stops watching here; this may still go on',
    'open-end': 'the log ends before the incident does',
    reminder: 'reminder: this has gone on for a day or more',
    'previous-boot': 'this happened before the last reboot',
    'last-words': 'last words: this node stalls so much that oomloop hardly gets to run; expect silence from here',
  },
  sign: {
    primed: 'primed',
    'low-headroom': 'low headroom',
    stalling: 'stalling',
    killing: 'killing',
    looping: 'looping',
    'daemon-hit': 'daemon hit',
    'not-ready-presumed': 'NotReady presumed',
  },
  title: (head, type, node) => `${head}: ${type} on ${node}`,
  node: 'Node',
  workload: 'Workload',
  loop: 'Loop',
  loopText: ({ kills, period, pids, chronic }) =>
    [`${kills} kills`, period && `one each ${period}`, pids && `pids ${pids}`, chronic && 'chronic']
      .filter(Boolean)
      .join(', '),
  cause: 'Why',
  remedy: 'Remedy',
  action: 'Do',
  expects: (action, size) => `${action} (about ${size})`,
  runbook: 'Runbook',
  limit: 'Limit',
  limitText: (limit, path, used) => `${limit} of ${path}${used === null ? '' : `, ${used} used`}`,
  forecast: 'Forecast',
  firstKill: 'first kill',
  notReady: 'NotReady',
  within: (soonest, latest) => `in ${soonest} to ${latest}`,
  now: 'now',
  headroom: 'Headroom',
  headroomText: (size, percent) => `${size} (${percent})`,
  trigger: 'Asked for memory',
  holders: 'Hold most',
  growers: 'Grew most',
  next: 'Would die next',
  members: 'Part of it',
  more: count => `and ${count} more`,
  signs: 'Signs',
  coverage: 'Coverage',
  coverageText: (counted, seen, attributed) => `kernel counted ${counted}, seen ${seen}, attributed ${attributed}`,
  evidence: 'Kernel',
  since: 'Since',
  incident: 'Incident',
  colon: ': ',
}

const zh: Words = {
  severity: { info: '提示', warning: '警告', critical: '严重' },
  over: '已恢复',
  type: {
    'memory-exhaustion': '内存耗尽',
    'respawn-loop': 'OOM 杀死-重启循环',
    'oom-storm': 'OOM 风暴',
    'node-daemon-killed': '节点守护进程被杀',
    'agent-impaired': 'oomloop 自身受损',
  },
  note: {
    late: '迟到：发生期间未能送达，现在已经结束',
    reopened: '再次出现：同一事件重新打开',
    handover: 'oomloop 在此停止监视，事件可能仍在继续',
    'open-end': '日志在事件结束之前就结束了',
    reminder: '提醒：已持续一天或更久',
    'previous-boot': '发生在上次重启之前',
    'last-words': '遗言：节点停顿严重，oomloop 几乎无法运行，此后可能再无消息',
  },
  sign: {
    primed: '一触即发',
    'low-headroom': '余量不足',
    stalling: '停顿',
    killing: '正在杀进程',
    looping: '循环中',
    'daemon-hit': '守护进程受害',
    'not-ready-presumed': '推测已 NotReady',
  },
  title: (head, type, node) => `${head}：${type}（${node}）`,
  node: '节点',
  workload: '工作负载',
  loop: '循环',
  loopText: ({ kills, period, pids, chronic }) =>
    [`被杀 ${kills} 次`, period && `间隔 ${period}`, pids && `pid ${pids}`, chronic && '长期']
      .filter(Boolean)
      .join('，'),
  cause: '原因',
  remedy: '根治',
  action: '处置',
  expects: (action, size) => `${action}（约 ${size}）`,
  runbook: '处置手册',
  limit: '限额',
  limitText: (limit, path, used) => `${path} 的 ${limit}${used === null ? '' : `，已用 ${used}`}`,
  forecast: '预测',
  firstKill: '首次杀进程',
  notReady: 'NotReady',
  within: (soonest, latest) => `${soonest} 至 ${latest} 内`,
  now: '现在',
  headroom: '余量',
  headroomText: (size, percent) => `${size}（${percent}）`,
  trigger: '申请内存者',
  holders: '占用最多',
  growers: '增长最多',
  next: '下一个受害者',
  members: '成员',
  more: count => `另有 ${count} 个`,
  signs: '迹象',
  coverage: '覆盖',
  coverageText: (counted, seen, attributed) => `内核计数 ${counted}，看到 ${seen}，归属 ${attributed}`,
  evidence: '内核日志',
  since: '开始于',
  incident: '事件',
  colon: '：',
}

export const words: Readonly<Record<Locale, Words>> = { en, 'zh-CN': zh }
