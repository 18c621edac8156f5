import { joined } from '../../text/sentences.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import { quoted } from './shell-commands.ts'

interface KubeletChange {
  /** The facts about kubelet that it changes. */
  readonly settings: readonly string[]
  /** As kubelet's file has it. */
  readonly yaml: string
  /** The same on the command line. */
  readonly flags: string
  /** The same in Bottlerocket's settings. */
  readonly bottlerocket: string
}

/** Where to change a setting of kubelet on this system: its flags override its file, and some systems own both. */
export function changeKubelet(context: DiagnosisContext, change: KubeletChange): string {
  const { t, kubelet, platform } = context
  const { causes } = t
  if (platform === 'talos') return causes.setTalos({ yaml: change.yaml })
  if (platform === 'bottlerocket') return causes.setBottlerocket({ settings: change.bottlerocket })
  const onCommandLine = change.settings.some(setting => kubelet?.onCommandLine?.includes(setting))
  const file = kubelet?.source.split(', ').find(part => part.startsWith('/')) ?? null
  const where = onCommandLine
    ? causes.setFlags({ flags: change.flags })
    : platform === 'container'
      ? causes.setInContainer({ yaml: change.yaml })
      : causes.set({ yaml: change.yaml, file })
  const unit = platform === 'systemd' ? quoted(kubeletUnit(context)) : null
  return joined(t, where, unit !== null && causes.thenRestart({ unit }))
}

/** The unit that runs kubelet: its own, or that of k3s and rke2. */
function kubeletUnit({ world }: Pick<DiagnosisContext, 'world'>): string {
  for (const { comm, cgroup } of world.identity.processes()) {
    if (!cgroup.endsWith('.service') || cgroup.includes('kubepods')) continue
    const unit = cgroup.slice(cgroup.lastIndexOf('/') + 1, -'.service'.length)
    if (comm === 'kubelet' || /^(?:k3s|rke2)(?:-|$)/.test(unit)) return unit
  }
  return 'kubelet'
}
