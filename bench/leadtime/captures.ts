import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createCaptureReader } from '../../src/input/playback/capture.ts'
import { createNotes } from '../../src/input/playback/read-warnings.ts'
import { createSampler } from '../../src/input/sampler/sampler.ts'
import { parseCgroupPath } from '../../src/parse/cgroup/cgroup-path.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { HostFacts, Observation } from '../../src/types.ts'

/** What was seen of a node from outside, as far as the back-test asks: times are ms since the epoch. */
export interface Truth {
  readonly name: string
  readonly from: number
  readonly until: number
  readonly notReadyAt: readonly number[]
  /** When a renewal of kubelet's lease reached the API server. */
  readonly leaseRenewedAt: readonly number[]
  /** When the workloads of a node that stays Ready stall all the same: a call is right then, and false at other times. */
  readonly stalls?: readonly (readonly [from: number, until: number])[]
  readonly kills: readonly TrueKill[]
  readonly crisis: boolean
  readonly clean: boolean
}

export interface TrueKill {
  readonly at: number
  readonly pid: number
  readonly comm: string
  readonly nodeLevel: boolean
}

/** A capture as the core gets to see it, beside what was true. */
export interface LoadedCapture {
  readonly name: string
  readonly truth: Truth
  readonly observations: readonly Observation[]
  /** No more of them than the verdict on memory looks at: it is folded some thousand times with other constants. */
  readonly ofMemory: readonly Observation[]
}

/** The captures of real nodes in this repository. */
export const defaultCaptures = join(import.meta.dirname, '..', '..', 'fixtures', 'captures')

/** Folders below `directory` that hold a capture and its truth, by name. */
export function captureNames(directory: string): readonly string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter(name => ['capture.jsonl.gz', 'truth.json'].every(file => existsSync(join(directory, name, file))))
    .sort()
}

/** Reads a capture through the live sampler, once; the back-test folds its observations many times. */
export function loadCapture(directory: string, name: string): LoadedCapture {
  const truth = JSON.parse(readFileSync(join(directory, name, 'truth.json'), 'utf8')) as Truth
  const reader = createCaptureReader({
    name,
    notes: createNotes(),
    settings: defaultCoreSettings,
    createSampler: files => createSampler({ files }),
    hostFacts: () => host,
  })
  const text = gunzipSync(readFileSync(join(directory, name, 'capture.jsonl.gz'))).toString()
  const observations: Observation[] = text.split('\n').flatMap(line => reader.line(line))
  observations.push(...reader.end())
  return { name, truth, observations, ofMemory: observations.flatMap(ofMemory) }
}

/** That this leaves nothing out is seen by the whole program's calls, which have to be the same. */
function ofMemory(observation: Observation): readonly Observation[] {
  if (observation.kind === 'memory') {
    const vmstat = Object.fromEntries(Object.entries(observation.vmstat).filter(([name]) => counters.test(name)))
    return [{ ...observation, vmstat }]
  }
  if (observation.kind === 'cgroups') {
    // Of pods the forecast asks what they use in all.
    const cgroups = observation.cgroups.flatMap(cgroup => {
      if (!isOfPod(cgroup.path)) return [cgroup]
      if (parseCgroupPath(cgroup.path).level !== 'pod') return []
      return [{ path: cgroup.path, ...(cgroup.currentKiB !== undefined && { currentKiB: cgroup.currentKiB }) }]
    })
    return cgroups.length > 0 || observation.gone ? [{ ...observation, cgroups }] : []
  }
  if (observation.kind === 'processes') {
    return [{ ...observation, seen: observation.seen.filter(({ cgroup }) => !isOfPod(cgroup)) }]
  }
  return [observation]
}

const counters = /^(pgscan_|pgsteal_|allocstall|workingset_refault|pswpin|pgmajfault|nr_(in)?active_file)/

function isOfPod(cgroup: string): boolean {
  return cgroup.includes('kubepods') && !/\/kubepods(\.slice)?$/.test(cgroup)
}

// No rule of the back-test asks for more of the host than that it can be seen, and kubelet's default lease.
const host: HostFacts = {
  name: 'node',
  kernel: 'unknown',
  os: 'unknown',
  memTotalKiB: null,
  bootId: null,
  bootedAt: null,
  agentVersion: '0',
  cgroupVersion: 'v2',
  sight: 'host',
}
