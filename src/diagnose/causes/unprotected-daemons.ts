import { isForkOfDaemon } from '../../identify/node-daemon.ts'
import { joined } from '../../text/sentences.ts'
import type { AttributedKill, IdentityView, ProcessSample } from '../../types.ts'
import { quoted } from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'

/** The kernel can choose kubelet, the runtime or sshd: nothing protects them. */
export const unprotectedDaemons: FindCause<'unprotected-daemons'> = context => {
  const { t, verdict, isNodeWide, world } = context
  const killed = verdict?.kill?.workload.nodeDaemon ? verdict.kill : null
  if (!isNodeWide && !killed) return null
  // At the limit of its own unit the kernel could choose nothing else.
  if (killed?.limitLevel === 'unit' || killed?.limitLevel === 'cgroup') return null
  const exposed = new Map<string, ProcessSample>()
  for (const process of world.identity.processes()) {
    const unit = daemonUnit(process, world.identity)
    // What was killed is named by its kill.
    if (unit === null || process.oomScoreAdj <= spared || world.identity.isKilled(process.pid)) continue
    const known = exposed.get(unit)
    if (!known || process.rssKiB > known.rssKiB) exposed.set(unit, process)
  }
  const killedUnit = killed?.workload.unit?.split('/').at(-1) ?? null
  if (exposed.size === 0 && killedUnit === null) return null
  return {
    code: 'unprotected-daemons',
    // At the limit of its own unit no oom_score_adj helps: then the limit comes first.
    role: killed?.nodeLevel ? 'leading' : 'contributing',
    evidence: t.causes['unprotected-daemons'].evidence({
      killed: killedUnit,
      killedAdj: killed?.kill.oomScoreAdj ?? null,
      exposed: [...exposed].map(([unit, { oomScoreAdj }]) => ({ unit, adj: oomScoreAdj })),
    }),
    why: t.causes['unprotected-daemons'].why,
    remedy: remedyOf(context, killed, [...exposed.keys()]),
  }
}

/** A daemon that was killed although it is protected does not benefit from more protection. */
function remedyOf(context: DiagnosisContext, killed: AttributedKill | null, exposed: readonly string[]): string {
  const { t } = context
  const unit = killed?.workload.unit?.split('/').at(-1) ?? null
  const adj = killed?.kill.oomScoreAdj ?? null
  if (unit === null || adj === null || adj > spared) return protect(context, unit ?? exposed[0]!)
  const others = exposed.filter(each => each !== unit)
  const futile = t.causes['unprotected-daemons'].remedyProtected({ unit, adj, hasLimit: killed?.nodeLevel === false })
  return joined(t, futile, others.length > 0 && protect(context, others[0]!))
}

function protect({ t, platform }: DiagnosisContext, name: string): string {
  const texts = t.causes['unprotected-daemons']
  if (/^sshd?(?:@.*)?\.service$/.test(name)) return texts.remedySshd
  const unit = quoted(name)
  // A drop-in fits a service that systemd starts, and nothing else.
  if (platform !== 'systemd' || !unit?.endsWith('.service') || unit !== name) return texts.remedyByHand
  const command = [
    `mkdir -p /etc/systemd/system/${unit}.d`,
    `printf '[Service]\\nOOMScoreAdjust=-999\\n' > /etc/systemd/system/${unit}.d/oom.conf`,
    'systemctl daemon-reload',
  ].join(' && ')
  return texts.remedy({ unit, command })
}

/** From -900 down the kernel chooses a process only when nothing else is left. */
const spared = -900

// The node cannot work without these daemons.
function daemonUnit({ pid, ppid, cgroup, comm }: ProcessSample, identity: IdentityView): string | null {
  if (!cgroup.endsWith('.service')) return null
  const unit = cgroup.slice(cgroup.lastIndexOf('/') + 1)
  // The main program of a unit: shims, sessions and helpers beside it have values of their own.
  if (!vital[unit]?.includes(comm) || isForkOfDaemon(`/${unit}`, ppid)) return null
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
