import type { Messages } from '../en.ts'
import { sizeText } from '../format.ts'
import { units } from './units.ts'

/** Hold: what is throttled, since when, and why. */
export const hold = {
  suggest: ({ name, grewKiB, levelKiB }) =>
    `如需争取时间且不停止任何进程，可限制 ${name} 的增长：最近一分钟增长了 ${sizeText(grewKiB)}。该命令先显示当前的 memory.high，再设为 ${sizeText(levelKiB)}。如需撤销，把显示的值写回即可。`,
  starts: ({ names }) =>
    `oomloop 现在限制 ${units.list(names, 4)} 的增长：memory.high 略高于当前用量。这只争取时间，不释放内存。`,
  held: ({ names, seconds, savedKiB, leftSeconds }) =>
    `oomloop 已限制 ${units.list(names, 4)} 的增长 ${units.duration(seconds)}，约少用 ${sizeText(savedKiB)}。这只争取时间，不释放内存。最迟 ${units.duration(leftSeconds)}后解除，也可用该命令立即解除。`,
  inShort: ({ count, seconds }) => `oomloop 已限制 ${count} 个工作负载的增长 ${units.duration(seconds)}。`,
  none: {
    'no-cgroup-v2': 'oomloop 在此节点上不限制任何工作负载：这需要 cgroup v2。',
    tmpfs: 'oomloop 未限制任何工作负载：增长来自 tmpfs 中的文件，限制只会阻塞写入方，不释放内存。',
    unexplained: 'oomloop 未限制任何工作负载：容器的增长不足以解释节点减少的内存。',
    protected: 'oomloop 未限制任何工作负载：增长的是节点自身的组件、数据库、StatefulSet 或正在终止的 Pod。',
  },
  label: '已限制增长',
  each: ({ name, since, until, savedKiB }) =>
    `${name} ${until === null ? `自 ${since} 起` : `${since} – ${until}`}，少用 ${sizeText(savedKiB)}`,
  released: ({ count }) => (count === 0 ? '当前没有被限制的容器。' : `已解除 ${count} 个容器的限制。`),
  leftAlone: ({ cgroup, why }) =>
    why === 'changed'
      ? `${cgroup} 的 memory.high 已被其他程序修改，保持不变。`
      : `内核拒绝写回 ${cgroup} 原来的 memory.high：请手动写回。`,
  notCgroup2: ({ path }) => `${path} 不是 cgroup v2：无法在此主机上限制内存增长`,
  log: {
    ready: '已就绪，可限制容器增长',
    released: '已解除',
    held: '已限制增长',
    notHeld: '未限制增长',
    noAnswer: 'oomloop hold 没有响应：未限制任何容器',
    failed: '限制容器增长失败',
  },
  running: '此主机上已有 oomloop hold 进程在运行；请先停止它',
} satisfies Messages['hold']
