import type { Workload } from '../types.ts'

/** A workload as a person calls it: `DaemonSet kube-system/filebeat`, `nginx.service`, `java (name only)`. */
export function workloadLabel(workload: Workload): string {
  const { owner, namespace, pod, container, unit, comm, key } = workload
  if (namespace !== null && (owner !== null || pod !== null)) {
    const name = `${owner ? `${owner.kind} ` : ''}${namespace}/${owner?.name ?? pod}`
    return container !== null && container !== (owner?.name ?? pod) ? `${name}, container ${container}` : name
  }
  if (unit !== null) return unit
  if (container !== null) return `container ${container}`
  return workload.certainty === 'name-only' && comm !== null ? `${comm} (by name only)` : key
}
