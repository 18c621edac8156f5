import { listText } from '../../say.ts'
import type { IdentityView, ProcessSample } from '../../types.ts'
import { quoted } from '../commands.ts'
import type { FindCause } from './finding.ts'

/** kubelet, the runtime or sshd may be chosen by the kernel: nothing has told it to spare them. */
export const unprotectedDaemons: FindCause = scene => {
  const { say, verdict, isNodeWide } = scene
  const killed = verdict?.kill?.workload.nodeDaemon ? verdict.kill : null
  if (!isNodeWide && !killed) return null
  const exposed = new Map<string, ProcessSample>()
  for (const process of scene.world.identity.processes()) {
    const unit = daemonUnit(process, scene.world.identity)
    if (unit === null || process.oomScoreAdj <= spared) continue
    const known = exposed.get(unit)
    if (!known || process.rssKiB > known.rssKiB) exposed.set(unit, process)
  }
  const killedUnit = killed?.workload.unit?.split('/').at(-1)
  if (exposed.size === 0 && !killedUnit) return null
  const names = [...exposed].map(([unit, { oomScoreAdj }]) => `${unit} (oom_score_adj ${oomScoreAdj})`)
  const [first] = [killedUnit, ...exposed.keys()].filter(unit => unit !== undefined)
  const unit = quoted(first!)
  return {
    code: 'unprotected-daemons',
    // At its own unit's limit no oom_score_adj helps: then the limit comes first.
    weight: killed?.nodeLevel ? 105 : 71,
    evidence: [
      killedUnit
        ? say(
            `the kernel killed ${killedUnit}${killed!.kill.oomScoreAdj === null ? '' : `, whose oom_score_adj was ${killed!.kill.oomScoreAdj}`}`,
            `内核杀死了 ${killedUnit}${killed!.kill.oomScoreAdj === null ? '' : `，其 oom_score_adj 为 ${killed!.kill.oomScoreAdj}`}`,
          )
        : '',
      names.length > 0 ? say(`not spared: ${listText(names, say)}`, `未受保护：${listText(names, say)}`) : '',
    ]
      .filter(Boolean)
      .join(say('; ', '；')),
    why: say(
      'Without kubelet or the runtime the node is NotReady, without sshd nobody gets in to mend it; usual is -999',
      '没有 kubelet 或运行时节点就 NotReady，没有 sshd 就无人能登录处理；通常应为 -999',
    ),
    remedy: unit
      ? [
          say('spare it, as its own package should have done:', '保护它（本应由其软件包设置）：'),
          [
            `mkdir -p /etc/systemd/system/${unit}.d`,
            `printf '[Service]\\nOOMScoreAdjust=-999\\n' > /etc/systemd/system/${unit}.d/oom.conf`,
            'systemctl daemon-reload',
            `systemctl restart ${unit}`,
          ].join(' && '),
        ].join(' ')
      : 'OOMScoreAdjust=-999',
  }
}

/** What -900 and below is chosen for only when nothing else is left. */
const spared = -900

// Those without which the node is lost; of the others one may be sacrificed.
function daemonUnit({ pid, cgroup, comm }: ProcessSample, identity: IdentityView): string | null {
  if (!cgroup.endsWith('.service')) return null
  const unit = cgroup.slice(cgroup.lastIndexOf('/') + 1)
  // A unit's own program: shims, sessions and helpers beside it have values of their own.
  if (!vital[unit]?.includes(comm)) return null
  return identity.workloadOfPid(pid)?.nodeDaemon ? unit : null
}

const vital: Readonly<Record<string, readonly string[]>> = {
  'kubelet.service': ['kubelet'],
  'containerd.service': ['containerd'],
  'docker.service': ['dockerd'],
  'crio.service': ['crio'],
  'k3s.service': ['k3s-server', 'k3s'],
  'k3s-agent.service': ['k3s-agent', 'k3s'],
  'rke2-server.service': ['rke2'],
  'rke2-agent.service': ['rke2'],
  'ssh.service': ['sshd'],
  'sshd.service': ['sshd'],
}
