import { unknownHost } from '../host-facts-unknown.ts'
import { clockSetByMs } from '../monotonic-clock.ts'
import type {
  AttributedKill,
  Birth,
  CoreEvent,
  HostFacts,
  IdentityView,
  MemoryView,
  Observation,
  OomKill,
  PodNames,
  ProcessSample,
  ProcessSamples,
  Workload,
} from '../types.ts'
import { createAttribution } from './attribution.ts'
import { chooseVictims } from './candidates.ts'
import { createKillCounters } from './kill-counters.ts'
import { reportedRssKiB, withoutReport } from './kill-report.ts'
import { hitLimit } from './limit-level.ts'
import { createNames } from './names.ts'
import { isForkOfDaemon } from './node-daemon.ts'
import { createProcessTable, type KnownProcess } from './process-table.ts'
import { createRespawns } from './respawns.ts'
import { isOfDaemon } from './shared-unit.ts'
import { usageOf } from './usage.ts'
import { createWorkloads } from './workload.ts'

export interface Identity {
  /** Takes an observation; returns the starts and exits that follow from it. */
  readonly observe: (observation: Observation, host: HostFacts) => readonly CoreEvent[]
  readonly attribute: (kill: OomKill, now: number, host: HostFacts) => AttributedKill
  readonly view: IdentityView
}

/** Follows processes: which run, which have exited, their workloads, and their restarts. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the tables of processes and pods
export function createIdentity(memory: MemoryView): Identity {
  const names = createNames()
  const workloads = createWorkloads(names)
  const table = createProcessTable()
  const respawns = createRespawns()
  const counters = createKillCounters()
  const attribution = createAttribution(table, workloads, counters)
  let host: HostFacts | undefined
  /** Births that were seen before their kill was read. */
  let early: Birth[] = []

  const workloadOf = ({ cgroup, comm, oomScoreAdj }: ProcessSample): Workload =>
    workloads.of(cgroup, comm, oomScoreAdj, host ?? unknownHost)

  const observe = (observation: Observation, on: HostFacts): readonly CoreEvent[] => {
    if (observation.kind === 'host' && host) table.shift(clockSetByMs(host, on))
    host = on
    const events: CoreEvent[] = early.map(birth => ({ kind: 'birth', at: observation.at ?? birth.bornAt, birth }))
    early = []
    if (observation.kind === 'pods') nameFollowed(observation)
    if (observation.kind === 'cgroups') counters.observe(observation.cgroups, observation.at)
    if (observation.kind === 'processes') events.push(...seeProcesses(observation, on))
    return events
  }

  const seeProcesses = ({ at, seen, gone }: ProcessSamples, on: HostFacts): CoreEvent[] => {
    const events: CoreEvent[] = []
    // Exits first: a new process may have the pid, and the slot, of one of them.
    for (const { pid, startTicks } of gone) {
      const process = table.exit(pid, startTicks, at)
      if (!process) continue
      const workload = workloadOf(process.sample)
      if (process.killed || respawns.isFollowed(workload)) {
        events.push({ kind: 'death', at, death: { process: process.sample, workload, killed: process.killed } })
      }
    }
    for (const sample of seen) {
      const before = table.livingOf(sample.pid)?.sample
      const { process, isNew } = table.see(sample, at, on)
      const isExec = !isNew && before !== undefined && before.comm !== sample.comm && !process.isReplacement
      if (!isNew && !isExec) continue
      const birth = respawns.seen(process, workloadOf(sample), parentOf(sample), at)
      if (birth && (isNew || birth.replaces)) events.push({ kind: 'birth', at, birth })
    }
    return events
  }

  const parentOf = ({ ppid }: ProcessSample): ProcessSample | undefined => table.livingOf(ppid)?.sample

  /** A pod that was killed before its name was known keeps its followers under the better key. */
  const nameFollowed = (observed: PodNames): void => {
    names.observe(observed)
    for (const { uid } of observed.pods) {
      const known = respawns.victimOf(`pod/${uid}`)
      if (known)
        respawns.rename(`pod/${uid}`, workloads.of(known.cgroup ?? '', known.comm ?? '', null, host ?? unknownHost).key)
    }
  }

  const attribute = (kill: OomKill, now: number, on: HostFacts): AttributedKill => {
    host = on
    const at = kill.at ?? now
    const { workload: found, process, isAttributed } = attribution(kill, at, on)
    const isFork = found.nodeDaemon && isForkOfDaemon(found.unit, process?.sample.ppid ?? null)
    const workload = isFork || isOfDaemon(found) ? besideDaemon(found, kill) : found
    const limit = hitLimit(kill, process?.sample.cgroup ?? workload.cgroup, memory, on)
    const attributed: AttributedKill = {
      kill,
      at,
      workload,
      nodeLevel: limit.isNodeLevel,
      limitLevel: limit.level,
      bornAt: process?.bornAt ?? null,
      startTicks: process?.sample.startTicks ?? null,
      lastRssKiB: process?.sample.rssKiB ?? null,
      growthKiBPerSecond: process ? growth(process, kill, at) : null,
      ppid: process?.sample.ppid ?? null,
      attributed: isAttributed,
      availableBeforeKiB: memory.availableKiBAt(at),
    }
    const kept = withoutReport(attributed)
    if (process) process.killed = kept
    respawns.killed(kept, process?.sample ?? null)
    if (process?.goneAt) findReplacement(process, workload, at)
    return attributed
  }

  /** The exit of the victim was seen before its kill was read, and possibly the start of its successor too. */
  const findReplacement = (victim: KnownProcess, workload: Workload, at: number): void => {
    for (const process of table.living()) {
      const { sample, firstSeenAt, isReplacement } = process
      if (isReplacement || firstSeenAt < victim.goneAt! || sample.startTicks <= victim.sample.startTicks) continue
      const own = workloadOf(sample)
      if (own.key !== workload.key) continue
      const birth = respawns.seen({ ...process, firstSeenAt: at }, own, parentOf(sample), at)
      if (!birth?.replaces) continue
      process.isReplacement = true
      early.push(birth)
      return
    }
  }

  /** Where it is not known when the node was booted, a process is dated by when it was first seen. */
  const bornAt = ({ pid }: ProcessSample): number | undefined =>
    host?.bootedAt == null ? undefined : table.livingOf(pid)?.bornAt

  const view: IdentityView = {
    workloadOfPid: pid => {
      const process = table.livingOf(pid)
      return process && workloadOf(process.sample)
    },
    workloadOfCgroup: path => workloads.ofCgroup(path, host ?? unknownHost),
    processes: () => samplesOf(table.living()),
    candidates: limit =>
      chooseVictims(samplesOf(table.living(), isDying), memory.latest, limit).map(process => ({
        process,
        workload: workloadOf(process),
      })),
    // A process that the kernel has killed is about to free its memory, and is no target.
    usage: () => usageOf(samplesOf(table.living(), isDying), workloadOf, memory, bornAt),
    hasRespawned: respawns.hasRespawned,
    isKilled: pid => table.livingOf(pid)?.killed != null,
    respawns: workload =>
      respawns.hasRespawned(workload) ? true : isKeptAlive(workload, names.pod(workload.podUid ?? '')),
    podByUid: names.pod,
  }

  return { observe, attribute, view }
}

/** Alive it counts as part of its unit; killed it is no daemon, and another one of its name is another process. */
function besideDaemon(workload: Workload, { comm, pid }: OomKill): Workload {
  return { ...workload, key: `${workload.key}/${workload.comm ?? comm ?? pid}`, nodeDaemon: false, runsJobs: true }
}

/** By the kernel's own size of the victim where it says one, else by the last that was seen. */
function growth({ sample, firstRssKiB, firstSeenAt }: KnownProcess, kill: OomKill, at: number): number | null {
  const seconds = (at - firstSeenAt) / 1000
  if (seconds < 1) return null
  const endKiB = reportedRssKiB(kill) ?? sample.rssKiB
  return Math.round((endKiB - firstRssKiB) / seconds)
}

function* samplesOf(
  processes: Iterable<KnownProcess>,
  isLeftOut: (process: KnownProcess) => boolean = () => false,
): Iterable<ProcessSample> {
  for (const process of processes) if (!isLeftOut(process)) yield process.sample
}

// It has been killed, although /proc may list it for some seconds.
function isDying({ killed }: KnownProcess): boolean {
  return killed !== null
}

/** Whether it is known to be restarted; null where that depends on settings that are not ours to read. */
function isKeptAlive(workload: Workload, pod: ReturnType<IdentityView['podByUid']>): boolean | null {
  const restarts = pod?.containers.find(({ name }) => name === workload.container)?.restarts ?? 0
  if (restarts > 0) return true
  switch (workload.owner?.kind) {
    case 'Deployment':
    case 'DaemonSet':
    case 'StatefulSet':
    case 'ReplicaSet':
    case 'StaticPod':
      return true
    case 'Job':
    case 'CronJob':
    case 'Pod':
    case undefined:
      // kubelet and the runtimes ship with Restart=always; what a login has started is not started again.
      if (workload.nodeDaemon) return true
      return workload.key.startsWith('session/') ? false : null
  }
}
