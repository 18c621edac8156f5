import type { CgroupSample, MemoryView, ProcessSample, Workload, WorkloadUsage } from '../types.ts'

/** What each workload uses, largest first: by its cgroups where they are sampled, else by its processes. */
export function usageOf(
  processes: Iterable<ProcessSample>,
  workloadOf: (process: ProcessSample) => Workload,
  memory: MemoryView,
  bornAt: (process: ProcessSample) => number | undefined,
): readonly WorkloadUsage[] {
  const tallies = new Map<string, Tally>()
  /** Who was seen first in each cgroup; null where several workloads share it. */
  const users = new Map<string, string | null>()
  for (const process of processes) {
    const workload = workloadOf(process)
    const tally = tallies.get(workload.key) ?? {
      workload,
      rssKiB: 0,
      processes: 0,
      oldest: process,
      cgroups: new Map(),
    }
    tallies.set(workload.key, tally)
    tally.processes++
    tally.rssKiB += process.rssKiB
    if (process.startTicks < tally.oldest.startTicks) tally.oldest = process
    const user = users.get(process.cgroup)
    if (user === undefined) users.set(process.cgroup, workload.key)
    else if (user !== workload.key) users.set(process.cgroup, null)
    if (workload.certainty === 'cgroup')
      tally.cgroups.set(process.cgroup, (tally.cgroups.get(process.cgroup) ?? 0) + process.rssKiB)
  }
  return [...tallies.values()]
    .map(tally => {
      const born = bornAt(tally.oldest)
      return { ...usageOfWorkload(tally, memory, users), ...(born !== undefined && { bornAt: born }) }
    })
    .sort((a, b) => b.KiB - a.KiB)
}

interface Tally {
  readonly workload: Workload
  rssKiB: number
  processes: number
  oldest: ProcessSample
  /** Resident size of the processes in each. */
  readonly cgroups: Map<string, number>
}

function usageOfWorkload(
  { workload, rssKiB, processes, cgroups }: Tally,
  memory: MemoryView,
  users: ReadonlyMap<string, string | null>,
): WorkloadUsage {
  // Programs of the root, of a login or of a unit that runs jobs share its cgroup: there the processes count.
  const isShared = workload.runsJobs === true || [...cgroups.keys()].some(path => users.get(path) === null)
  const isOwn = !isShared && !workload.key.startsWith('comm/')
  let KiB = 0
  let activeFileKiB = 0
  let isSampled = isOwn && cgroups.size > 0
  for (const [path, resident] of isSampled ? cgroups : []) {
    const sample = memory.cgroup(path)
    const workingSet = workingSetKiB(sample)
    activeFileKiB += sample?.stat?.active_file ?? 0
    if (workingSet === undefined) isSampled = false
    // A cgroup is read every ten seconds, its processes more often while memory is short: a fresh process is not nothing.
    else KiB += workingSet || resident
  }
  if (isSampled) return { workload, KiB, processes, from: 'cgroup', ...(activeFileKiB > 0 && { activeFileKiB }) }
  return { workload, KiB: rssKiB, processes, from: 'processes' }
}

/** As kubelet counts: usage less the file cache that can be dropped at once. */
export function workingSetKiB(sample: CgroupSample | undefined): number | undefined {
  if (sample?.currentKiB === undefined) return undefined
  return Math.max(0, sample.currentKiB - (sample.stat?.inactive_file ?? 0))
}
