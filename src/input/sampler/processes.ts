import { parseCgroupLines } from '../../parse/cgroup/cgroup-line.ts'
import { type ProcStat, parseProcStat } from '../../parse/proc/proc-stat.ts'
import type { HostFiles, ProcessSample, ProcessSamples } from '../../types.ts'

interface ProcessReaderOptions {
  readonly files: HostFiles
  /** Called with each cgroup in which a process is seen for the first time. */
  readonly onCgroup: (path: string, sample: ProcessSample) => void
  /** Whether a process's figures are wanted at every reading: kubelet's, the runtime's. */
  readonly isClose: (sample: ProcessSample) => boolean
  /** KiB in a page of memory. Default 4. */
  readonly pageKiB?: number
}

interface ProcessReader {
  /** Compares the listing of /proc with the one before: new processes are read, at most 500 at a time. True: there were. */
  readonly list: (at: number) => boolean
  /** Reads the ones the kernel would choose first, the close ones, and a share of all others. */
  readonly visit: (at: number, roundMs: number) => void
  /** Reads those again that were new lately: a process is forked in one cgroup, moved to its own, and only then execs. */
  readonly visitYoung: (at: number) => void
  /** Reads one process at once; returns its cgroup, where it is known. */
  readonly look: (pid: number) => string | undefined
  /** What changed since the last call; undefined where nothing did. */
  readonly take: (at: number) => ProcessSamples | undefined
  readonly count: () => number
  /** New processes are waiting to be read. */
  readonly isBehind: () => boolean
}

/** One process under watch. Its `sample` is the last reading, `emitted` the last one that was emitted. */
interface Watched {
  sample: ProcessSample
  emitted: ProcessSample
  isClose: boolean
  visits: number
  /** stat as it was read last, of one that is read at every call. */
  stat: string | undefined
}

/** Reads processes in turns: only stat, oom_score, oom_score_adj and cgroup of each, the files that never block. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the table of processes
export function createProcessReader(options: ProcessReaderOptions): ProcessReader {
  const { files, onCgroup, isClose } = options
  const pageKiB = options.pageKiB ?? 4
  const watched = new Map<number, Watched>()
  /** Kernel threads: listed, never chosen, never read again. */
  const kernelThreads = new Set<number>()
  /** Listed, and not to be read (hidepid=1), with the time to try again. */
  const hidden = new Map<number, number>()
  const seen = new Map<number, ProcessSample>()
  let gone: { pid: number; startTicks: number }[] = []
  let waiting = 0
  let turn: number[] = []
  /** New ones by pid, with the time until which they are read at every call. */
  const young = new Map<number, number>()
  let top: readonly number[] = []
  let topAt = Number.NEGATIVE_INFINITY
  let visitedAt = Number.NEGATIVE_INFINITY

  const numberOf = (path: string, isKept = false): number | undefined => {
    const text = isKept ? files.reread(path) : files.read(path)
    const value = text === undefined ? Number.NaN : Number.parseInt(text, 10)
    return Number.isFinite(value) ? value : undefined
  }

  const drop = (pid: number): void => {
    const known = watched.get(pid)
    if (!known) return
    gone.push({ pid, startTicks: known.sample.startTicks })
    watched.delete(pid)
    seen.delete(pid)
    files.forget(`/proc/${pid}/stat`)
    files.forget(`/proc/${pid}/oom_score`)
  }

  const add = (pid: number, known?: ProcStat): void => {
    const stat = known ?? parsed(files.read(`/proc/${pid}/stat`))
    if (!stat) {
      hidden.set(pid, Number.NaN)
      return
    }
    if (stat.isKernelThread || stat.pid === 2 || stat.ppid === 2) {
      kernelThreads.add(pid)
      return
    }
    const cgroup = cgroupOf(stat)
    const sample: ProcessSample = {
      pid,
      startTicks: stat.startTicks,
      ppid: stat.ppid,
      comm: stat.comm,
      state: stat.state,
      threads: stat.threads,
      majorFaults: stat.majorFaults,
      rssKiB: stat.rss * pageKiB,
      oomScore: numberOf(`/proc/${pid}/oom_score`) ?? 0,
      oomScoreAdj: numberOf(`/proc/${pid}/oom_score_adj`) ?? 0,
      cgroup: cgroup ?? '',
    }
    watched.set(pid, { sample, emitted: sample, isClose: isClose(sample), visits: 0, stat: undefined })
    if (young.size < maxYoung) young.set(pid, Number.NaN)
    seen.set(pid, sample)
    turn.push(pid)
    if (cgroup) onCgroup(cgroup, sample)
  }

  const cgroupOf = (stat: ProcStat): string | undefined => {
    const text = files.read(`/proc/${stat.pid}/cgroup`)
    return text === undefined ? undefined : parseCgroupLines(text, isDead(stat.state))
  }

  /** Reads a known process again; `isFull`: all four files, else what moves. */
  const again = (known: Watched, isKept: boolean, isFull: boolean): void => {
    const { pid } = known.sample
    const path = `/proc/${pid}/stat`
    const text = isKept ? files.reread(path) : files.read(path)
    // Most processes do nothing most of the time.
    if (isKept && text !== undefined && text === known.stat) return
    if (isKept) known.stat = text
    const stat = parsed(text)
    if (!stat) {
      // No descriptor left, an error: no process has exited because of that. The listing of /proc shows which are gone.
      if (files.failure?.() === undefined) drop(pid)
      return
    }
    if (stat.startTicks !== known.sample.startTicks) {
      // The pid was given to another process since.
      drop(pid)
      add(pid, stat)
      return
    }
    const before = known.sample
    const isExec = stat.comm !== before.comm
    const isFresh = isFull || isExec
    const rssKiB = stat.rss * pageKiB
    // The score follows what it occupies. Of one that is read at every call it is read in its turn as well.
    const isScored = !isDead(stat.state) && !(isKept && rssKiB === before.rssKiB)
    // A dying process has left its cgroup on v1: where it was is what counts, unless it has run another program since.
    const cgroup = isFresh ? (cgroupOf(stat) ?? (isExec ? '' : undefined)) : undefined
    known.sample = {
      ...before,
      ppid: stat.ppid,
      comm: stat.comm,
      state: stat.state,
      threads: stat.threads,
      majorFaults: stat.majorFaults,
      rssKiB,
      oomScore: (isScored ? numberOf(`/proc/${pid}/oom_score`, isKept) : undefined) ?? before.oomScore,
      oomScoreAdj: isFresh ? (numberOf(`/proc/${pid}/oom_score_adj`) ?? before.oomScoreAdj) : before.oomScoreAdj,
      cgroup: cgroup ?? before.cgroup,
    }
    if (known.sample.cgroup !== before.cgroup && known.sample.cgroup !== '') {
      known.isClose = isClose(known.sample)
      onCgroup(known.sample.cgroup, known.sample)
    }
    if (hasChanged(known)) {
      known.emitted = known.sample
      seen.set(pid, known.sample)
    }
  }

  const list = (at: number): boolean => {
    const pids = files.pids()
    if (pids.length === 0 && files.failure?.() !== undefined) return false
    const fresh: number[] = []
    let known = 0
    for (const pid of pids) {
      if (watched.has(pid) || kernelThreads.has(pid)) known++
      else if (isHidden(pid, at)) known++
      else fresh.push(pid)
    }
    // Counting first saves a look at all known ones while none is gone.
    if (known < watched.size + kernelThreads.size + hidden.size) {
      const living = new Set(pids)
      for (const pid of watched.keys()) if (!living.has(pid)) drop(pid)
      for (const pid of kernelThreads) if (!living.has(pid)) kernelThreads.delete(pid)
      for (const pid of hidden.keys()) if (!living.has(pid)) hidden.delete(pid)
    }
    waiting = Math.max(0, fresh.length - maxNew)
    const before = watched.size
    for (const pid of fresh.slice(0, maxNew)) add(pid)
    return watched.size > before
  }

  const isHidden = (pid: number, at: number): boolean => {
    const until = hidden.get(pid)
    if (until === undefined) return false
    if (Number.isNaN(until)) hidden.set(pid, at + hiddenMs)
    if (Number.isNaN(until) || at < until) return true
    hidden.delete(pid)
    return false
  }

  const visit = (at: number, roundMs: number): void => {
    const sinceMs = Math.min(1000, at - visitedAt)
    visitedAt = at
    // Ten seconds while quiet, less than two in a crisis.
    if (at - topAt >= roundMs / 6) {
      topAt = at
      top = chooseTop(watched, top, files)
    }
    for (const pid of top) {
      const known = watched.get(pid)
      if (known) again(known, true, false)
    }
    let close = 0
    for (const known of watched.values()) {
      if (known.isClose && close++ < maxClose) again(known, true, false)
    }
    if (turn.length === 0) turn = [...watched.keys()]
    const share = Math.min(maxShare, Math.max(4, Math.ceil((watched.size * sinceMs) / roundMs)))
    for (let count = 0; count < share && turn.length > 0; ) {
      const known = watched.get(turn.pop()!)
      if (!known) continue
      count++
      // Who moves to another cgroup or changes its adj does so when it starts: at first, and then every fourth time.
      again(known, false, known.visits < 2 || known.visits % 4 === 0)
      known.visits++
    }
  }

  const visitYoung = (at: number): void => {
    for (const [pid, until] of young) {
      const known = watched.get(pid)
      if (!known || at > until) {
        young.delete(pid)
        continue
      }
      // The first call is the one that has just read it.
      if (Number.isNaN(until)) young.set(pid, at + youngMs)
      else again(known, false, true)
    }
  }

  const look = (pid: number): string | undefined => {
    const known = watched.get(pid)
    if (known) again(known, false, false)
    else add(pid)
    return watched.get(pid)?.sample.cgroup || undefined
  }

  const take = (at: number): ProcessSamples | undefined => {
    if (seen.size === 0 && gone.length === 0) return undefined
    const samples: ProcessSamples = { kind: 'processes', at, seen: [...seen.values()], gone }
    seen.clear()
    gone = []
    return samples
  }

  return { list, visit, visitYoung, look, take, count: () => watched.size, isBehind: () => waiting > 0 }
}

const maxNew = 500
const maxShare = 125
const maxTop = 32
const maxClose = 16
const maxYoung = 64
const youngMs = 1500
const hiddenMs = 5000

function parsed(stat: string | undefined): ProcStat | undefined {
  return stat === undefined ? undefined : parseProcStat(stat)
}

function isDead(state: string): boolean {
  return state === 'Z' || state === 'X'
}

/** The highest scores; the descriptors of a process that lost its place are closed. */
function chooseTop(
  watched: ReadonlyMap<number, Watched>,
  before: readonly number[],
  files: HostFiles,
): readonly number[] {
  const all = [...watched.values()].filter(({ sample }) => sample.oomScore > 0 && sample.oomScoreAdj > -1000)
  all.sort((a, b) => b.sample.oomScore - a.sample.oomScore || b.sample.rssKiB - a.sample.rssKiB)
  const top = all.slice(0, maxTop).map(({ sample }) => sample.pid)
  const kept = new Set(top)
  for (const pid of before) {
    const known = watched.get(pid)
    if (kept.has(pid) || known?.isClose) continue
    if (known) known.stat = undefined
    files.forget(`/proc/${pid}/stat`)
    files.forget(`/proc/${pid}/oom_score`)
  }
  return top
}

/** Whether a reading differs enough from the last one that was emitted. */
function hasChanged({ sample, emitted, isClose }: Watched): boolean {
  if (sample.comm !== emitted.comm || sample.cgroup !== emitted.cgroup || sample.oomScoreAdj !== emitted.oomScoreAdj)
    return true
  if (sample.ppid !== emitted.ppid || isDead(sample.state) !== isDead(emitted.state)) return true
  if (Math.abs(sample.rssKiB - emitted.rssKiB) > Math.max(1024, emitted.rssKiB / 64)) return true
  if (Math.abs(sample.oomScore - emitted.oomScore) > 1) return true
  return isClose && (sample.majorFaults !== emitted.majorFaults || (sample.state === 'D') !== (emitted.state === 'D'))
}
