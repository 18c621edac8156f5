import { reportedRssKiB } from '../../identify/kill-report.ts'
import type { TerminationSource } from '../../text/messages/incident-facts.ts'
import type { AlertTrigger, AttributedKill, IdentityView, Workload } from '../../types.ts'
import type { TerminatingPods } from './terminating-pods.ts'

/** What an alert publishes of it, with the source before it is put into words. */
export interface Trigger extends Omit<AlertTrigger, 'source'> {
  readonly source: TerminationSource | null
}

/** The process whose allocation failed. It is looked up at the kill, because its pid may be reused later. */
export function findTrigger(
  attributed: AttributedKill,
  identity: IdentityView,
  terminatingPods: TerminatingPods,
  sizeOfPod: (pod: string) => number | null,
): Trigger | null {
  const { kill } = attributed
  if (kill.invoker === null && kill.invokerPid === null) return null
  const workload = workloadOf(attributed, identity)
  if (!workload) return { comm: kill.invoker, workload: null, terminating: null, source: null, grewKiB: null }
  const termination = terminatingPods.of(workload)
  return {
    comm: kill.invoker,
    workload: workload.key,
    terminating: terminatingPods.isTerminating(workload),
    source: termination?.source ?? null,
    grewKiB: termination ? grewKiB(termination.pod, termination.KiBAtStart, attributed, workload, sizeOfPod) : null,
  }
}

function workloadOf({ kill, workload }: AttributedKill, identity: IdentityView): Workload | undefined {
  if (kill.invokerPid !== null) {
    if (kill.invokerPid === kill.pid) return workload
    const living = identity.workloadOfPid(kill.invokerPid)
    if (living) return living
  }
  return kill.invoker === null ? undefined : onlyOneNamed(kill.invoker, identity)
}

/** A thread asks under its own id, and mostly under its program's name: good where one workload alone has that name. */
function onlyOneNamed(comm: string, identity: IdentityView): Workload | undefined {
  let found: Workload | undefined
  for (const process of identity.processes()) {
    if (process.comm !== comm) continue
    const workload = identity.workloadOfPid(process.pid)
    if (!workload || (found && found.key !== workload.key)) return undefined
    found = workload
  }
  return found
}

/** The victim is counted as it was when it was killed: its process may be gone from the sums already. */
function grewKiB(
  pod: string,
  KiBAtStart: number | null,
  { kill, workload: victim }: AttributedKill,
  { namespace, pod: name }: Workload,
  sizeOfPod: (pod: string) => number | null,
): number | null {
  const ownKiB = victim.namespace === namespace && victim.pod === name ? (reportedRssKiB(kill) ?? 0) : 0
  const KiB = Math.max(sizeOfPod(pod) ?? 0, ownKiB)
  return KiBAtStart === null || KiB === 0 ? null : KiB - KiBAtStart
}
