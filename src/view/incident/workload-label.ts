import { fullName, shortName } from '../../diagnose/evidence/workload-names.ts'
import type { Workload } from '../../types.ts'

/** A workload as a person calls it. */
export interface WorkloadLabel {
  /** In a sentence: `DaemonSet kube-system/filebeat`, `nginx.service`, `java`. */
  readonly label: string
  /** Alone, where room is short, with the place where it lives: `filebeat` in `DaemonSet, kube-system`. */
  readonly name: string
  readonly place: string | null
  /** It is known by the name of its process alone. */
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
