import { fileCacheKiB } from '../../src/detect/memory/headroom.ts'
import type { MemorySample } from '../../src/types.ts'
import type { LoadedCapture } from './captures.ts'

/** A rule that takes an afternoon to write. */
export interface NaiveRule {
  readonly name: string
  /** When it first fires, ms since the epoch; null = never. */
  readonly firstAt: (capture: LoadedCapture) => number | null
}

/** The rules of the captures' own README, by the same terms: each has to hold for 3 s, the first 20 s are left out. */
export const naiveRules: readonly NaiveRule[] = [
  { name: 'second kill of one workload (by comm)', firstAt: secondKill },
  { name: 'third node-level kill within 5 minutes', firstAt: thirdKill },
  { name: 'MemAvailable below 100 MiB', firstAt: holds(({ availableKiB }) => availableKiB < 100 * 1024) },
  { name: 'MemAvailable below 10 %', firstAt: holds(({ availableRatio }) => availableRatio < 0.1) },
  { name: 'PSI memory full above 10 %', firstAt: holds(({ memoryFull }) => memoryFull > 0.1) },
  { name: 'PSI memory some above 20 %', firstAt: holds(({ memorySome }) => memorySome > 0.2) },
  {
    name: 'MemAvailable below 5 % and 2 % of the file cache read back a second',
    firstAt: holds(({ availableRatio, refault }) => availableRatio < 0.05 && refault > 0.02),
  },
  {
    name: 'MemAvailable below 10 %, full within 120 s, 0.5 % of the file cache read back a second',
    firstAt: holds(
      ({ availableRatio, availableKiB, refault, anonGrowthKiB }) =>
        availableRatio < 0.1 && refault > 0.005 && anonGrowthKiB > 0 && availableKiB / anonGrowthKiB < 120,
    ),
  },
]

interface Figures {
  readonly availableKiB: number
  readonly availableRatio: number
  readonly memoryFull: number
  readonly memorySome: number
  /** Share of the file cache a second. */
  readonly refault: number
  /** KiB a second. */
  readonly anonGrowthKiB: number
}

const leftOutMs = 20_000
const holdMs = 3_000
const windowMs = 10_000

function holds(condition: (figures: Figures) => boolean): NaiveRule['firstAt'] {
  return ({ ofMemory, truth }) => {
    const window: MemorySample[] = []
    let since: number | null = null
    for (const observation of ofMemory) {
      if (observation.kind !== 'memory') continue
      window.push(observation)
      while (window.length > 2 && window[1]!.at <= observation.at - windowMs) window.shift()
      if (window.length < 2 || observation.at < truth.from + leftOutMs) continue
      if (!condition(figuresOf(window[0]!, observation))) {
        since = null
        continue
      }
      since ??= observation.at
      if (observation.at - since >= holdMs) return observation.at
    }
    return null
  }
}

function figuresOf(first: MemorySample, last: MemorySample): Figures {
  const seconds = (last.at - first.at) / 1000
  const rate = (a: number | undefined, b: number | undefined) => ((b ?? 0) - (a ?? 0)) / seconds
  const { meminfo } = last
  const pressure = (field: 'someUs' | 'fullUs') =>
    rate(first.pressure?.memory?.[field], last.pressure?.memory?.[field]) / 1e6
  const refaults = rate(first.vmstat.workingset_refault_file, last.vmstat.workingset_refault_file)
  const anonymous = ({ meminfo: fields }: MemorySample) => (fields.AnonPages ?? 0) + (fields.Shmem ?? 0)
  return {
    availableKiB: meminfo.MemAvailable ?? 0,
    availableRatio: (meminfo.MemAvailable ?? 0) / (meminfo.MemTotal ?? 1),
    memoryFull: pressure('fullUs'),
    memorySome: pressure('someUs'),
    refault: (refaults * 4) / Math.max(1, fileCacheKiB(meminfo)),
    anonGrowthKiB: rate(anonymous(first), anonymous(last)),
  }
}

function secondKill({ truth }: LoadedCapture): number | null {
  const seen = new Set<string>()
  for (const { at, comm } of truth.kills) {
    if (seen.has(comm)) return at
    seen.add(comm)
  }
  return null
}

function thirdKill({ truth }: LoadedCapture): number | null {
  const kills = truth.kills.filter(({ nodeLevel }) => nodeLevel)
  for (let index = 2; index < kills.length; index++) {
    if (kills[index]!.at - kills[index - 2]!.at <= 300_000) return kills[index]!.at
  }
  return null
}
