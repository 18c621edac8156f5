import type { AlertLimit, AttributedKill, Workload, World } from '../types.ts'

/** Which limit was hit, with its value and what was used of it at that moment as far as anybody knows. */
export function limitOf(kill: AttributedKill | null, world: World): AlertLimit | null {
  if (!kill) return null
  const { scope, oomMemcg, usageKiB, limitKiB } = kill.kill
  if (scope !== 'memcg') {
    const meminfo = world.memory.latest?.meminfo
    const total = scope === 'global' ? (meminfo?.MemTotal ?? world.host.memTotalKiB) : null
    const available = kill.availableBeforeKiB
    return {
      scope,
      level: kill.limitLevel,
      path: null,
      usageKiB: total !== null && available !== null ? total - available : null,
      limitKiB: total,
    }
  }
  const path = oomMemcg ?? fullAbove(kill, world)
  const sample = path === null ? undefined : world.memory.cgroup(path)
  return {
    scope,
    level: kill.limitLevel,
    path,
    usageKiB: usageKiB ?? sample?.currentKiB ?? null,
    limitKiB: limitKiB ?? sample?.limitKiB ?? null,
  }
}

/** Where the kernel's line was suppressed: the level above the victim that stands at its limit. */
function fullAbove({ workload: { cgroup } }: AttributedKill, { memory }: World): string | null {
  for (let path = cgroup ?? ''; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
    const sample = memory.cgroup(path)
    if (sample?.limitKiB && sample.currentKiB !== undefined && sample.currentKiB >= sample.limitKiB * 0.95) return path
  }
  return null
}

/**
 * Whether a pod's containers reached its limit together, each below its own. Where a pod has one container that counts,
 * the two limits are the same and the kernel names the pod's: the pause container is in it as well.
 */
export function isShared({ level, limitKiB }: AlertLimit, { cgroup }: Workload, { memory }: World): boolean {
  if (level !== 'pod' || limitKiB === null || cgroup === null) return false
  const own = memory.cgroup(cgroup)?.limitKiB
  return own != null && limitKiB > own * 1.1
}
