import { bornAtOf } from '../identify/process-table.ts'
import { keepNewest } from '../keep-newest.ts'
import { parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import { parseTerminationLine } from '../parse/killers/termination-line.ts'
import type { CoreEvent, Detector, ProcessSample, Verdict, Workload, World } from '../types.ts'
import { defaultThresholds } from './memory/thresholds.ts'

/**
 * The blind spot, as far as cheap evidence reaches into it: one of the kernel's next victims is gone while headroom is
 * little and work stalls, and the kernel's own counter does not move. Then something else ended it: systemd-oomd, earlyoom,
 * an eviction, a person; or it came to its end by itself. So it is information, and says how certain it is. A pod that is
 * deleted, rolled out or scaled down goes as a whole, and is not such a death.
 */
export function createKilledElsewhere(): Detector {
  let candidates: readonly { process: ProcessSample; workload: Workload }[] = []
  let candidatesAt = -Infinity
  let vanished: Vanished[] = []
  const stopped = createStopped()

  return (event, world) => {
    const now = world.steadyNow
    stopped.observe(event, now)
    if (event.kind === 'kill') {
      const { pid } = event.kill.kill
      vanished = vanished.filter(({ process }) => process.pid !== pid)
      candidates = candidates.filter(({ process }) => process.pid !== pid)
      return []
    }
    if (event.kind === 'memory') {
      if (isShort(world)) {
        candidates = world.identity.candidates(3)
        candidatesAt = now
      } else if (now - candidatesAt > freshMs) candidates = []
      return []
    }
    if (event.kind === 'processes') {
      const { counted } = world.coverage
      for (const { pid, startTicks } of event.gone) {
        const candidate = candidates.find(({ process }) => process.pid === pid && process.startTicks === startTicks)
        // Killing a small process frees almost nothing, so no OOM killer chooses it.
        const isLarge = (candidate?.process.rssKiB ?? 0) >= (world.host.memTotalKiB ?? Infinity) * largeShare
        if (!candidate || !isLarge || counted === null || vanished.length >= 16) continue
        vanished.push({ ...candidate, at: now, wallAt: world.now, counted })
      }
      return []
    }
    if (event.kind !== 'tick' || vanished.length === 0) return []
    const isDue = ({ at, workload }: Vanished) => now - at >= (workload.podUid === null ? patienceMs : podPatienceMs)
    const due = vanished.filter(isDue)
    vanished = vanished.filter(one => !isDue(one))
    return due
      .filter(({ counted, workload }) => world.coverage.counted === counted && !stopped.has(workload))
      .map(one => verdictOf(one, world))
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
// A pod's cgroup goes after its containers, and each cgroup is looked at once in ten seconds.
const podPatienceMs = 20_000
// Of the node's memory: what a killer in user space looks for.
const largeShare = 0.02

// Of the last twenty seconds: pods that a release replaces end beside less.
const leastStallMs = 1_000

function isShort({ memory }: World): boolean {
  if (!memory.headroom || memory.headroom.ratio >= defaultThresholds.lowHeadroomRatio) return false
  const { signals } = memory
  return signals != null && (signals.stalledMs >= leastStallMs || signals.depletingSince !== null)
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
      about: 'workload',
      pid: process.pid,
      comm: process.comm,
      rssKiB: process.rssKiB,
      bornAt: bornAtOf(process.startTicks, world.host),
    },
  }
}

interface Stopped {
  readonly observe: (event: CoreEvent, now: number) => void
  /** Its pod is being stopped, or is gone as a whole: it was deleted. */
  readonly has: (workload: Workload) => boolean
}

/** Follows pods that are deleted: by what kubelet and the runtime log, and by what is left of them. */
function createStopped(): Stopped {
  /** `namespace/pod`, pod UIDs and container IDs, with when they were seen to stop. */
  const seen = new Map<string, number>()
  const add = (key: string, now: number): void => keepNewest(seen, key, now, keptStopped)

  return {
    observe: (event, now) => {
      if (event.kind === 'unit-line') {
        const line = parseTerminationLine(event.line)
        if (!line || line.says === 'added') return
        for (const pod of line.pods) add(pod, now)
        if (line.containerId !== null) add(line.containerId, now)
      } else if (event.kind === 'pods') for (const uid of event.gone ?? []) add(uid, now)
      else if (event.kind === 'cgroups') {
        for (const path of event.gone ?? []) {
          const { level, podUid } = parseCgroupPath(path)
          if (level === 'pod' && podUid !== null) add(podUid, now)
        }
      }
    },
    has: ({ namespace, pod, podUid, containerId }) =>
      [`${namespace}/${pod}`, podUid, containerId].some(key => key !== null && seen.has(key)),
  }
}

// A node has some hundred pods.
const keptStopped = 1_024
