import type { Messages } from '../en.ts'
import { behind, units } from './units.ts'

/** Log messages and states of the running agent. */
export const agent = {
  logLinesDropped: '日志行已丢弃',
  log: {
    checkSettings: '请检查设置',
    stateUnreadable: '保存的状态无法读取，本次启动不使用它',
    stateDamaged: '保存的状态已损坏，本次启动不使用它',
    stateCopyUsed: '保存的状态已损坏，改用其副本',
    healthLater: '本 agent 转为活动状态后才启动健康检查服务',
    reloadLater: '本 agent 转为活动状态后才重新加载设置',
    kernelSource: '内核记录的来源',
    notProtected: '自我保护不完整',
    protected: '已完成自我保护',
    textLocked: '预热后已锁定程序代码：当前内核无法在首次访问时锁定页面',
    clockSet: '系统时钟被修改',
    history: 'oomloop 启动之前内核日志中的 OOM kill',
    watching: '开始监控',
    alert: '告警',
    suppressed: '通知已抑制：observe 已开启',
    source: { sighted: '数据源恢复', blind: '数据源中断' },
    recordsLost: '内核日志溢出：有记录丢失',
    reloaded: '设置已重新加载',
    invalidSettings: '设置无效，继续使用之前的设置',
    resumed: '接续上一次运行',
    recordingDamaged: '之前的录制有部分损坏',
    recordingUnreadable: '无法读取之前的录制',
    recordingUnwritable: '无法写入录制',
    noLock: '无法保持本机的锁：如果再运行一个 oomloop，每条告警都会发送两次',
    standby: '待命：本机上另一个 oomloop 处于活动状态',
    stopping: '正在停止',
    stepFailed: '停止过程中有一步失败',
    stallAlert: '本节点内存停顿：发送预先准备的告警',
    leftAlerts: '发送上一次运行未发出的告警',
    webhookRemoved: '告警已丢弃：其 webhook 已不在配置中',
    alertSent: '告警已发送',
    alertNotAccepted: '告警未被接受，将重试',
    alertRefused: '告警被拒绝，不再重试',
    webhookGone: 'webhook 已不存在：下次启动之前不再向它发送',
    heartbeatAccepted: '心跳恢复被接受',
    heartbeatNotAccepted: '心跳未被接受',
    queueFull: '等待发送的告警过多：丢弃最早的告警',
    outboxDamaged: '发件箱中有损坏的记录，已跳过',
    outboxNoSpace: '磁盘空间不足，无法预留发件箱：请清理状态目录所在的磁盘',
    outboxRefused: '发件箱无法写入：恢复之前告警只保存在内存中',
    outboxFull: '发件箱已满：每个事件只有最新的告警在磁盘上，其余在内存中',
    outboxNotSynced: '发件箱未能同步到磁盘',
  },
  statusLine: ({ firing, more, seen, counted, waiting, cannotSave, sourcesDown }) =>
    [
      firing === null
        ? '没有告警'
        : `告警中：${firing.type}（${firing.subject}）${more > 0 ? `，另有 ${more} 条` : ''}`,
      `看到 ${seen} 次 OOM kill${counted === null ? '' : `，内核计数 ${counted}`}`,
      waiting > 0 ? `${waiting} 条告警待发送` : '',
      cannotSave ? '无法保存状态和录制' : '',
      sourcesDown.length > 0 ? `数据源中断：${sourcesDown.join('、')}` : '',
    ]
      .filter(Boolean)
      .join('；'),
  noStatus: ({ path }) => `没有 agent 在运行：${path} 不存在；请用 oomloop run 启动，或用 --state-dir 指定其状态目录`,
  statusForbidden: ({ path }) => `当前用户没有权限读取 ${path}，无法判断 agent 是否在运行；请以 root 运行`,
  cannotListen: ({ address, why }) => `无法监听 ${address}：${why}`,
  reopenFailed: ({ why, cause }) => `${why}；恢复之前的发送通道也失败（${cause}）：下次启动之前不再发送`,
  noRecordingDirectory: ({ dir, why }) => `无法创建录制目录 ${dir}：${why}`,
  platform: {
    system: ({ system }) => `run 需要 Linux，当前系统是 ${system}。replay 和 report 可在任何系统上使用。`,
    kernel: ({ least, found }) => `run 需要 Linux ${least} 或更新版本，当前是 ${found}。可用 replay 分析其日志。`,
    cLibrary: ({ least, found }) =>
      `run 需要 glibc ${least} 或更新版本，当前是${behind(found ?? '其他 C 库')}。请用 install.sh 安装（自带 C 库），或使用容器镜像。`,
    entropy:
      '当前内核没有 getrandom 系统调用，无法为 TLS 提供随机数。请升级内核：RHEL 7 和 CentOS 7 的早期内核没有此调用，后续内核已有。',
  },
  protection: {
    noFfi: '程序代码未锁定在内存中：当前 Node.js 没有 node:ffi',
    notLocked: ({ mappings, error }) =>
      `程序的 ${mappings} 段映射未锁定在内存中（errno ${error}）：需要 CAP_IPC_LOCK 或 LimitMEMLOCK=infinity`,
    score: ({ adj, wanted }) =>
      `oom_score_adj 是 ${adj}，而不是 ${wanted}：需要 CAP_SYS_RESOURCE 或 OOMScoreAdjust=${wanted}`,
    scoreUnknown: '无法读取 oom_score_adj',
  },
  outboxUnusable: ({ dir, why }) => `无法在 ${dir} 中保存告警（${why}）：请用 --state-dir 指定一个可写的目录`,
  moreLoops: ({ count, node, names }) =>
    `节点 ${node} 上又有 ${count} 个工作负载陷入 OOM 重启循环：${names.join('、')}。`,
  moreAlerts: ({ count, node, names }) => `节点 ${node} 上又有 ${count} 条告警：${names.join('、')}。`,
  allOver: ({ count, node, names }) =>
    `节点 ${node} 上的 ${count} 条告警已恢复：${names.join('、')}${count > names.length ? `，另有 ${count - names.length} 条` : ''}。`,
  killed: ({ name, kills }) => `${name}（${kills} 次）`,
  handover: facts =>
    [
      `oomloop 在节点 ${facts.node} 上停止运行。`,
      `尚未恢复：${facts.name === null ? facts.type : `${facts.name} 的${behind(facts.type)}`}。`,
      facts.secondsSinceKill === null ? '' : `最近一次 OOM kill：${units.duration(facts.secondsSinceKill)}前。`,
      facts.headroom === null ? '' : `余量：${facts.headroom.size}（${facts.headroom.percent}）。`,
    ].join(''),
  previousBootLooped: ({ summary }) => `上次启动结束于 OOM 循环：${summary}`,
  previousBootExhausted: ({ summary }) => `上次启动结束时内存耗尽：${summary}`,
  endedWithBoot: ({ node, summary }) => `节点 ${node} 已重启。重启前：${summary}`,
  lostAtRestart: ({ summary }) => `oomloop 已重启，不再跟踪此告警；如仍在持续，会发出新告警。此前：${summary}`,
  unseenKills: ({ kills }) => `内核计数的 ${kills} 次 OOM kill 未出现在任何数据源中`,
  stateDirectoryUp: ({ path }) => `${path} 恢复可写`,
  stateDirectoryGone: ({ path }) => `${path} 在 agent 运行期间被删除`,
  stateDirectoryRefuses: ({ path, why }) => `${path} 无法写入（${why}）`,
  stateDirectoryStalled: ({ path, seconds }) => `${path} 所在磁盘无响应：写入已等待 ${units.duration(seconds)}`,
} satisfies Messages['agent']
