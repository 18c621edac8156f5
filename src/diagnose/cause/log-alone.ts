import type { FindCause } from './finding.ts'

/** Nothing but a log was read: what it cannot tell is said, so that nobody takes silence for an answer. */
export const logAlone: FindCause = ({ say, verdict, host, isNodeWide }) => {
  if (host.sight !== 'log' || !isNodeWide || !verdict?.kill) return null
  const { kill } = verdict.kill
  const unknown = [
    kill.taskMemcg === null ? say('which pod or cgroup a victim belonged to', '受害者属于哪个 Pod 或 cgroup') : '',
    kill.invoker === null ? say('who asked for the memory', '是谁申请的内存') : '',
    say('how much memory the node had and had left', '节点有多少内存、还剩多少'),
    kill.tasks ? '' : say('who held memory and was not killed', '未被杀的进程各占多少'),
    say('whether a pod was terminating', '是否有 Pod 正在终止'),
    say('whether it is over', '事件是否已经结束'),
  ].filter(Boolean)
  return {
    code: 'log-alone',
    weight: 10,
    evidence: say(`not in this log: ${unknown.join('; ')}`, `此日志中没有：${unknown.join('；')}`),
    why: say(
      'Sizes are those of the kill lines: of who was not killed a log says nothing, and same names are taken for the same workload',
      '大小取自被杀日志行：未被杀者日志中没有记录，同名进程视为同一工作负载',
    ),
    remedy: say(
      'run oomloop on the node (or replay a recording of it): then holders, growers, limits and the trigger are known',
      '在节点上运行 oomloop（或回放其录像）：即可知道占用者、增长者、限额与触发者',
    ),
  }
}
