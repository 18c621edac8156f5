import { levelAtItsLimit } from '../../identify/limit-level.ts'
import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import { isOwnLeaf, nestedIn } from '../../parse/cgroup/nested.ts'
import type { LimitManagerName } from '../../text/messages/incident-facts.ts'
import type { AlertLimit, AttributedKill, Workload, World } from '../../types.ts'
import { nameOfCgroup } from './workload-names.ts'

/** Which limit was hit, with its value and what was used of it at that moment as far as it is known. */
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
  const path = oomMemcg ?? levelAtItsLimit(kill.workload.cgroup, world.memory)
  const sample = path === null ? undefined : world.memory.cgroup(path)
  return {
    scope,
    level: kill.limitLevel,
    path,
    usageKiB: usageKiB ?? sample?.currentKiB ?? null,
    limitKiB: limitKiB ?? sample?.limitKiB ?? null,
  }
}

/**
 * What has the limit that was reached: the workload itself, its pod, a slice, a cgroup inside it, the container or unit in
 * which it runs, or a batch job.
 */
export type LimitedObject = 'own' | 'pod' | 'slice' | 'inner' | 'outer' | 'job'

export function limitedObject(limit: AlertLimit, workload: Workload, world: World): LimitedObject {
  const { level, path } = limit
  if (isShared(limit, workload, world)) return 'pod'
  if (level === 'slice' || level === 'qos' || level === 'kubepods') return 'slice'
  const unit = workload.unit?.split('/').at(-1)
  if (path !== null && isOfJob(path)) return 'job'
  if (path !== null && isAround(path, workload)) return 'outer'
  if (path !== null) {
    if (!isOwnLeaf(parseCgroupPath(path).inner)) return 'inner'
    // A cgroup below the unit has a limit of its own.
    if (unit && /\.(?:service|scope)$/.test(unit) && path.includes(`/${unit}/`)) return 'inner'
  }
  return 'own'
}

/** A workload inside a container (docker in docker) or below another unit (of a user's manager) has a limit of its own. */
function isAround(path: string, { cgroup, unit, runsJobs, key }: Workload): boolean {
  // A program of cron or of a login has none: its unit's limit is for all that runs in it.
  if (runsJobs && parseCgroupPath(path).unit === unit && unit !== null) return !key.endsWith(`/${unit}`)
  if (!cgroup?.startsWith(`${path}/`)) return false
  const own = parseCgroupPath(cgroup)
  const inside = nestedIn(own)
  if (inside) return !`${path}/`.endsWith(`${rootOf(inside.path, inside.inner)}/`)
  const around = parseCgroupPath(path)
  return own.level === 'unit' && around.level === 'unit' && around.unit !== unit
}

function rootOf(path: string, inner: string | null): string {
  return inner === null ? path : path.slice(0, -inner.length - 1)
}

/** Who sets the limit from a definition of its own, so that one set on the node is lost with the next container. */
export function limitManagerOf({ key, cgroup, labels = {} }: Workload): LimitManagerName | null {
  if (
    key.startsWith('nomad/') ||
    cgroup?.startsWith('/nomad.slice/') ||
    labels['com.hashicorp.nomad.alloc_id'] !== undefined
  )
    return 'nomad'
  if (labels['com.docker.swarm.service.name'] !== undefined) return 'swarm'
  const isOfEcs = labels['com.amazonaws.ecs.cluster'] !== undefined || /^\/ecs(?:tasks\.slice)?\//.test(cgroup ?? '')
  return isOfEcs ? 'ecs' : null
}

/** The slice whose limit was reached, by the name that the texts give it; null where the limit is another's. */
export function limitedSlice(limit: AlertLimit, workload: Workload, world: World): string | null {
  return limit.path !== null && limitedObject(limit, workload, world) === 'slice' ? nameOfCgroup(limit.path) : null
}

/** Batch and cluster managers set the limit of each job where it is submitted. */
function isOfJob(path: string): boolean {
  return parseCgroupPath(path).level === 'job' || /\/(?:pbs(?:pro|_jobs)?[^/]*|torque)\//.test(`${path}/`)
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
