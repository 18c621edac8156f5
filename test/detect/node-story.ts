import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { createMemoryExhaustion } from '../../src/detect/memory-exhaustion.ts'
import { createSteadyClock } from '../../src/monotonic-clock.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type {
  AttributedKill,
  CoreEvent,
  HostFacts,
  IdentityView,
  MemorySample,
  Observation,
  ProcessSample,
  Verdict,
  World,
} from '../../src/types.ts'
import { emptyIdentity, kill as oomKill } from '../identify/fixtures.ts'

/** What a node does for some seconds, in the units that /proc counts in; what is left out does not happen. */
export interface Phase {
  readonly seconds: number
  /** MiB available at the end of the phase; it moves there evenly. Default: stays. */
  readonly availableMiB?: number
  /** Size of the file cache at the end of the phase, MiB. Default: stays. */
  readonly fileMiB?: number
  /** Share of the file cache that is read back each second. */
  readonly refault?: number
  /** Share of the file cache that the node's reclaim drops each second. Default: as much as is read back. */
  readonly dropped?: number
  /** Pages that reclaim at cgroups' limits drops besides, as a share of the file cache a second. */
  readonly droppedByLimits?: number
  /** Shares of time. */
  readonly memoryFull?: number
  readonly ioFull?: number
}

export interface NodeOptions {
  readonly totalMiB?: number
  readonly availableMiB?: number
  readonly fileMiB?: number
  readonly everyMs?: number
  /** A kernel without pressure stall information. */
  readonly withoutPsi?: boolean
  /** Overrides fields of each sample: another kernel's counters, swap, hugepages. */
  readonly sample?: (sample: MemorySample, second: number) => Partial<MemorySample>
}

export const storyStart = 1_700_000_000_000

/** Samples of a node that lives through these phases: 1474 MiB of memory, as the captures' nodes, unless said otherwise. */
export function samplesOf(phases: readonly Phase[], options: NodeOptions = {}): readonly MemorySample[] {
  const { totalMiB = 1474, everyMs = 1000 } = options
  let available = options.availableMiB ?? totalMiB * 0.5
  let file = options.fileMiB ?? totalMiB * 0.2
  let at = storyStart
  let refaults = 0
  let steals = 0
  let limitSteals = 0
  let memoryUs = 0
  let ioUs = 0
  const samples: MemorySample[] = []
  for (const phase of phases) {
    const steps = Math.round((phase.seconds * 1000) / everyMs)
    const availableStep = ((phase.availableMiB ?? available) - available) / steps
    const fileStep = ((phase.fileMiB ?? file) - file) / steps
    for (let step = 0; step < steps; step++) {
      const seconds = everyMs / 1000
      available += availableStep
      file += fileStep
      const pages = (file * 1024) / 4
      refaults += (phase.refault ?? 0) * pages * seconds
      steals += (phase.dropped ?? phase.refault ?? 0) * pages * seconds
      limitSteals += (phase.droppedByLimits ?? 0) * pages * seconds
      memoryUs += (phase.memoryFull ?? 0) * seconds * 1e6
      ioUs += (phase.ioFull ?? 0) * seconds * 1e6
      const sample: MemorySample = {
        kind: 'memory',
        at,
        meminfo: {
          MemTotal: totalMiB * 1024,
          MemFree: 60 * 1024,
          MemAvailable: Math.round(available * 1024),
          'Active(file)': Math.round(file * 512),
          'Inactive(file)': Math.round(file * 512),
          'Active(anon)': 400 * 1024,
          'Inactive(anon)': 400 * 1024,
        },
        vmstat: {
          workingset_refault_file: Math.round(refaults),
          workingset_refault_anon: 0,
          pgsteal_kswapd: Math.round(steals),
          pgsteal_direct: 0,
          pgsteal_file: Math.round(steals + limitSteals),
          pgscan_kswapd: Math.round(steals * 2),
          pgscan_direct: 0,
          allocstall_normal: 0,
        },
        ...(options.withoutPsi
          ? {}
          : {
              pressure: {
                memory: { someUs: Math.round(memoryUs * 1.4), fullUs: Math.round(memoryUs) },
                io: { someUs: Math.round(ioUs * 1.4), fullUs: Math.round(ioUs) },
              },
            }),
      }
      samples.push({ ...sample, ...options.sample?.(sample, (at - storyStart) / 1000) })
      at += everyMs
    }
  }
  return samples
}

/** What kubelet's cgroup shows beside these samples: well, or starved while `isStarved` says so. */
export function kubeletOf(
  samples: readonly MemorySample[],
  isStarved: (at: number) => boolean,
): readonly Extract<Observation, { kind: 'cgroups' }>[] {
  let pages = 0
  let waitedUs = 0
  return samples.map(({ at }) => {
    pages += isStarved(at) ? 5_000 : 10
    waitedUs += isStarved(at) ? 800_000 : 10_000
    const ioPressure = { someUs: waitedUs, fullUs: waitedUs }
    const stat = { file: 40_000, workingset_refault_file: pages }
    return { kind: 'cgroups', at, cgroups: [{ path: '/system.slice/kubelet.service', stat, ioPressure }] }
  })
}

export const kubeletProcess: ProcessSample = {
  pid: 700,
  startTicks: 100,
  ppid: 1,
  comm: 'kubelet',
  state: 'S',
  threads: 14,
  majorFaults: 0,
  rssKiB: 60_000,
  oomScore: 1,
  oomScoreAdj: -999,
  cgroup: '/system.slice/kubelet.service',
}

export interface WatchOptions {
  readonly host?: Partial<HostFacts>
  readonly identity?: Partial<IdentityView>
}

/** Folds observations and kills into the verdict on memory, in the order of their times. */
export function watch(
  events: readonly (Observation | AttributedKill)[],
  options: WatchOptions = {},
): readonly Verdict[] {
  const memory = createMemoryView()
  const detect = createMemoryExhaustion()
  const steady = createSteadyClock()
  const host: HostFacts = { ...someHost, ...options.host }
  const identity = { ...emptyIdentity, ...options.identity }
  const verdicts: Verdict[] = []
  for (const event of [...events].sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) {
    const isObservation = 'kind' in event
    if (isObservation) memory.observe(event, host)
    const world: World = {
      now: event.at ?? 0,
      steadyNow: steady(event.at ?? 0),
      settings: defaultCoreSettings,
      host,
      identity,
      memory,
      coverage: { counted: null, seen: 0, attributed: 0, lostRecords: 0 },
    }
    const core: CoreEvent = isObservation ? event : { kind: 'kill', at: event.at, kill: event }
    verdicts.push(...detect(core, world))
  }
  return verdicts
}

/** In short: `warning low-headroom`, `over low-headroom`. */
export function callsOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ firing, severity, signs }) =>
    [firing ? severity : 'over', ...signs.map(({ sign }) => sign)].join(' '),
  )
}

/** Seconds from the start of the story to the first verdict of this severity; undefined = never. */
export function secondOf(verdicts: readonly Verdict[], severity: Verdict['severity']): number | undefined {
  const first = verdicts.find(verdict => verdict.firing && verdict.severity === severity)
  return first && (first.at - storyStart) / 1000
}

export function nodeKill(second: number, more: Partial<AttributedKill> = {}): AttributedKill {
  const at = storyStart + second * 1000
  return { ...someKill, ...more, at }
}

export const someHost: HostFacts = {
  name: 'node',
  kernel: '6.1.0',
  os: 'Debian GNU/Linux 12',
  memTotalKiB: 1474 * 1024,
  bootId: null,
  bootedAt: null,
  agentVersion: '0',
  sight: 'host',
}

const someKill: AttributedKill = {
  kill: oomKill({ pid: 42, comm: 'java', event: '1' }),
  at: storyStart,
  workload: {
    key: 'comm/java',
    namespace: null,
    pod: null,
    podUid: null,
    container: null,
    containerId: null,
    owner: null,
    unit: null,
    qos: null,
    comm: 'java',
    cgroup: null,
    certainty: 'name-only',
    nodeDaemon: false,
  },
  nodeLevel: true,
  limitLevel: 'node',
  bornAt: null,
  startTicks: null,
  lastRssKiB: null,
  ppid: null,
  attributed: false,
  availableBeforeKiB: null,
}
