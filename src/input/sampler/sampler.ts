import { isRuntimeUnit } from '../../identify/node-daemon.ts'
import { createSteadyClock } from '../../monotonic-clock.ts'
import { parseCgroupPath } from '../../parse/cgroup/cgroup-path.ts'
import type { HostFiles, MemorySample, Observation } from '../../types.ts'
import { createCgroupReader } from './cgroups.ts'
import { createMemoryReader } from './memory.ts'
import { createPodReader } from './pods.ts'
import { createProcessReader } from './processes.ts'
import { createSamplingRate } from './sampling-rate.ts'

interface SamplerOptions {
  readonly files: HostFiles
  /** Milliseconds of a steady clock, to measure how long reading took; absent where reading takes no time (a capture). */
  readonly clock?: () => number
}

export interface Sampler {
  /** Reads what is due at this moment. */
  readonly sample: (at: number) => Observation[]
  /** Milliseconds from the last sample to the next: 100 to 1000. */
  readonly nextDelayMs: () => number
  /** The next sample comes later by this, on purpose: its lateness is no sign of a stall. */
  readonly postpone: (ms: number) => void
  /**
   * Reads one process at once, before it is gone, its pod's name, and who counts a kill more: for a pid that the kernel has just named.
   * `cgroup`: the one that the kernel named, where it did.
   */
  readonly look: (pid: number, at: number, cgroup?: string) => Observation[]
  readonly close: () => void
}

/**
 * Reads the host in tiers under a clock that it is given: the same code for a live host and for a capture.
 *
 * Every second: pressure, memory, the node's own cgroups, the processes the kernel would choose first, the listing of
 * /proc. In turns: all other processes and cgroups. The less memory is left, the more often; after a kill new processes
 * are looked for twenty times a second, since the next victim may live no longer.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the readers and when each was due
export function createSampler({ files, clock }: SamplerOptions): Sampler {
  const rate = createSamplingRate()
  const memory = createMemoryReader(files)
  const cgroups = createCgroupReader(files)
  const pods = createPodReader(files)
  const processes = createProcessReader({
    files,
    // Shims live in their runtime's unit in places, by the hundred: one for each pod, and none of them waits for memory first.
    isClose: ({ cgroup, comm }) => !/shim|conmon/.test(comm) && cgroup !== '' && isRuntimeUnit(parseCgroupPath(cgroup)),
    onCgroup: path => {
      cgroups.learn(path)
      pods.learn(path)
    },
  })
  // What is due is due by this: a clock that was set back by an hour must not keep new processes unseen for an hour.
  const steady = createSteadyClock()
  let fullAt = Number.NEGATIVE_INFINITY
  let expectedAt: number | undefined
  let listedAt = Number.NEGATIVE_INFINITY
  let lastPid: number | undefined
  /** Whether /proc/loadavg counts the pids that are listed: in another pid namespace it counts its reader's. */
  let isLastPidTrue = true

  /** New processes, and who is gone; a standing `lastPid` says that none was born, and saves the listing. */
  const list = (at: number): void => {
    const newest = memory.lastPid()
    const isStill = isLastPidTrue && newest !== undefined && newest === lastPid
    if (isStill && !processes.isBehind() && at - listedAt < 5000) return
    // A listing takes a microsecond a process: of ten thousand it is made once a second, however often it is asked for.
    if (at - listedAt < processes.count() / 10 - 5) return
    lastPid = newest
    listedAt = at
    const isBorn = processes.list(at)
    if (isStill && isBorn && memory.lastPid() === newest) isLastPidTrue = false
  }

  const full = (at: number): Observation[] => {
    const startedAt = clock?.()
    const sample = memory.sample(at)
    if (sample) rate.observe(sample)
    const { processRoundMs, cgroupRoundMs, podsEveryMs } = rate.intervals()
    list(at)
    processes.visitYoung(at)
    processes.visit(at, processRoundMs)
    const observations: Observation[] = []
    const names = pods.sample(at, podsEveryMs)
    const seen = processes.take(at)
    const levels = cgroups.sample(at, cgroupRoundMs)
    if (sample) observations.push(timed(sample, startedAt, at))
    // Names before processes: who is born now has a name at once.
    if (names) observations.push(names)
    if (seen) observations.push(seen)
    if (levels) observations.push(levels)
    return observations
  }

  const timed = (sample: MemorySample, startedAt: number | undefined, at: number): MemorySample => {
    if (!clock || startedAt === undefined) return sample
    const lateMs = expectedAt === undefined ? 0 : Math.max(0, Math.round(at - expectedAt))
    return { ...sample, readMs: Math.round((clock() - startedAt) * 10) / 10, lateMs }
  }

  return {
    sample: at => {
      const now = steady(at)
      const isFull = now - fullAt >= rate.intervals().fullEveryMs - 5
      let observations: Observation[]
      if (isFull) {
        observations = full(now)
        fullAt = now
      } else {
        list(now)
        processes.visitYoung(now)
        const seen = processes.take(now)
        const names = pods.sample(now, rate.intervals().podsEveryMs)
        observations = [names, seen].filter(observation => observation !== undefined)
      }
      expectedAt = now + rate.intervals().delayMs
      return dated(observations, now, at)
    },
    nextDelayMs: () => rate.intervals().delayMs,
    postpone: ms => {
      if (expectedAt !== undefined) expectedAt += ms
    },
    look: (pid, at, cgroup) => {
      const now = steady(at)
      const known = processes.look(pid)
      const seen = processes.take(now)
      const path = cgroup ?? known
      const names = path === undefined ? undefined : pods.look(path, now)
      const kills = cgroups.countKills(now, path)
      return dated(
        [names, seen, kills].filter(observation => observation !== undefined),
        now,
        at,
      )
    },
    close: () => {
      cgroups.close()
      files.close()
    },
  }
}

/** What was read at `now` by the steady clock, with the time that the host's clock says. */
function dated(observations: Observation[], now: number, at: number): Observation[] {
  return now === at ? observations : observations.map(observation => ({ ...observation, at }))
}
