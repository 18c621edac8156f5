import type { Messages } from '../en.ts'
import { percentText, sizeText } from '../format.ts'
import type { LimitManagerName } from '../incident-facts.ts'
import { behind, spaced, units } from './units.ts'

export const limitManagers: Readonly<Record<LimitManagerName, string>> = {
  ecs: 'ECS 任务定义',
  nomad: 'Nomad 作业',
  swarm: 'Swarm 服务',
}

/** What to do, one step a message. */
export const actions = {
  reviveDaemon: ({ unit }) => `检查 ${unit} 是否已恢复运行，没有则重启它。`,
  findDaemon: ({ name }) => `在节点上检查 ${name} 是否已恢复运行。`,
  deletePod: ({ pod, KiB, cordons }) =>
    `${cordons ? 'cordon 该节点并删除' : '删除'} Pod ${pod}。约释放 ${sizeText(KiB)}。`,
  cutGracePeriod: ({ pod, KiB, cordons }) =>
    `${cordons ? 'cordon 该节点，并缩短' : '缩短'}正在终止的 Pod ${pod} 的优雅终止期。约释放 ${sizeText(KiB)}，但会中断其退出过程。若该 Pod 并未在终止，命令不做任何事。`,
  grew: ({ KiB, seconds }) => `它${seconds === null ? '' : `在 ${units.duration(seconds)}内`}增长了 ${sizeText(KiB)}。`,
  recreatedElsewhere: ({ kind, certain }) => `它的 ${kind} ${certain ? '会' : '很可能会'}在其他节点重建它。`,
  jobRestarted: ({ kind, isCordoned }) =>
    `它的 ${kind} 目前的工作会丢失，很可能在${isCordoned ? '其他节点' : '任一节点'}从头开始。`,
  runnerPod: '它很可能正在运行 CI 系统的任务，该任务会失败。',
  recreatedOnlyIfOthers: ({ kind }) => `若不 cordon，它的 ${kind} 可能在本节点重建它。`,
  recreatedHere: ({ kind }) => `它的 ${kind} 会在本节点重建它，只能争取时间：请限制其内存。`,
  ownerUnknown:
    '它的所有者无法确定，可能是 Job 或 DaemonSet。请先检查：如果是 DaemonSet，会在本节点重建，只能争取时间。',
  statefulSet: ({ name }) => `这会中断 StatefulSet ${name}。卷卸载之后，该 Pod 才能在其他节点启动。`,
  database: ({ program }) => `这会中断其数据库（${program}）的客户端。`,
  noController: '没有已知的控制器会重建它：请先保存其清单。',
  killContainer: '若一分钟后 Pod 仍在，在节点本机上终止它最大的容器。节点停顿时 kubelet 很慢。',
  findNodeName: '先查出该节点在 Kubernetes 中的名称，再 cordon 它。',
  cordon: 'cordon 该节点，避免再调度新的 Pod。',
  reduceLoad: '减轻该节点的负载。',
  checkRecovery: ({ victim, KiB }) =>
    `先确认内存是否恢复，再决定是否停止其他进程。${spaced(victim)}被内核 OOM 杀掉${KiB === null ? '' : `，它占用 ${sizeText(KiB)}`}。`,
  watch: ({ KiB, ratio }) => `无需停止任何进程：内存已恢复，余量 ${sizeText(KiB)}（${percentText(ratio)}）。`,
  watchFor: ({ name, wasRecreated }) =>
    wasRecreated ? `${name} 已重建，观察它是否再次增长。` : `观察 ${name} 是否再次启动并增长。`,
  findConsumers: '查明谁在占用内存：在节点上列出最大的进程。',
  rarelyTheCause: '被杀进程往往不是原因。',
  findGrower: ({ name, KiB }) => `查明 ${name} 增长的原因（目前 ${sizeText(KiB)}）。它属于节点本身，不要停止它。`,
  findWorkload: ({ name, KiB }) => `找出运行 ${name} 的工作负载。内核报告时它占用 ${sizeText(KiB)}。`,
  findReason: ({ name, KiB, wasKilled }) =>
    wasKilled
      ? `查明 ${name} 被杀时为何占用 ${sizeText(KiB)}，以及它是否已再次运行。`
      : `查明内核报告时 ${name} 为何占用 ${sizeText(KiB)}，以及它是否仍在运行。`,
  stopWorkload: ({ name, KiB }) => `停止 ${name}。约释放 ${sizeText(KiB)}，直到它再次启动。`,
  stopProcess: ({ name, KiB }) => `找出 ${name} 中正在增长的进程（${sizeText(KiB)}），请其所有者停止它。`,
  freeHugepages: ({ KiB }) => `释放 ${sizeText(KiB)} 未使用的大页。在再次预留之前一直有效。`,
  compact: '让内核规整空闲内存。',
  clearTmpfs: ({ KiB }) =>
    `找出占用 ${sizeText(KiB)} 的 tmpfs 并清理，或删除路径中 UID 对应的 Pod。终止进程无法释放它。`,
  dropCaches: '释放未使用的 dentry 与 inode。slabtop 可显示是什么再次填满它们。',
  keepDaemonSet: ({ name, seen }) =>
    `不要删除 ${name} 的 Pod。DaemonSet 不受 cordon 影响，会在本节点重建它${seen ? '，上次被杀后就是如此' : ''}。`,
  keepVictim: ({ name, freedKiB }) =>
    `不要重启或删除 ${name}。它是被杀进程：上次被杀后已重建${freedKiB === null ? '' : freedKiB === 0 ? '，没有释放内存' : `，只释放了 ${sizeText(freedKiB)}`}。`,
  keepLikelyVictim: ({ name, kills }) => `不要重启或删除 ${name}。它是被杀进程：已被杀 ${kills} 次，内存仍然不足。`,
  restartKubelet: '若内存恢复五分钟后节点仍停顿或 NotReady，在节点本机上重启 kubelet。',
  restartRuntime: '若一分钟后 kubelet 日志仍有 PLEG 错误，在节点本机上重启容器运行时。',
  reboot: ({ node }) => `仅当以上都无效时，重启${node === null ? '本节点' : `节点 ${node}`}。在节点本机上执行该命令。`,
  raiseLimit: ({ whose }) => `调高${behind(whose)}。`,
  raiseWhenFree: ({ whose }) => `调高${behind(whose)}，但要先确认节点有足够余量。`,
  findUsage: ({ name }) => `查明 ${name} 被杀之前把内存用在哪里。`,
  ownLimit: '它达到的是自身 limit，cordon 或重启节点无济于事。',
  podLimit: '该 limit 由 Pod 的全部容器共用，cordon 或重启节点无济于事。',
  sliceLimit: ({ slice }) => `该 limit 由 ${slice} 内的全部工作负载共用，cordon 或重启节点无济于事。`,
  limitOfWorkload: ({ name }) => `${name} 的内存 limit`,
  limitOfPod: ({ name }) => `${name} 所在 Pod 全部容器共用的内存 limit`,
  limitOfInner: ({ path, name }) => `${name} 内部 cgroup ${path} 的内存 limit（在设置它的地方）`,
  limitWhereSet: ({ name }) => `${name} 的内存 limit（在设置它的地方）`,
  limitAround: ({ around, name }) => `${around} 的内存 limit（${name} 运行在其中）`,
  limitOfManaged: ({ name, manager }) => `${name} 在其 ${limitManagers[manager]}中的内存 limit`,
  limitOfJob: ({ name }) => `该作业的内存 limit（在提交处修改，${name}）`,
  lookBelowSlice: ({ slice }) => `查明是什么占用了 ${slice} 的内存。节点其他部分的内存对它没有帮助。`,
  stopLeak: ({ name }) => `查明 ${name} 为何增长，例如查看 heap profile。重启只能暂时释放内存。`,
  findKiller: '查明是什么停止了它。用户态 OOM killer 会写入 journal，驱逐记录在集群事件中。',
  protectAgent: '保护 agent：使用 oomloop 自带的 unit 或 DaemonSet（oom_score_adj -999），然后查看 doctor 的结果。',
  checkAgent: '查看 agent 在该节点看不到什么，以及原因。',
  uncordon: '如果 cordon 过该节点，修复原因后 uncordon。',
} satisfies Messages['actions']
