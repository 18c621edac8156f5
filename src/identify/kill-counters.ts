import { keepNewest } from '../keep-newest.ts'
import { parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import type { CgroupSample } from '../types.ts'

/**
 * Finds the cgroup whose kill counter went up: the last evidence if the kernel's line was suppressed and the pid is
 * unknown.
 */
export interface KillCounters {
  readonly observe: (samples: readonly CgroupSample[], at: number) => void
  /** A kill is known to be of this cgroup: what its counter went up by is accounted for. */
  readonly claim: (path: string, at: number) => void
  /** The one cgroup that counts a kill more than we know of, and takes it; undefined where none or several do. */
  readonly take: (at: number) => string | undefined
}

interface Counter {
  count: number
  readonly since: number
  /** v2 counts the kills of the whole subtree, v1 those of the cgroup alone. */
  readonly isHierarchical: boolean
  open: number
  openAt: number
  /** Kills that were attributed before the counter was read again: its next rise counts them. */
  claimedAhead: number
}

export function createKillCounters(): KillCounters {
  const counters = new Map<string, Counter>()

  const settle = (path: string, at: number): void => {
    const counter = counters.get(path)
    // A counter that was read for the first time after this kill has it in its count already. One that was read just
    // before may have it or not: it is taken off what comes next, so that no kill is counted for a second victim.
    if (!counter || counter.since >= at) return
    if (counter.open > 0) counter.open--
    else counter.claimedAhead++
  }

  const claim = (path: string, at: number): void => {
    settle(path, at)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const above = path.slice(0, end)
      if (counters.get(above)?.isHierarchical) settle(above, at)
    }
  }

  return {
    observe: (samples, at) => {
      for (const { path, events } of samples) {
        const count = events?.oom_kill
        if (count === undefined || !isOfWorkload(path)) continue
        const counter = counters.get(path)
        if (!counter || count < counter.count) {
          const isHierarchical = events?.under_oom === undefined
          keepNewest(
            counters,
            path,
            { count, since: at, isHierarchical, open: 0, openAt: at, claimedAhead: 0 },
            keptCounters,
          )
          continue
        }
        const more = count - counter.count
        if (more === 0) continue
        const claimed = Math.min(more, counter.claimedAhead)
        counter.claimedAhead -= claimed
        if (at - counter.openAt > openMs) counter.open = 0
        counter.open += more - claimed
        counter.openAt = at
        counter.count = count
      }
    },
    claim,
    take: at => {
      const open: string[] = []
      for (const [path, counter] of counters) if (counter.open > 0 && at - counter.openAt <= openMs) open.push(path)
      const deepest = open.filter(path => !open.some(other => other.startsWith(`${path}/`)))
      if (deepest.length !== 1) return undefined
      claim(deepest[0]!, at)
      return deepest[0]
    },
  }
}

// Read at the kill and asked right after it: what is older belongs to a kill whose line was lost.
const openMs = 2000
const keptCounters = 4096

function isOfWorkload(path: string): boolean {
  const { level } = parseCgroupPath(path)
  return level !== 'root' && level !== 'kubepods' && level !== 'qos' && level !== 'slice'
}
