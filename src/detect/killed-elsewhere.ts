import { createSteadyClock } from '../steady-clock.ts'
import type { Detector, ProcessSample, Verdict, Workload, World } from '../types.ts'
import { defaultThresholds } from './thresholds.ts'

/**
 * The blind spot, as far as cheap evidence reaches into it: one of the kernel's next victims is gone while headroom is
 * little and work stalls, and the kernel's own counter stands still. Then something else ended it: systemd-oomd, earlyoom,
 * an eviction, a person; or it came to its end by itself. So it is information, and says how certain it is.
 */
export function createKilledElsewhere(): Detector {
  const steady = createSteadyClock()
  let candidates: readonly { process: ProcessSample; workload: Workload }[] = []
  let candidatesAt = -Infinity
  let vanished: Vanished[] = []

  return (event, world) => {
    const now = steady(world.now)
    if (event.kind === 'start') {
      candidates = []
      vanished = []
      return []
    }
    if (event.kind === 'kill') {
      const { pid } = event.kill.kill
      vanished = vanished.filter(({ process }) => process.pid !== pid)
      candidates = candidates.filter(({ process }) => process.pid !== pid)
      return []
    }
    if (event.kind === 'memory') {
      if (isStrained(world)) {
        candidates = world.identity.candidates(3)
        candidatesAt = now
      } else if (now - candidatesAt > freshMs) candidates = []
      return []
    }
    if (event.kind === 'processes') {
      const { counted } = world.coverage
      for (const { pid, startTicks } of event.gone) {
        const candidate = candidates.find(({ process }) => process.pid === pid && process.startTicks === startTicks)
        // A small one that ends is nobody's relief, and so nobody's doing.
        const isLarge = (candidate?.process.rssKiB ?? 0) >= (world.host.memTotalKiB ?? Infinity) * largeShare
        if (!candidate || !isLarge || counted === null || vanished.length >= 16) continue
        vanished.push({ ...candidate, at: now, wallAt: world.now, counted })
      }
      return []
    }
    if (event.kind !== 'tick' || vanished.length === 0) return []
    const due = vanished.filter(({ at }) => now - at >= patienceMs)
    vanished = vanished.filter(({ at }) => now - at < patienceMs)
    return due.filter(({ counted }) => world.coverage.counted === counted).map(one => verdictOf(one, world))
  }
}

interface Vanished {
  readonly process: ProcessSample
  readonly workload: Workload
  readonly at: number
  readonly wallAt: number
  readonly counted: number
}

const freshMs = 10_000
// The kernel's line, the counter and the process's end are read by different sources within a second or two.
const patienceMs = 5_000
// Of the node's memory: what a killer in user space looks for.
const largeShare = 0.02

// Of the last twenty seconds: pods that a release replaces end beside less.
const feltMs = 1_000

function isStrained({ memory }: World): boolean {
  if (!memory.headroom || memory.headroom.ratio >= defaultThresholds.lowHeadroomRatio) return false
  const { strain } = memory
  return strain != null && (strain.stalledMs >= feltMs || strain.emptyingSince !== null)
}

function verdictOf({ process, workload, wallAt }: Vanished, world: World): Verdict {
  return {
    type: 'memory-exhaustion',
    subject: workload.key,
    at: world.now,
    firing: true,
    severity: 'info',
    since: wallAt,
    signs: [],
    workload,
    loop: null,
    kill: null,
    facts: {
      killedBy: 'something else',
      certainty: 'likely',
      pid: process.pid,
      comm: process.comm,
      rssKiB: process.rssKiB,
      countedByKernel: world.coverage.counted,
    },
  }
}
