import { keepNewest } from '../keep-newest.ts'
import { parseCgroupPath } from '../parse/cgroup/cgroup-path.ts'
import type { AttributedKill, Birth, CycleCertainty, ProcessSample, RespawnedBy, Workload } from '../types.ts'
import { clockDoubtMs, type KnownProcess } from './process-table.ts'

/** Finds the new process that replaces a killed one. */
interface Respawns {
  /** From now on process starts in this workload are followed. */
  readonly killed: (kill: AttributedKill, victim: ProcessSample | null) => void
  /** A process is new, or took another name (exec): the birth that it is, where its workload had a kill. */
  readonly seen: (
    process: KnownProcess,
    workload: Workload,
    parent: ProcessSample | undefined,
    at: number,
  ) => Birth | undefined
  /** A workload is known by a better key now: its pod has got a name. */
  readonly rename: (from: string, to: string) => void
  /** Any victim of a workload that is followed under this key. */
  readonly victimOf: (key: string) => Workload | undefined
  readonly isFollowed: (workload: Workload) => boolean
  /** It was seen to restart. */
  readonly hasRespawned: (workload: Workload) => boolean
}

interface Slot {
  readonly kill: AttributedKill
  readonly victim: ProcessSample | null
}

interface Followed {
  /** Kills whose victim is not replaced yet, oldest first. */
  open: Slot[]
  respawned: number
  last: Workload
}

export function createRespawns(): Respawns {
  const followed = new Map<string, Followed>()

  return {
    killed: (kill, victim) => {
      const known = followed.get(kill.workload.key) ?? { open: [], respawned: 0, last: kill.workload }
      keepNewest(followed, kill.workload.key, known, maxFollowed)
      known.open.push({ kill, victim })
      known.last = kill.workload
      if (known.open.length > maxOpen) known.open.shift()
    },
    seen: (process, workload, parent, at) => {
      const known = followed.get(workload.key)
      if (!known) return undefined
      // Where jobs of others run, the same name again is a restart only if what started the last one started this one.
      const isRestart = workload.runsJobs !== true || isSupervisor(parent)
      const slot = isRestart ? takeSlot(known, process, workload) : undefined
      if (slot) {
        known.respawned++
        process.isReplacement = true
      }
      return {
        process: process.sample,
        workload,
        bornAt: process.bornAt,
        replaces: slot?.kill ?? null,
        respawnedBy: slot ? respawnedBy(slot, process.sample, workload, parent) : 'unknown',
        certainty: certaintyOf(slot, process, workload, at),
      }
    },
    rename: (from, to) => {
      const known = followed.get(from)
      if (!known || from === to) return
      followed.delete(from)
      followed.set(to, known)
    },
    victimOf: key => followed.get(key)?.last,
    isFollowed: workload => followed.has(workload.key),
    hasRespawned: workload => (followed.get(workload.key)?.respawned ?? 0) > 0,
  }
}

const maxFollowed = 512
const maxOpen = 32

/** The oldest open kill whose victim this process resembles and outlives. */
function takeSlot(
  known: Followed,
  { sample, bornAt, firstSeenAt }: KnownProcess,
  workload: Workload,
): Slot | undefined {
  const at = known.open.findIndex(({ kill, victim }) => {
    if (firstSeenAt < kill.at || bornAt < kill.at - clockDoubtMs) return false
    if (victim && sample.startTicks < victim.startTicks) return false
    if (victim && sample.pid === victim.pid && sample.startTicks === victim.startTicks) return false
    // Other programs start in the same container as well (a shell, a probe): the slot is the program's.
    const comm = victim?.comm ?? kill.kill.comm
    if (comm !== null && comm !== sample.comm) return false
    if (workload.runsJobs && victim?.ppid !== sample.ppid) return false
    return workload.containerId !== kill.workload.containerId || !victim || !isOlderSibling(sample, victim)
  })
  return at < 0 ? undefined : known.open.splice(at, 1)[0]
}

// Ticks of 10 ms: a fork in the same instant as the victim's own is a sibling, not a replacement.
function isOlderSibling(sample: ProcessSample, victim: ProcessSample): boolean {
  return sample.startTicks <= victim.startTicks
}

function respawnedBy(
  { kill, victim }: Slot,
  born: ProcessSample,
  workload: Workload,
  parent: ProcessSample | undefined,
): RespawnedBy {
  const before = kill.workload
  if (workload.podUid !== null && before.podUid !== null) {
    if (workload.podUid !== before.podUid) return 'controller'
    if (workload.containerId !== before.containerId) return 'kubelet'
  } else if (workload.containerId !== before.containerId) {
    return 'unknown'
  }
  if (workload.unit !== null && (born.ppid === 1 || isUserManager(parent))) return 'systemd'
  if (victim && victim.ppid === born.ppid && born.ppid > 1) return 'supervisor'
  return parent !== undefined && parent.cgroup === born.cgroup ? 'supervisor' : 'unknown'
}

// The daemon that starts the jobs of all users is a child of init; a script that starts one program again is not, and some
// daemons do nothing else than that.
function isSupervisor(parent: ProcessSample | undefined): boolean {
  return parent !== undefined && (parent.ppid > 1 || supervisors.has(parent.comm))
}

const supervisors = new Set(['supervisord', 'runsv', 's6-supervise', 'supervise', 'circusd', 'monit'])

// `systemd --user` runs in init.scope of its own service.
function isUserManager(parent: ProcessSample | undefined): boolean {
  return parent !== undefined && /\/user@\d+\.service\/init\.scope$/.test(parseCgroupPath(parent.cgroup).path)
}

function certaintyOf(slot: Slot | undefined, process: KnownProcess, workload: Workload, at: number): CycleCertainty {
  if (!slot) return 'name-only'
  const { kill, victim } = slot
  // Its start is known, and lies behind the victim's and behind the kill, within the resolution of the clocks.
  const isProven = victim !== null ? process.sample.startTicks > victim.startTicks : process.bornAt >= kill.at
  if (isProven && process.bornAt <= at) return 'seen'
  return workload.podUid !== null && workload.podUid === kill.workload.podUid ? 'same-pod' : 'name-only'
}
