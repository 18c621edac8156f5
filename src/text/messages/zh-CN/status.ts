import type { Messages } from '../en.ts'

/** `status`. */
export const status = {
  state: { active: '运行', standby: '待命', stopped: '停止' },
  title: ({ version, node, pid, state, since }) =>
    `oomloop ${version}，节点 ${node}，pid ${pid}，自 ${since} 起${state}`,
  standby: ({ pid }) =>
    `本机上另一个 oomloop${pid === null ? '' : `（pid ${pid}）`}处于活动状态；它停止后由本 agent 接替`,
  cannotSave: ({ why }) => `无法保存状态和录制${why ? `：${why}` : ''}`,
  sourceDown: ({ name, why }) => `数据源中断：${name}${why ? `（${why}）` : ''}`,
  oldHeartbeat: ({ age }) => `上次心跳在 ${age}前：agent 已停止，或未获得 CPU`,
  heartbeat: ({ age }) => `上次心跳在 ${age}前`,
  source: ({ isUp, why }) => `${isUp ? '正常' : '中断'}${why ? `：${why}` : ''}`,
  kills: ({ counted, seen, attributed, lostRecords }) =>
    `${counted === null ? '内核没有计数器' : `内核计数 ${counted}`}，oomloop 看到 ${seen}，已归属 ${attributed}；丢失内核记录 ${lostRecords} 条`,
  headroom: ({ size, percent, limitedBy }) => `${size}（${percent}），瓶颈是${limitedBy}`,
  bottleneck: { node: '节点', kubepods: ' kubepods 的 limit', numa: '一个 NUMA 节点' },
  unknownYet: '尚不可知',
  alerts: ({ judged, notified, suppressed }) => `${judged} 次更新，${notified} 条通知，${suppressed} 条已抑制`,
  history: ({ loops, kills, last }) =>
    `oomloop 启动之前有 ${loops} 个循环，共 ${kills} 次 OOM kill，最后一次在 ${last}`,
  delivery: ({ delivered, pending, failed }) => `已送达 ${delivered}，等待 ${pending}，失败 ${failed}`,
  longestGap: ({ duration }) => duration,
  dropped: ({ count }) => `${count} 条采样未录制：磁盘写入过慢`,
  labels: {
    kills: 'OOM kill',
    headroom: '余量',
    leak: '泄漏',
    alerts: '告警',
    history: '历史',
    longestGap: '最长未获得 CPU',
    recording: '录制',
    protection: '保护',
  },
  firing: ({ severity, type, subject, since }) => `${severity}：${type}（${subject}），自 ${since} 起`,
  muted: '已静默',
  nothingFiring: '没有触发中的告警',
  stopped: ({ at, stateDir }) => `状态目录 ${stateDir} 的 agent 已于 ${at} 停止；请用 oomloop run 或其服务启动`,
  gone: ({ at, stateDir, pid }) =>
    `状态目录 ${stateDir} 的 agent 已不在，且未正常停止：pid ${pid}，上次心跳 ${at}；请启动它并查看日志`,
} satisfies Messages['status']
