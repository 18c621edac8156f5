import type { Messages } from '../en.ts'
import { nodeText, units } from './units.ts'

/** Loops that kubelet or a userspace OOM killer drives. */
export const endings = {
  killers: {
    'kubelet-eviction': '被 kubelet 因内存不足驱逐',
    'systemd-oomd': '被 systemd-oomd 终止',
    earlyoom: '被 earlyoom 终止',
    nohang: '被 nohang 终止',
    oomd: '被 oomd 终止',
    lmkd: '被 lmkd 终止',
    talos: '被 Talos 的 OOM 处理程序终止',
    unknown: '内存不足时被内核以外的原因终止',
  },
  loop: ({ workload, killer, deaths, periodSeconds, node }) => {
    const apart = periodSeconds === null ? '' : `，间隔${deaths > 2 ? '约 ' : ' '}${units.duration(periodSeconds)}`
    return `${node === undefined ? '' : `${nodeText(node)}上的 `}${workload} 陷入终止循环：${killer} ${deaths} 次${apart}。`
  },
  steps: {
    'kubelet-eviction': {
      inShort: '下一步：调高其内存 request，或把其他 Pod 迁出该节点。',
      look: '查看 kubelet 驱逐该 Pod 的原因：消息中有用量、request 和阈值。',
      fix: '把内存 request 调到该 Pod 的实际用量，或提高其优先级。否则它会再次被驱逐。',
    },
    'systemd-oomd': {
      inShort: '下一步：检查其内存用量和所在 unit 的 oomd 策略。',
      look: '查看 systemd-oomd 选中它的原因：日志中有内存压力和限制。',
      fix: '找出造成内存压力的来源。如果该 unit 必须保留，为它设置 ManagedOOMPreference=avoid。',
    },
    earlyoom: {
      inShort: '下一步：找出耗尽内存的来源，或在 earlyoom 中排除它。',
      look: '查看 earlyoom 选中它的原因：日志中有空闲内存和进程。',
      fix: '找出耗尽内存的来源。如果该进程必须保留，把它写入 --avoid，或调低阈值（-m）。',
    },
    nohang: {
      inShort: '下一步：找出耗尽内存的来源，或在 nohang 中排除它。',
      look: '查看 nohang 选中它的原因：日志中有内存和 badness。',
      fix: '找出耗尽内存的来源。如果该进程必须保留，在 nohang.conf 中降低其 badness。',
    },
    oomd: {
      inShort: '下一步：检查其内存用量和 oomd 的规则。',
      look: '查看 oomd 的哪条规则选中了它。',
      fix: '找出耗尽内存的来源。如果该 cgroup 必须保留，为它设置 xattr user.oomd_avoid。',
    },
    lmkd: {
      inShort: '下一步：找出耗尽内存的来源。',
      look: '查看是哪个内存级别让 lmkd 终止了它。',
      fix: '找出耗尽内存的来源。',
    },
    talos: {
      inShort: '下一步：检查其内存用量和 Talos 的 OOMConfig。',
      look: '查看 Talos 选中该 cgroup 的原因：OOMController 的日志中有其名称。',
      fix: '找出耗尽内存的来源。如果该 cgroup 必须保留，修改 OOMConfig 中的 triggerExpression 或 cgroupRankingExpression。',
    },
    unknown: {
      inShort: '下一步：查明终止它的原因。',
      look: '查明终止它的原因：用户态 OOM killer、驱逐，或程序自身退出。',
      fix: '找出耗尽内存的来源。只要节点内存不足，它还会被终止。',
    },
  },
  guess: '可能被 kubelet 因内存不足驱逐',
  unverified: '这些日志行未经验证：任何用户都能写入。',
} satisfies Messages['endings']
