import { bornAtOf } from '../../identify/process-table.ts'
import { nothing } from '../../identify/workload.ts'
import { keepNewest } from '../../keep-newest.ts'
import { type KillerLine, parseKillerLine, parseNohangVictim } from '../../parse/killers/killer-line.ts'
import { parseTerminationLine } from '../../parse/killers/termination-line.ts'
import { ownerOf } from '../../parse/kubernetes/owner.ts'
import type { EndedBy, UnitLine, Workload, World } from '../../types.ts'

/** A death for memory that the kernel did not cause, as the killer's own log says it. */
export interface EndedDeath {
  /** `unknown`: no log says it; a large process vanished in a shortage, and the kernel did not kill it. */
  readonly by: Exclude<EndedBy, 'kernel'> | 'unknown'
  readonly workload: Workload
  /** By the steady clock. */
  readonly at: number
  readonly wallAt: number
  /** The instance that was killed: a pod's name, a cgroup's path, or a process ID. */
  readonly instance: string
  readonly pid: number | null
  /** When this instance began, ms since the epoch; null where nothing says it. */
  readonly bornAt: number | null
  /** No user can have written the line. */
  readonly isTrusted: boolean
  /** No log says it: it is inferred from what the node shows. */
  readonly isGuess?: boolean
  /** What is the same of all pods of one revision, or of one run of a CronJob: `namespace/name` without what the controller draws. */
  readonly generation?: string
}

/** Reads the logs of kubelet and of userspace OOM killers, and names whom they ended. */
export function createKillerLog(): (observation: UnitLine, world: World) => EndedDeath | undefined {
  const added = new Map<string, number>()
  const seen = new Map<string, number>()
  let nohangVictim: { readonly pid: number; readonly victim: string } | undefined
  let memoryPressureAt = -Infinity

  /** One death is logged more than once: SIGTERM and SIGKILL, the decision and its end. */
  const isRepeated = (key: string, now: number): boolean => {
    const before = seen.get(key)
    keepNewest(seen, key, now, kept)
    return before !== undefined && now - before < repeatMs
  }

  const victimOf = ({ by, victim, pid, why }: KillerLine, world: World): Victim | undefined => {
    if (by === 'kubelet-eviction') {
      if (victim === null || !victim.includes('/')) return undefined
      // For the disk or for process IDs kubelet evicts, too.
      const isMemory = why?.startsWith('memory') || world.steadyNow - memoryPressureAt <= evictionMs
      return isMemory ? podVictim(victim, added.get(victim) ?? null, world) : undefined
    }
    const cgroup = pid === null ? cgroupOf(victim) : undefined
    if (cgroup !== undefined) {
      const workload = world.identity.workloadOfCgroup(cgroup)
      return workload && { workload, instance: cgroup, bornAt: null, pid: null }
    }
    return pid === null ? undefined : ofProcess(pid, victim, world)
  }

  return ({ unit, line, trusted = false }, world) => {
    const now = world.steadyNow
    const termination = parseTerminationLine(line)
    if (termination?.says === 'added') for (const pod of termination.pods) keepNewest(added, pod, world.now, kept)
    if (termination) return undefined
    nohangVictim = parseNohangVictim(line) ?? nohangVictim
    const says = parseKillerLine(line, unit.replace(/\.service$/, ''))
    if (mustEvict.test(line)) memoryPressureAt = says ? now : -Infinity
    if (!says || says.by === 'kernel') return undefined
    const whole = says.by === 'nohang' && nohangVictim ? { ...says, ...nohangVictim } : says
    const found = victimOf(whole, world)
    if (!found || isRepeated(`${says.by} ${found.instance.slice(found.instance.lastIndexOf('/') + 1)}`, now))
      return undefined
    return { by: says.by, ...found, at: now, wallAt: world.now, isTrusted: trusted }
  }
}

/**
 * The cgroup that a line names: systemd-oomd writes its path, oomd writes it without the first slash, and systemd only the
 * unit. A slice has many workloads: that it was chosen twice says nothing of one of them.
 */
function cgroupOf(victim: string | null): string | undefined {
  if (victim === null || /\.slice\/?$/.test(victim)) return undefined
  if (victim.startsWith('/')) return victim
  if (victim.includes('/')) return `/${victim}`
  if (victim.endsWith('.service')) return `/system.slice/${victim}`
  return victim.endsWith('.scope') ? `/user.slice/${victim}` : undefined
}

type Victim = Pick<EndedDeath, 'workload' | 'instance' | 'bornAt' | 'pid' | 'generation'>

// A process that ignores SIGTERM is sent SIGKILL within seconds; kubelet's grace for evictions is as long at most.
const repeatMs = 15_000
const evictionMs = 5 * 60_000
const kept = 2_048
/** kubelet is about to evict: for memory, for the disk or for process IDs. */
const mustEvict = /must evict pod\(s\) to reclaim/

export function podVictim(name: string, addedAt: number | null, { host }: World): Victim {
  const [namespace, pod] = name.split('/') as [string, string]
  const { owner, base } = ownerOf({ pod, uid: '', node: host.name })
  const workload = { ...unknown, key: `pod/${namespace}/${base}`, namespace, pod, owner }
  const isRun = owner.kind === 'CronJob' && { generation: name.replace(/-[a-z0-9]{5}$/, '') }
  return { workload, instance: name, bornAt: addedAt, pid: null, ...isRun }
}

function ofProcess(pid: number, comm: string | null, { identity, host }: World): Victim {
  const known = identity.workloadOfPid(pid)
  let startTicks: number | null = null
  if (known) for (const process of identity.processes()) if (process.pid === pid) startTicks = process.startTicks
  return {
    workload: known ?? { ...unknown, key: `comm/${comm ?? pid}`, comm },
    instance: String(pid),
    bornAt: startTicks === null ? null : bornAtOf(startTicks, host),
    pid,
  }
}

const unknown: Omit<Workload, 'key'> = { ...nothing, certainty: 'name-only' }
