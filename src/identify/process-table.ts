import type { AttributedKill, HostFacts, ProcessSample } from '../types.ts'

/** One process, running or remembered. */
export interface KnownProcess {
  sample: ProcessSample
  /** When it was born, milliseconds since the epoch; no later than it was first seen. */
  bornAt: number
  firstSeenAt: number
  readonly firstRssKiB: number
  seenAt: number
  /** When it was found to be gone. */
  goneAt: number | null
  killed: AttributedKill | null
  /** It replaced a process that was killed. */
  isReplacement: boolean
}

export interface ProcessTable {
  /** Takes a reading in; `isNew` where this process (pid and start) was never seen before. */
  readonly see: (
    sample: ProcessSample,
    at: number,
    host: HostFacts,
  ) => { readonly process: KnownProcess; readonly isNew: boolean }
  /** A process exited: it is remembered; undefined where it was not known. */
  readonly exit: (pid: number, startTicks: number, at: number) => KnownProcess | undefined
  /** The process that had this pid at that moment. */
  readonly find: (pid: number, at: number) => KnownProcess | undefined
  /** The clock was set: all dates are corrected. */
  readonly shift: (ms: number) => void
  readonly living: () => Iterable<KnownProcess>
  readonly livingOf: (pid: number) => KnownProcess | undefined
}

/** Living processes by pid, and the last 4096 that exited: most kills are read after their victim was seen to be gone. */
export function createProcessTable(): ProcessTable {
  const living = new Map<number, KnownProcess>()
  const dead = new Map<string, KnownProcess>()
  const lastDead = new Map<number, KnownProcess>()

  const markGone = (process: KnownProcess, at: number): void => {
    const { pid, startTicks } = process.sample
    living.delete(pid)
    process.goneAt = at
    dead.set(`${pid} ${startTicks}`, process)
    lastDead.delete(pid)
    lastDead.set(pid, process)
    if (dead.size <= maxDead) return
    const [oldest, { sample }] = dead.entries().next().value!
    dead.delete(oldest)
    if (lastDead.get(sample.pid)?.sample === sample) lastDead.delete(sample.pid)
  }

  return {
    see: (sample, at, host) => {
      const { pid, startTicks } = sample
      const known = living.get(pid)
      if (known?.sample.startTicks === startTicks) {
        known.sample = sample
        known.seenAt = at
        return { process: known, isNew: false }
      }
      if (known) markGone(known, at)
      // A listing that shows the largest only (a capture) loses processes and lists them again.
      const listedAgain = dead.get(`${pid} ${startTicks}`)
      if (listedAgain) {
        dead.delete(`${pid} ${startTicks}`)
        if (lastDead.get(pid) === listedAgain) lastDead.delete(pid)
        listedAgain.sample = sample
        listedAgain.seenAt = at
        listedAgain.goneAt = null
        living.set(pid, listedAgain)
        return { process: listedAgain, isNew: false }
      }
      const process: KnownProcess = {
        sample,
        bornAt: Math.min(at, bornAtOf(startTicks, host) ?? at),
        firstSeenAt: at,
        firstRssKiB: sample.rssKiB,
        seenAt: at,
        goneAt: null,
        killed: null,
        isReplacement: false,
      }
      living.set(pid, process)
      return { process, isNew: true }
    },
    exit: (pid, startTicks, at) => {
      const known = living.get(pid)
      if (!known || known.sample.startTicks !== startTicks) return undefined
      markGone(known, at)
      return known
    },
    find: (pid, at) => {
      const alive = living.get(pid)
      // Ticks are 10 ms, and when the node was booted is known to the second in places.
      if (alive && alive.bornAt <= at + clockDoubtMs) return alive
      const exited = lastDead.get(pid)
      return exited && exited.bornAt <= at + clockDoubtMs ? exited : undefined
    },
    shift: ms => {
      for (const process of [...living.values(), ...dead.values()]) {
        process.bornAt += ms
        process.firstSeenAt += ms
        process.seenAt += ms
        if (process.goneAt !== null) process.goneAt += ms
      }
    },
    living: () => living.values(),
    livingOf: pid => living.get(pid),
  }
}

const maxDead = 4096
export const clockDoubtMs = 1000

/** Clock ticks in which /proc counts, ms: USER_HZ is 100 on every architecture that Node.js runs on. */
export const msPerTick = 10

/** When a process started, ms since the epoch; null where it is not known when the node was booted. */
export function bornAtOf(startTicks: number, { bootedAt }: Pick<HostFacts, 'bootedAt'>): number | null {
  return bootedAt === null ? null : bootedAt + startTicks * msPerTick
}
