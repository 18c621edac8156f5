import type { CgroupSample, MemorySample, Observation } from '../../src/types.ts'
import type { Truth } from './captures.ts'
import { expectedOf } from './score.ts'

/** A node that shows less than the captured one did, or another one: kernel, cgroup version, size, slower sampling. */
export interface PoorerNode {
  readonly name: string
  readonly take: (observations: readonly Observation[], truth: Truth) => readonly Observation[]
}

/** The captures again as other nodes would have shown them, to see that the rules hold there, too. */
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
  { name: 'three readings in ten lost', take: all => all.filter((_, index) => (index * 7) % 10 > 2) },
  { name: 'readings up to 0.4 s early or late', take: jittered },
  { name: 'memory, pages and file cache 32 times as large', take: all => all.map(larger) },
  { name: 'pages of 64 KiB', take: all => all.map(largePages) },
  { name: '62 GiB more in use, the same left: all of it below 3 %', take: all => all.map(fuller) },
  {
    name: 'calm ones with 2 % left at their least',
    take: (all, truth) => (expectedOf(truth) !== 'calm' ? all : withLeast(all, 0.02)),
  },
  {
    name: 'calm ones at three times the speed',
    take: (all, truth) => (expectedOf(truth) !== 'calm' ? all : faster(all, truth, 3)),
  },
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

/** The same everywhere: what a hash makes of the position. */
function jittered(observations: readonly Observation[]): readonly Observation[] {
  return observations.map((observation, index) => {
    const ms = (Math.imul(index, 2_654_435_761) >>> 0) % 800
    return observation.kind === 'memory' ? { ...observation, at: observation.at + ms - 400 } : observation
  })
}

function larger(observation: Observation): Observation {
  if (observation.kind !== 'memory') return observation
  const times = (fields: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value * 32]))
  return { ...observation, meminfo: times(observation.meminfo), vmstat: times(observation.vmstat) }
}

function largePages(observation: Observation): Observation {
  return withVmstat(observation, vmstat =>
    Object.fromEntries(Object.entries(vmstat).map(([name, pages]) => [name, Math.round(pages / 16)])),
  )
}

function fuller(observation: Observation): Observation {
  if (observation.kind !== 'memory') return observation
  const { meminfo } = observation
  const KiB = 62 * 1024 * 1024
  const more = (name: string) => ({ [name]: (meminfo[name] ?? 0) + KiB })
  return { ...observation, meminfo: { ...meminfo, ...more('MemTotal'), ...more('Active(anon)'), ...more('AnonPages') } }
}

/** So much more in use that this share was left when the least was. */
function withLeast(observations: readonly Observation[], ratio: number): readonly Observation[] {
  const samples = observations.filter(observation => observation.kind === 'memory')
  const leftKiB = ({ meminfo }: MemorySample) => meminfo.MemAvailable ?? 0
  const totalKiB = samples[0]?.meminfo.MemTotal ?? 0
  const usedKiB = Math.min(...samples.map(leftKiB)) - Math.round(totalKiB * ratio)
  return observations.map(observation => {
    if (observation.kind !== 'memory') return observation
    const { meminfo } = observation
    return { ...observation, meminfo: { ...meminfo, MemAvailable: leftKiB(observation) - usedKiB } }
  })
}

function faster(observations: readonly Observation[], { from }: Truth, times: number): readonly Observation[] {
  return observations.map(observation => {
    if (observation.at === null) return observation
    const moved = { ...observation, at: from + (observation.at - from) / times }
    if (moved.kind !== 'memory' || !moved.pressure) return moved
    const { memory, io } = moved.pressure
    const shorter = (totals: typeof memory) =>
      totals && { someUs: totals.someUs / times, fullUs: totals.fullUs / times }
    return { ...moved, pressure: { ...moved.pressure, memory: shorter(memory)!, io: shorter(io)! } }
  })
}
