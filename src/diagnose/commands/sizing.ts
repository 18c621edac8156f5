import { quantity } from '../../text/messages/format.ts'
import type { Workload } from '../../types.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import { setResources } from './shell-commands.ts'

/**
 * Sets a request and a limit by the most that a pod of this workload has used, with a quarter to spare. null: none of its
 * pods has run for long enough; a pod that is starting shows nothing of what it needs.
 */
export function sizedResources(
  { peakKiB }: Pick<DiagnosisContext, 'peakKiB'>,
  workload: Workload,
  limitFactor: number,
): string | null {
  const KiB = peakKiB(workload.key)
  if (KiB === null) return null
  const requests = quantity(Math.max(KiB, 16 * 1024) * 1.25)
  const limits = quantity(Math.max(KiB, 32 * 1024) * limitFactor)
  return (
    setResources(workload, { requests, limits }) ??
    `resources: {requests: {memory: ${requests}}, limits: {memory: ${limits}}}`
  )
}
