import { joined } from '../../text/sentences.ts'
import { cutGracePeriod } from '../commands/shell-commands.ts'
import type { FindCause } from '../evidence/finding.ts'

/** A pod in its grace period needs more memory than before: the founding incident began so. */
export const terminatingPod: FindCause<'terminating-pod-grows'> = context => {
  const { t, terminating, now, totalKiB, isNodeWide, trigger } = context
  if (!isNodeWide) return null
  const grown = terminating
    .filter(({ grewKiB }) => grewKiB !== null && grewKiB >= Math.max(leastKiB, (totalKiB ?? 0) * 0.01))
    .toSorted((a, b) => Number(b.trusted) - Number(a.trusted) || b.grewKiB! - a.grewKiB!)[0]
  if (!grown) return null
  const { pod, source, trusted, use } = grown
  const texts = t.causes['terminating-pod-grows']
  const facts = {
    pod,
    source,
    grewKiB: grown.grewKiB!,
    KiB: grown.KiB ?? 0,
    seconds: Math.max(0, (now - grown.since) / 1000),
    isTrigger: trigger?.terminating === true,
  }
  const command = use && trusted ? cutGracePeriod(use) : null
  return {
    code: 'terminating-pod-grows',
    // A line that any user can write is not sufficient evidence.
    role: trusted ? 'leading' : 'background',
    evidence: trusted ? texts.evidence(facts) : texts.evidenceUnproven(facts),
    why: texts.why,
    remedy: joined(t, texts.remedy, command !== null && texts.urgent({ command })),
  }
}

// Memory that exit handlers allocate in any case.
const leastKiB = 16 * 1024
