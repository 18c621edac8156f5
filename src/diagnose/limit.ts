import type { AlertLimit, AttributedKill, World } from '../types.ts'

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
