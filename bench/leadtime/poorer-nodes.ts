import type { CgroupSample, MemorySample, Observation } from '../../src/types.ts'

/** A node that shows less than the captured one did: another kernel, another cgroup version, slower sampling. */
export interface PoorerNode {
  readonly name: string
  readonly take: (observations: readonly Observation[]) => readonly Observation[]
}

/** The captures again with something taken away, to see that the rules for poorer nodes hold on real ones. */
export const poorerNodes: readonly PoorerNode[] = [
  { name: 'without PSI', take: all => all.map(withoutPressure) },
  { name: 'without PSI and without cgroups (but kubepods’ usage and limit)', take: all => all.map(withUsageAlone) },
  {
    name: 'without processes: kubelet’s own faults and state are not seen',
    take: all => all.filter(({ kind }) => kind !== 'processes'),
  },
  {
    name: 'refaults in one number, no cgroup reclaim counted (kernels before 5.8), without PSI',
    take: all => all.map(old),
  },
  { name: 'no refaults counted (kernels before 3.15), without PSI', take: all => all.map(ancient) },
  { name: 'sampled every two seconds', take: all => everyNth(all, 2) },
  { name: 'sampled every four seconds', take: all => everyNth(all, 4) },
]

function withoutPressure(observation: Observation): Observation {
  if (observation.kind === 'memory') {
    const { pressure: _, ...rest } = observation
    return rest
  }
  if (observation.kind !== 'cgroups') return observation
  const cgroups = observation.cgroups.map(({ memoryPressure: _, ioPressure: __, ...rest }): CgroupSample => rest)
  return { ...observation, cgroups }
}

function withUsageAlone(observation: Observation): Observation {
  const bare = withoutPressure(observation)
  if (bare.kind !== 'cgroups') return bare
  return { ...bare, cgroups: bare.cgroups.filter(({ path }) => path === '/kubepods.slice') }
}

function old(observation: Observation): Observation {
  return withVmstat(withoutPressure(observation), vmstat => {
    const { workingset_refault_file: file, workingset_refault_anon: anon, ...rest } = vmstat
    delete rest.pgsteal_file
    delete rest.pgsteal_anon
    return { ...rest, workingset_refault: (file ?? 0) + (anon ?? 0) }
  })
}

function ancient(observation: Observation): Observation {
  return withVmstat(old(observation), ({ workingset_refault: _, ...rest }) => rest)
}

function withVmstat(
  observation: Observation,
  change: (vmstat: Record<string, number>) => Record<string, number>,
): Observation {
  if (observation.kind !== 'memory') return observation
  const sample: MemorySample = { ...observation, vmstat: change({ ...observation.vmstat }) }
  return sample
}

/** Keeps one sample of memory in so many; what else was seen stays. */
function everyNth(observations: readonly Observation[], n: number): readonly Observation[] {
  let count = 0
  return observations.filter(({ kind }) => kind !== 'memory' || count++ % n === 0)
}
