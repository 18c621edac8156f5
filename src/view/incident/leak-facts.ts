import type { LeakOutlook } from '../../detect/leak/first-leak.ts'
import { nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import type { LeakFacts } from '../../text/messages/incident-facts.ts'

/** A leak as the messages take it. */
export function leakFacts(leak: LeakOutlook): Omit<LeakFacts, 'node'> {
  const { workload, growthKiBPerHour, etaSeconds, etaRangeSeconds } = leak
  return { name: nameOfKey(workload), KiBPerHour: growthKiBPerHour, seconds: etaSeconds, range: etaRangeSeconds }
}
