import type { Action, HostFacts } from '../../types.ts'
import type { RespawnLoopFacts } from '../../verdicts/respawn-loop.ts'
import { quoted } from '../commands/shell-commands.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import type { Platform } from '../platform/host-platform.ts'

/** What to do about a loop that kubelet or a userspace OOM killer drives: see its reasons, then give it what it needs. */
export function endedLoopActions(
  { t, verdict, platform, host }: DiagnosisContext,
  { endedBy, isUnverified }: RespawnLoopFacts,
): readonly Action[] {
  const by = endedBy!
  const { look, fix } = t.endings.steps[by]
  const { namespace, pod } = verdict?.workload ?? {}
  const [ns, name] = [quoted(namespace ?? ''), quoted(pod ?? '')]
  const command = by === 'kubelet-eviction' ? ns && name && describePod(ns, name) : journalOf(by, platform, host)
  return [
    { do: isUnverified ? `${look} ${t.endings.unverified}` : look, command, expectKiB: null },
    { do: fix, command: null, expectKiB: null },
  ]
}

type Killer = NonNullable<RespawnLoopFacts['endedBy']>

function describePod(namespace: string, pod: string): string {
  return `kubectl --namespace=${namespace} describe pod ${pod}`
}

/** The journal of the killer, which holds its reasons; without systemd its place is not known. */
function journalOf(by: Killer, platform: Platform, { init }: HostFacts): string | null {
  // systemd-oomd is part of systemd, where nothing else is known of the system.
  const isSystemd = platform === 'systemd' || (by === 'systemd-oomd' && platform === 'other' && init === undefined)
  if (!isSystemd) return null
  const units = by === 'unknown' ? ['systemd-oomd', 'earlyoom', 'kubelet'] : [by]
  return ['journalctl', ...units.map(unit => `--unit=${unit}`), '--since=-1h'].join(' ')
}
