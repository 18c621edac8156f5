import type { AttributedKill, HostFacts, ProcessSample } from '../types.ts'

/** One process, living or remembered. */
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
  /** It took the place of one that was killed. */
  isReplacement: boolean
}

export interface ProcessTable {
  /** Takes a reading in; `isNew` where this process (pid and start) was never seen before. */
  readonly see: (
    sample: ProcessSample,
    at: number,
    host: HostFacts,
  ) => { readonly process: KnownProcess; readonly isNew: boolean }
  /** Lets a process go and remembers it; undefined where it was not known. */
  readonly lose: (pid: number, startTicks: number, at: number) => KnownProcess | undefined
  /** Who had this pid at that moment. */
  readonly find: (pid: number, at: number) => KnownProcess | undefined
  /** The clock was set: all that was dated by it is dated again. */
  readonly shift: (ms: number) => void
  readonly living: () => Iterable<KnownProcess>
  readonly livingOf: (pid: number) => KnownProcess | undefined
  readonly size: () => number
}

/** Living processes by pid, and the last 4096 that exited: most kills are read after their victim was seen to be gone. */
export function createProcessTable(): ProcessTable {
  const living = new Map<number, KnownProcess>()
  const dead = new Map<string, KnownProcess>()
  const lastDead = new Map<number, KnownProcess>()

  const bury = (process: KnownProcess, at: number): void => {
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
      if (known) bury(known, at)
      // A listing that shows the largest only (a capture) loses processes and lists them again.
      const risen = dead.get(`${pid} ${startTicks}`)
      if (risen) {
        dead.delete(`${pid} ${startTicks}`)
        if (lastDead.get(pid) === risen) lastDead.delete(pid)
        risen.sample = sample
        risen.seenAt = at
        risen.goneAt = null
        living.set(pid, risen)
        return { process: risen, isNew: false }
      }
      const process: KnownProcess = {
        sample,
        bornAt: bornAt(startTicks, at, host),
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
    lose: (pid, startTicks, at) => {
      const known = living.get(pid)
      if (!known || known.sample.startTicks !== startTicks) return undefined
      bury(known, at)
      return known
    },
    find: (pid, at) => {
      const alive = living.get(pid)
      // Ticks are 10 ms, and when the node was booted is known to the second in places.
      if (alive && alive.bornAt <= at + clockDoubtMs) return alive
      const buried = lastDead.get(pid)
      return buried && buried.bornAt <= at + clockDoubtMs ? buried : undefined
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
    size: () => living.size,
  }
}

const maxDead = 4096
export const clockDoubtMs = 1000

function bornAt(startTicks: number, seenAt: number, { bootedAt }: HostFacts): number {
  return bootedAt === null ? seenAt : Math.min(seenAt, bootedAt + startTicks * 10)
}
