import type { LogGap } from '../../text/messages/incident-facts.ts'
import type { FindCause } from '../evidence/finding.ts'

/** Only a log was read. Lists what it does not show, so that missing facts are not mistaken for findings. */
export const logOnly: FindCause<'log-alone'> = ({ t, verdict, host, isNodeWide, totalKiB, limit }) => {
  if (host.sight !== 'log' || !isNodeWide || !verdict?.kill) return null
  const { kill } = verdict.kill
  const missing: readonly (LogGap | false)[] = [
    kill.taskMemcg === null && 'workload',
    kill.invoker === null && 'trigger',
    // Its size may be known from the kernel's own lines; how much of it was used is another matter.
    totalKiB === null && limit?.limitKiB == null ? 'memory' : limit?.usageKiB == null && 'usage',
    !kill.tasks && 'survivors',
    'terminating',
    'end',
  ]
  const texts = t.causes['log-alone']
  return {
    code: 'log-alone',
    role: 'background',
    evidence: texts.evidence({ missing: missing.filter(gap => gap !== false) }),
    why: texts.why,
    remedy: texts.remedy,
  }
}
