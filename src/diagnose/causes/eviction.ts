import { quantity } from '../../text/messages/format.ts'
import { changeKubelet } from '../commands/kubelet-remedy.ts'
import { type DiagnosisContext, evictionKiBOf } from '../evidence/diagnosis-context.ts'
import type { FindCause } from '../evidence/finding.ts'

/** kubelet's eviction is off, or reacts too late for the speed at which memory shrinks. */
export const eviction: FindCause<'eviction-off' | 'eviction-too-low'> = context => {
  const { t, totalKiB, kubelet, isNodeWide } = context
  const thresholdKiB = evictionKiBOf(context)
  if (!isNodeWide || !kubelet || thresholdKiB === null || totalKiB === null) return null
  const lostPerSecond = Math.max(0, -(context.world.memory.headroom?.slopeKiBPerSecond ?? 0))
  const lostKiB = lostPerSecond * checkSeconds
  const isOff = thresholdKiB === 0
  const isLow = thresholdKiB < totalKiB * leastShare
  if (!isOff && !isLow && lostKiB <= thresholdKiB) return null
  const isFast = lostKiB > Math.max(thresholdKiB, totalKiB * 0.02)
  const code = isOff ? 'eviction-off' : 'eviction-too-low'
  return {
    code,
    role: isOff ? 'contributing' : 'background',
    evidence: t.causes.eviction.evidence({
      threshold: kubelet.evictionMemory ?? '100Mi',
      isDefault: kubelet.evictionMemory === undefined,
      totalKiB,
      lostKiBPerSecond: isFast ? lostPerSecond : null,
      lostKiB: isFast ? lostKiB : null,
    }),
    why: t.causes[code].why,
    remedy: remedyOf(context, Math.max(totalKiB * 0.05, lostKiB * 3)),
  }
}

/** Period of kubelet's eviction loop. */
const checkSeconds = 10
/** kubelet's default of 100 MiB is this share of a node with 8 GiB, and far too little on larger ones. */
const leastShare = 0.0125

function remedyOf(context: DiagnosisContext, wantedKiB: number): string {
  const value = quantity(Math.max(128 * 1024, Math.min(wantedKiB, context.totalKiB! / 8, 2 * 1024 * 1024)))
  return changeKubelet(context, {
    settings: ['evictionMemory'],
    // All of them: one that is set drops kubelet's defaults of the others.
    yaml: `evictionHard: {memory.available: "${value}", nodefs.available: "10%", nodefs.inodesFree: "5%", imagefs.available: "15%"}`,
    flags: `--eviction-hard=memory.available<${value},nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%`,
    bottlerocket: `settings.kubernetes.eviction-hard."memory.available" = "${value}"`,
  })
}
