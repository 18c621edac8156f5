import type { Workload } from '../types.ts'

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
  const { owner, namespace, pod, container, unit, comm, key } = workload
  const inPod = owner?.name ?? pod
  if (namespace !== null && inPod !== null) {
    const other = container !== null && container !== inPod && !inPod.endsWith(`-${container}`)
    const kind = owner ? `${owner.kind} ` : ''
    return {
      label: `${kind}${namespace}/${inPod}${other ? `, container ${container}` : ''}`,
      name: other ? `${inPod} (${container})` : inPod,
      place: owner ? `${owner.kind}, ${namespace}` : namespace,
      isNameOnly: false,
    }
  }
  const name = unit ?? container ?? (workload.certainty === 'name-only' && comm !== null ? comm : key)
  return { label: name, name, place: null, isNameOnly: workload.certainty === 'name-only' }
}
