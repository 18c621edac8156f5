import type { CgroupSample, MemoryView, ProcessSample, Workload, WorkloadUsage } from '../types.ts'

/** What each workload holds, largest first: by its cgroups where they are sampled, else by its processes. */
export function usageOf(
  processes: Iterable<ProcessSample>,
  workloadOf: (process: ProcessSample) => Workload,
  memory: MemoryView,
): readonly WorkloadUsage[] {
  const tallies = new Map<string, Tally>()
  for (const process of processes) {
    const workload = workloadOf(process)
    const tally = tallies.get(workload.key) ?? { workload, rssKiB: 0, processes: 0, cgroups: new Map() }
    tallies.set(workload.key, tally)
    tally.processes++
    tally.rssKiB += process.rssKiB
    if (workload.certainty === 'cgroup')
      tally.cgroups.set(process.cgroup, (tally.cgroups.get(process.cgroup) ?? 0) + process.rssKiB)
  }
  return [...tallies.values()].map(tally => held(tally, memory)).sort((a, b) => b.KiB - a.KiB)
}

interface Tally {
  readonly workload: Workload
  rssKiB: number
  processes: number
  /** Resident size of the processes in each. */
  readonly cgroups: Map<string, number>
}

function held({ workload, rssKiB, processes, cgroups }: Tally, memory: MemoryView): WorkloadUsage {
  // Programs that share the root or a login have a cgroup of everybody's: there the processes count.
  const isOwn = !workload.key.startsWith('comm/') && !workload.key.startsWith('session/')
  let KiB = 0
  let isSampled = isOwn && cgroups.size > 0
  for (const [path, resident] of isSampled ? cgroups : []) {
    const workingSet = workingSetKiB(memory.cgroup(path))
    if (workingSet === undefined) isSampled = false
    // A cgroup is read every ten seconds, its processes more often while memory is short: a fresh process is not nothing.
    else KiB += Math.max(workingSet, 0) || resident
  }
  if (isSampled) return { workload, KiB, processes, from: 'cgroup' }
  return { workload, KiB: rssKiB, processes, from: 'processes' }
}

/** As kubelet counts: usage less the file cache that can be dropped at once. */
function workingSetKiB(sample: CgroupSample | undefined): number | undefined {
  if (sample?.currentKiB === undefined) return undefined
  return sample.currentKiB - (sample.stat?.inactive_file ?? 0)
}
