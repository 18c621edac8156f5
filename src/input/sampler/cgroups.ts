import { isRuntimeUnit } from '../../identify/node-daemon.ts'
import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import { parseBytes, parseMemoryLimit } from '../../parse/cgroup/memory-limit.ts'
import { parseMemoryStat, parseMemoryStatV1 } from '../../parse/cgroup/memory-stat.ts'
import { parseCounters } from '../../parse/proc/counters.ts'
import { parsePressure } from '../../parse/proc/pressure.ts'
import type { CgroupSample, CgroupSamples, HostFiles } from '../../types.ts'

interface CgroupReader {
  /** Called with the cgroup of a process: from then on it and the levels above it are read. */
  readonly learn: (path: string) => void
  /** Reads the node's own levels, and a share of all others, so that each has its turn within `roundMs`. */
  readonly sample: (at: number, roundMs: number) => CgroupSamples | undefined
  /**
   * Reads the kill counters at the moment of a kill, of the cgroups that lost a process recently, and of others where these
   * do not change: for a victim that was not seen alive, only the counter shows its cgroup.
   */
  readonly countKills: (at: number, suspect: string | undefined) => CgroupSamples | undefined
  readonly close: () => void
}

interface Followed {
  readonly path: string
  /** Read every time: the root, kubepods and its QoS levels, system.slice, kubelet's and the runtime's own. */
  readonly isNode: boolean
  readAt: number
  emittedAt: number
  last: CgroupSample | undefined
  kills: number | undefined
}

/** Reads the memory of cgroups: v2, v1, or v1's memory beside v2's pressure (hybrid). */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share what is known of each cgroup
export function createCgroupReader(files: HostFiles): CgroupReader {
  const followed = new Map<string, Followed>()
  let layout: Layout | undefined
  let layoutAt = Number.NEGATIVE_INFINITY
  let turn: string[] = []
  let sampledAt = Number.NEGATIVE_INFINITY
  /** Cgroups that lost a process, the latest at the end. */
  const watched = new Set<string>()

  const follow = (path: string, isNode: boolean): void => {
    if (followed.has(path)) return
    if (followed.size >= maxFollowed && !isNode) return
    followed.set(path, {
      path,
      isNode,
      readAt: Number.NEGATIVE_INFINITY,
      emittedAt: Number.NEGATIVE_INFINITY,
      last: undefined,
      kills: undefined,
    })
  }

  for (const path of nodePaths) follow(path, true)

  const learn = (path: string): void => {
    if (path === '/' || !path.startsWith('/') || path.includes('/..') || followed.has(path)) return
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const level = end < 0 ? path : path.slice(0, end)
      if (!followed.has(level)) follow(level, isNodeLevel(level))
      if (end < 0) break
    }
    turn.push(path)
  }

  const read = (cgroup: Followed, at: number, changed: CgroupSample[], gone: string[]): void => {
    const sample = readCgroup(files, layout!, cgroup)
    cgroup.readAt = at
    if (sample === 'unreadable') return // it may well be there
    cgroup.kills = sample?.events?.oom_kill
    if (!sample) {
      if (cgroup.last) gone.push(cgroup.path)
      // What was never there (a captured host shows some of its cgroups only) is tried again when a process is in it.
      if (!cgroup.isNode) followed.delete(cgroup.path)
      cgroup.last = undefined
      return
    }
    if (!hasChanged(cgroup, sample, at)) return
    cgroup.last = sample
    cgroup.emittedAt = at
    changed.push(sample)
  }

  const sample = (at: number, roundMs: number): CgroupSamples | undefined => {
    if (!layout && at - layoutAt >= 10_000) {
      layoutAt = at
      layout = findLayout(files)
    }
    if (!layout) return undefined
    const changed: CgroupSample[] = []
    const gone: string[] = []
    for (const cgroup of followed.values()) {
      // A level that this node does not have is asked for again every ten seconds.
      if (cgroup.isNode && (cgroup.last || at - cgroup.readAt >= 10_000)) read(cgroup, at, changed, gone)
    }
    if (turn.length === 0) turn = [...followed.keys()]
    const sinceMs = Math.min(1000, at - sampledAt)
    sampledAt = at
    const share = Math.min(maxShare, Math.max(4, Math.ceil((followed.size * sinceMs) / roundMs)))
    for (let count = 0; count < share && turn.length > 0; ) {
      const cgroup = followed.get(turn.pop()!)
      if (!cgroup || cgroup.isNode) continue
      count++
      read(cgroup, at, changed, gone)
    }
    if (changed.length === 0 && gone.length === 0) return undefined
    return { kind: 'cgroups', at, cgroups: changed, ...(gone.length > 0 && { gone }) }
  }

  const recount = (path: string, at: number, changed: CgroupSample[]): void => {
    const cgroup = followed.get(path)
    const text = cgroup && files.reread(eventsPath(layout!, path))
    if (!text) return
    const events = parseCounters(text)
    if (events.oom_kill === cgroup.kills) return
    cgroup.kills = events.oom_kill
    cgroup.last = { ...(cgroup.last ?? { path }), events }
    cgroup.emittedAt = at
    watch(path)
    changed.push(cgroup.last)
  }

  const watch = (path: string): void => {
    watched.delete(path)
    watched.add(path)
    if (watched.size <= maxWatched) return
    const oldest = watched.values().next().value!
    watched.delete(oldest)
    files.forget(eventsPath(layout!, oldest))
  }

  const countKills = (at: number, suspect: string | undefined): CgroupSamples | undefined => {
    if (!layout) return undefined
    if (suspect !== undefined) {
      learn(suspect)
      if (followed.has(suspect)) watch(suspect)
    }
    const changed: CgroupSample[] = []
    for (const path of [...watched].reverse()) recount(path, at, changed)
    if (changed.length === 0 && suspect === undefined) {
      let count = 0
      for (const { path, isNode, last } of followed.values()) {
        if (isNode || !last || watched.has(path)) continue
        if (++count > maxRecounted) break
        recount(path, at, changed)
        if (!watched.has(path)) files.forget(eventsPath(layout, path))
      }
    }
    return changed.length > 0 ? { kind: 'cgroups', at, cgroups: changed } : undefined
  }

  return { learn, sample, countKills, close: () => followed.clear() }
}

const maxWatched = 64
const maxRecounted = 128

function eventsPath({ version, memory }: Layout, path: string): string {
  return `${memory}${path === '/' ? '' : path}/${version === 'v1' ? 'memory.oom_control' : 'memory.events'}`
}

const maxFollowed = 4096
const maxShare = 50

// Where kubelet puts its root by default, by either driver; whatever else it may be called is learned from processes.
const nodePaths = [
  '/',
  '/kubepods',
  '/kubepods/burstable',
  '/kubepods/besteffort',
  '/kubepods.slice',
  '/kubepods.slice/kubepods-burstable.slice',
  '/kubepods.slice/kubepods-besteffort.slice',
  '/system.slice',
  '/system.slice/kubelet.service',
  '/system.slice/containerd.service',
]

function isNodeLevel(path: string): boolean {
  const cgroup = parseCgroupPath(path)
  if (cgroup.level === 'kubepods' || cgroup.level === 'qos') return true
  return cgroup.level === 'unit' && isRuntimeUnit(cgroup)
}

interface Layout {
  readonly version: 'v1' | 'v2'
  readonly memory: string
  /** Where v2's pressure files hang. */
  readonly unified: string | undefined
}

// The first of these that reads decides; captures name memory.stat of the root alone.
function findLayout(files: HostFiles): Layout | undefined {
  if (files.read('/sys/fs/cgroup/memory/memory.stat') !== undefined) {
    const isHybrid = files.read('/sys/fs/cgroup/unified/cgroup.controllers') !== undefined
    return { version: 'v1', memory: '/sys/fs/cgroup/memory', unified: isHybrid ? '/sys/fs/cgroup/unified' : undefined }
  }
  if (files.list('/sys/fs/cgroup') === undefined) return undefined
  return { version: 'v2', memory: '/sys/fs/cgroup', unified: '/sys/fs/cgroup' }
}

function readCgroup(
  files: HostFiles,
  layout: Layout,
  { path, isNode }: Followed,
): CgroupSample | undefined | 'unreadable' {
  const below = path === '/' ? '' : path
  const get = isNode ? files.reread : files.read
  const memory = (name: string): string | undefined => get(`${layout.memory}${below}/${name}`)
  const isV1 = layout.version === 'v1'

  const current = memory(isV1 ? 'memory.usage_in_bytes' : 'memory.current')
  if (current === undefined && files.failure?.() !== undefined) return 'unreadable'
  // The root of v2 has memory.stat alone. Of others, what has no usage has nothing.
  if (current === undefined && path !== '/') return undefined
  const stat = memory('memory.stat')
  const max = memory(isV1 ? 'memory.limit_in_bytes' : 'memory.max')
  const events = get(eventsPath(layout, path))
  const pressure = (of: string) =>
    isNode && layout.unified ? parsePressure(files.reread(`${layout.unified}${below}/${of}.pressure`) ?? '') : undefined
  const memoryPressure = path === '/' ? undefined : pressure('memory')
  const ioPressure = path === '/' ? undefined : pressure('io')

  const currentKiB = current === undefined ? undefined : parseBytes(current)
  const limitKiB = max === undefined ? undefined : parseMemoryLimit(max)
  return {
    path,
    ...(currentKiB !== undefined && { currentKiB }),
    ...(limitKiB !== undefined && { limitKiB }),
    ...(stat !== undefined && { stat: isV1 ? parseMemoryStatV1(stat) : parseMemoryStat(stat) }),
    ...(events !== undefined && { events: parseCounters(events) }),
    ...(memoryPressure && { memoryPressure }),
    ...(ioPressure && { ioPressure }),
  }
}

/** Whether a reading differs enough to be emitted: recordings are bounded, and most nodes are quiet. */
function hasChanged(cgroup: Followed, next: CgroupSample, at: number): boolean {
  const last = cgroup.last
  if (!last || at - cgroup.emittedAt >= (cgroup.isNode ? 10_000 : 60_000)) return true
  if (last.limitKiB !== next.limitKiB) return true
  const before = last.currentKiB ?? last.stat?.anon ?? 0
  const now = next.currentKiB ?? next.stat?.anon ?? 0
  if (Math.abs(now - before) > Math.max(256, before / 256)) return true
  if ((last.events?.oom_kill ?? 0) !== (next.events?.oom_kill ?? 0)) return true
  if (refaultsOf(next) - refaultsOf(last) > 64) return true
  return stallUs(next) - stallUs(last) > 1000
}

function refaultsOf({ stat }: CgroupSample): number {
  return (stat?.workingset_refault_file ?? stat?.workingset_refault ?? 0) + (stat?.pgmajfault ?? 0)
}

function stallUs({ memoryPressure, ioPressure }: CgroupSample): number {
  return (memoryPressure?.someUs ?? 0) + (ioPressure?.someUs ?? 0)
}
