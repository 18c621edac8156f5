import { keepNewest } from '../keep-newest.ts'
import { parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import type { HostFacts, OomKill, Workload } from '../types.ts'
import type { KillCounters } from './kill-counters.ts'
import { hasOwnPids } from './own-subtree.ts'
import type { KnownProcess, ProcessTable } from './process-table.ts'
import { ownPath, type Workloads } from './workload.ts'

interface Attribution {
  readonly workload: Workload
  /** The victim before it was killed; null if it was never seen. */
  readonly process: KnownProcess | null
  /** The pid was known, or the kernel named its cgroup, or the kernel named the cgroup that is killed as a group. */
  readonly isAttributed: boolean
}

/** Finds the workload of a victim, by what was known before the kill and by what the kernel logs. */
type Attribute = (kill: OomKill, at: number, host: HostFacts) => Attribution

export function createAttribution(table: ProcessTable, workloads: Workloads, counters: KillCounters): Attribute {
  const recent = createRecentVictims()
  let last: { readonly event: string; readonly workload: Workload; readonly isAttributed: boolean } | undefined

  return (kill, at, host) => {
    const attribution = attributeOne(kill, at, host)
    last = { event: kill.event, workload: attribution.workload, isAttributed: attribution.isAttributed }
    return attribution
  }

  function attributeOne(kill: OomKill, at: number, host: HostFacts): Attribution {
    const known = hasOwnPids(host) ? null : (table.find(kill.pid, at) ?? null)
    const named = kill.taskMemcg?.startsWith('/') ? kill.taskMemcg : null
    const process = known && isVictim(known, kill, named, host) ? known : null
    if (kill.group != null) {
      // One decision of the kernel belongs to one workload: the owner of the cgroup, not of each process.
      const first = last?.event === kill.event ? last : undefined
      const workload = first?.workload ?? workloads.of(kill.group, kill.comm ?? '', kill.oomScoreAdj, host)
      if (workload.cgroup !== null) counters.claim(process?.sample.cgroup ?? workload.cgroup, at)
      return { workload, process, isAttributed: first?.isAttributed ?? true }
    }
    const attribution = attribute(kill, process, named, host)
    if (attribution.isAttributed) {
      recent.remember(kill, attribution.workload, at)
      if (attribution.workload.cgroup !== null) counters.claim(attribution.workload.cgroup, at)
      return attribution
    }
    const counted = counters.take(at)
    if (counted !== undefined) {
      const workload = workloads.of(counted, kill.comm ?? '', kill.oomScoreAdj, host)
      return { workload: { ...workload, certainty: 'guess' }, process, isAttributed: false }
    }
    // The kernel's cgroup line is limited to ten in five seconds for the whole machine: the eleventh kill of a loop is
    // most likely the same workload's as the ten before, where only one had victims of this name.
    const likely = recent.find(kill, at)
    return likely ? { ...attribution, workload: { ...likely, certainty: 'guess' } } : attribution
  }

  function attribute(kill: OomKill, process: KnownProcess | null, named: string | null, host: HostFacts): Attribution {
    if (process && isKnownPlace(process.sample.cgroup, kill) && !isBetter(named, process, kill, host)) {
      const { cgroup, comm, oomScoreAdj } = process.sample
      return { workload: workloads.of(cgroup, comm, oomScoreAdj, host), process, isAttributed: true }
    }
    if (named !== null && !isForged(named)) {
      const comm = process?.sample.comm ?? kill.comm ?? ''
      return { workload: workloads.of(named, comm, kill.oomScoreAdj, host), process, isAttributed: true }
    }
    return { workload: workloads.ofComm(kill.comm, kill.pid), process, isAttributed: false }
  }
}

/**
 * Whether the process that had this pid when it was seen last is the victim, or another one that got the pid since. The
 * kernel names the thread group's leader, so name and adj fit, unless it took another name since.
 */
function isVictim({ sample }: KnownProcess, kill: OomKill, named: string | null, host: HostFacts): boolean {
  if (kill.comm === null || isSameName(sample.comm, kill.comm)) return true
  if (named !== null) return ownPath(named, host) === sample.cgroup
  // A name changes with every exec, an adj rarely; a zombie keeps its last name.
  return false
}

// Who is in the root is under no limit: seen there, and killed at one, it has moved since (a shell enters, then execs).
function isKnownPlace(cgroup: string, { scope }: OomKill): boolean {
  return cgroup !== '' && (cgroup !== '/' || scope !== 'memcg')
}

/** Whether the kernel's path is to be preferred to the one that the process was seen in. */
function isBetter(named: string | null, { sample }: KnownProcess, kill: OomKill, host: HostFacts): boolean {
  const path = named === null ? null : ownPath(named, host)
  if (path === null || path === sample.cgroup) return false
  // A service without memory accounting of its own: ours goes on where the kernel's memory cgroup ends.
  if (path === '/' || sample.cgroup.startsWith(`${path}/`)) return false
  // Where a child died in its parent's stead, the kernel's line is about the parent.
  if (kill.sacrificedFor !== null && kill.sacrificedFor !== kill.pid) return false
  return !isForged(path)
}

// Neither a runtime nor systemd uses these in a name. Such a cgroup is named to be misread in a log line.
function isForged(path: string): boolean {
  return /[,=\x00-\x1f]/.test(path) && parseCgroupPath(path).containerId === null
}

function isSameName(seen: string, logged: string): boolean {
  return seen === logged || plain(seen) === plain(logged)
}

// Log formats escape or replace what is not plain: compare what is left, as far as the shorter one goes.
function plain(comm: string): string {
  return comm.replace(/\\x[0-9a-f]{2}|#\d{3}|[^\x21-\x7e]/g, '')
}

interface RecentVictims {
  readonly remember: (kill: OomKill, workload: Workload, at: number) => void
  readonly find: (kill: OomKill, at: number) => Workload | undefined
}

/** The workloads of recent victims by what a kill line says without its cgroup. */
function createRecentVictims(): RecentVictims {
  const victims = new Map<string, { workload: Workload; at: number; isAmbiguous: boolean }>()
  const keyOf = (kill: OomKill): string => `${kill.scope} ${kill.uid} ${kill.oomScoreAdj} ${kill.comm}`

  return {
    remember: (kill, workload, at) => {
      const key = keyOf(kill)
      const known = victims.get(key)
      const isAmbiguous =
        known !== undefined && at - known.at < recentMs && (known.isAmbiguous || known.workload.key !== workload.key)
      keepNewest(victims, key, { workload, at, isAmbiguous }, keptVictims)
    },
    find: (kill, at) => {
      const known = kill.comm === null ? undefined : victims.get(keyOf(kill))
      return known && !known.isAmbiguous && at - known.at < recentMs ? known.workload : undefined
    },
  }
}

const recentMs = 10 * 60_000
const keptVictims = 1024
