import type { IdentityView } from '../../types.ts'
import type { SizeOf } from './terminating-pods.ts'

/** What pods use by their processes: asked when one begins to terminate. */
export function sizesOf(identity: IdentityView): SizeOf {
  const sum = (isIts: (workload: { namespace: string | null; pod: string | null }) => boolean): number | null => {
    let total: number | null = null
    for (const { pid, rssKiB } of identity.processes()) {
      const workload = identity.workloadOfPid(pid)
      if (workload && isIts(workload)) total = (total ?? 0) + rssKiB
    }
    return total
  }
  return {
    pod: name => sum(({ namespace, pod }) => `${namespace}/${pod}` === name),
    podOfContainer: containerId => {
      for (const { pid, cgroup } of identity.processes()) {
        if (!cgroup.includes(containerId)) continue
        const workload = identity.workloadOfPid(pid)
        if (workload?.namespace && workload.pod) return `${workload.namespace}/${workload.pod}`
      }
      return undefined
    },
  }
}
