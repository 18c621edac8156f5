import { fullName, shortName } from '../../diagnose/evidence/workload-names.ts'
import type { Workload } from '../../types.ts'

/** The name of a workload for people. */
export interface WorkloadLabel {
  /** In a sentence: `DaemonSet kube-system/filebeat`, `nginx.service`, `java`. */
  readonly label: string
  /** Alone, where room is short, with the place where it lives: `filebeat` in `DaemonSet, kube-system`. */
  readonly name: string
  readonly place: string | null
  /** Only the name of its process is known. */
  readonly isNameOnly: boolean
}

export function workloadLabel(workload: Workload): WorkloadLabel {
  const { owner, namespace, certainty } = workload
  const short = shortName(workload)
  const prefix = `${namespace}/`
  return {
    label: fullName(workload),
    name: short.startsWith(prefix) ? short.slice(prefix.length) : short,
    place: namespace === null ? null : [owner?.kind, namespace].filter(Boolean).join(', '),
    isNameOnly: certainty === 'name-only',
  }
}
