import type { Locale } from '../../types.ts'

/** The fixed words of the live view. Types, signs and severities are named as in every other message. */
export interface WatchWords {
  readonly quiet: string
  readonly more: (count: number) => string
  readonly since: (clock: string, time: string) => string
  readonly headroom: string
  readonly least: Readonly<Record<'node' | 'kubepods' | 'numa', string>>
  /** The stretch of time that a curve shows. */
  readonly span: string
  readonly perSecond: (size: string) => string
  readonly stall: string
  readonly memoryFull: string
  readonly ioFull: string
  readonly load: string
  readonly forecast: string
  readonly noForecast: string
  readonly firstKill: string
  readonly notReady: string
  readonly now: string
  readonly range: (soonest: string, latest: string) => string
  readonly next: string
  readonly score: string
  readonly adj: string
  readonly holds: string
  readonly pid: string
  readonly process: string
  readonly workload: string
  readonly back: string
  readonly yes: string
  readonly no: string
  readonly nobody: string
  readonly loops: string
  readonly noLoops: string
  readonly kills: (count: number) => string
  readonly every: (period: string) => string
  readonly yields: (size: string) => string
  readonly nextKill: (time: string) => string
  readonly due: (time: string) => string
  readonly lately: string
  readonly nothingYet: string
  readonly killed: (name: string, pid: number, held: string) => string
  readonly replay: (name: string, speed: string) => string
  readonly live: string
  readonly paused: string
  readonly ended: string
  readonly quit: string
  readonly pause: string
  readonly speed: string
  readonly agent: (text: string) => string
  readonly noAgent: string
  readonly unknown: string
}

export function watchWords(locale: Locale): WatchWords {
  return locale === 'zh-CN' ? chinese : english
}

const english: WatchWords = {
  quiet: 'quiet: nothing is firing',
  more: count => `and ${count} more`,
  since: (clock, time) => `since ${clock} (${time})`,
  headroom: 'Headroom',
  least: { node: '', kubepods: 'below the limit of /kubepods', numa: 'in its NUMA node' },
  span: '  15 min',
  perSecond: size => `${size}/s`,
  stall: 'Stall',
  memoryFull: 'memory full',
  ioFull: 'io full',
  load: 'load',
  forecast: 'Forecast',
  noForecast: 'nothing to foresee',
  firstKill: 'a kill',
  notReady: 'NotReady',
  now: 'now',
  range: (soonest, latest) => `in ${soonest} to ${latest}`,
  next: 'NEXT VICTIMS',
  score: 'score',
  adj: 'adj',
  holds: 'holds',
  pid: 'pid',
  process: 'process',
  workload: 'workload',
  back: 'comes back',
  yes: 'yes',
  no: 'no',
  nobody: 'no process has been read yet',
  loops: 'LOOPS',
  noLoops: 'none',
  kills: count => `${count} kills`,
  every: period => `each ${period}`,
  yields: size => `yields ${size}`,
  nextKill: time => `next kill in ${time}`,
  due: time => `due since ${time}`,
  lately: 'LATELY',
  nothingYet: 'nothing yet',
  killed: (name, pid, held) => `killed ${name} (pid ${pid}${held})`,
  replay: (name, speed) => `×${speed} ${name}`,
  live: 'live',
  paused: 'paused',
  ended: 'the end',
  quit: 'quit',
  pause: 'pause',
  speed: 'speed',
  agent: text => `agent: ${text}`,
  noAgent: 'no agent runs here',
  unknown: 'not known yet',
}

const chinese: WatchWords = {
  quiet: '平静：没有告警',
  more: count => `另有 ${count} 个`,
  since: (clock, time) => `自 ${clock} 起（${time}）`,
  headroom: '余量',
  least: { node: '', kubepods: '低于 /kubepods 上限', numa: '在其 NUMA 节点内' },
  span: '  15 分钟',
  perSecond: size => `${size}/秒`,
  stall: '停顿',
  memoryFull: '内存 full',
  ioFull: 'io full',
  load: '负载',
  forecast: '预测',
  noForecast: '没有可预见的事',
  firstKill: '杀进程',
  notReady: 'NotReady',
  now: '现在',
  range: (soonest, latest) => `${soonest} 至 ${latest} 内`,
  next: '下一个受害者',
  score: '得分',
  adj: 'adj',
  holds: '占用',
  pid: 'pid',
  process: '进程',
  workload: '工作负载',
  back: '会回来',
  yes: '是',
  no: '否',
  nobody: '还没有读到进程',
  loops: '循环',
  noLoops: '无',
  kills: count => `被杀 ${count} 次`,
  every: period => `间隔 ${period}`,
  yields: size => `每轮释放 ${size}`,
  nextKill: time => `${time}后再次被杀`,
  due: time => `已超期 ${time}`,
  lately: '最近',
  nothingYet: '还没有',
  killed: (name, pid, held) => `杀死 ${name}（pid ${pid}${held}）`,
  replay: (name, speed) => `×${speed} ${name}`,
  live: '实时',
  paused: '已暂停',
  ended: '结束',
  quit: '退出',
  pause: '暂停',
  speed: '速度',
  agent: text => `代理：${text}`,
  noAgent: '本机没有运行代理',
  unknown: '尚不清楚',
}
