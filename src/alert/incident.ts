import type { AttributedKill, Verdict, World } from '../types.ts'
import { incidentId } from './ids.ts'
import { createThread, follow, isNodeWide, quietMs, type Thread, threadKey } from './thread.ts'

/** All that belongs together on this node, from the first sign to recovery. */
export interface Incident {
  readonly id: string
  /** Wall time of its first sign. */
  readonly startedAt: number
  /** What is not over. */
  readonly threads: ReadonlyMap<string, Thread>
}

export interface LifeCycle {
  readonly kill: (kill: AttributedKill, now: number) => void
  /** Takes a verdict that changed; the thread that it belongs to, unless it says nothing new of what is over. */
  readonly take: (verdict: Verdict, now: number, world: World, muted: boolean) => Thread | undefined
  /** Threads that are over by now; they leave the incident. */
  readonly over: (now: number, world: World) => readonly Thread[]
  /** The open one; null where nothing fires. */
  readonly incident: () => Incident | null
}

/**
 * One incident at a time: whatever overlaps on a node shares it. It ends by recovery and not by silence alone, and if it
 * comes back within the loop window it is the same one, reopened.
 */
export function createLifeCycle(): LifeCycle {
  let incident: OpenIncident | null = null
  let lastNodeKillAt = -Infinity

  const take: LifeCycle['take'] = (verdict, now, world, muted) => {
    const key = threadKey(verdict)
    const known = incident?.threads.get(key)
    if (known) {
      follow(known, verdict, now)
      known.muted = muted
      return known
    }
    if (!verdict.firing) return undefined
    // What a detector adds to the figures of something that is over does not bring it back.
    const closed = incident?.closed.get(key)
    if (verdict.kill && closed?.kill === verdict.kill) return undefined
    const isBack = incident !== null && (incident.threads.size > 0 || comesBack(incident, verdict, now, world))
    if (!incident || !isBack) incident = open(verdict, world)
    if (incident.endedAt !== null) incident.reopenedAt = now
    incident.endedAt = null
    const ends = isBack && closed && now - closed.at <= world.settings.loopWindowMs ? closed.ends : 0
    const thread = createThread(verdict, now, muted, { ends, reopened: ends > 0 || incident.reopenedAt === now })
    if (incident.threads.size < keptThreads) incident.threads.set(key, thread)
    return incident.threads.get(key)
  }

  const over: LifeCycle['over'] = (now, world) => {
    if (!incident) return []
    const threads = [...incident.threads.values()]
    const isNodeWell = hasRecovered(threads, lastNodeKillAt, now, world)
    const done = threads.filter(thread => isOver(thread, isNodeWell, now, world))
    for (const thread of done) {
      incident.threads.delete(thread.key)
      const { key, ends, verdict } = thread
      if (incident.closed.size < keptThreads || incident.closed.has(key))
        incident.closed.set(key, { at: now, kill: verdict.kill, ends: ends + 1 })
    }
    if (done.length > 0 && incident.threads.size === 0) incident.endedAt = now
    return done
  }

  return {
    kill: ({ nodeLevel }, now) => {
      if (nodeLevel) lastNodeKillAt = now
    },
    take,
    over,
    incident: () => (incident && incident.threads.size > 0 ? incident : null),
  }
}

interface OpenIncident extends Incident {
  readonly threads: Map<string, Thread>
  /** What was over within it: since when, the last kill that it was about, and how many ends did not last. */
  readonly closed: Map<string, { readonly at: number; readonly kill: AttributedKill | null; readonly ends: number }>
  /** By the steady clock; null while it is open. */
  endedAt: number | null
  reopenedAt: number
}

// More than a node has pods, four times over; what comes on top is in the totals of the storm.
const keptThreads = 1_000

function open(verdict: Verdict, { host }: World): OpenIncident {
  const startedAt = verdict.since
  return {
    id: incidentId(host, verdict, startedAt),
    startedAt,
    threads: new Map(),
    closed: new Map(),
    endedAt: null,
    reopenedAt: -Infinity,
  }
}

function comesBack(incident: OpenIncident, verdict: Verdict, now: number, { settings }: World): boolean {
  if (incident.endedAt === null || now - incident.endedAt > settings.loopWindowMs) return false
  if (incident.closed.has(threadKey(verdict))) return true
  // A node that is hit again is the same trouble whoever is hit.
  const isOfNode = (key: string) => key.endsWith('\nnode')
  return verdict.type !== 'agent-impaired' && verdict.subject === 'node' && [...incident.closed.keys()].some(isOfNode)
}

/** Headroom and stall are back for the time of recovery, and nobody was killed for longer than the loops' pauses. */
function hasRecovered(threads: readonly Thread[], lastNodeKillAt: number, now: number, world: World): boolean {
  const nodeWide = threads.filter(isNodeWide)
  const quiet = Math.max(...nodeWide.map(thread => quietMs(thread, world) * patienceWith(thread)), 0)
  const lastKillAt = Math.max(...nodeWide.map(thread => thread.lastKillAt), lastNodeKillAt)
  if (now - lastKillAt < quiet) return false
  if (world.host.sight === 'log') return true
  return nodeWide.every(thread => {
    const { verdict, holds, ceasedAt } = thread
    if (verdict.type !== 'memory-exhaustion' || verdict.subject !== 'node') return true
    return !holds && now - ceasedAt >= world.settings.recoveryMs * patienceWith(thread)
  })
}

function isOver(thread: Thread, isNodeWell: boolean, now: number, world: World): boolean {
  if (thread.verdict.type === 'agent-impaired') {
    const waitMs = thread.ends === 0 ? 0 : world.settings.recoveryMs * patienceWith(thread)
    return !thread.holds && now - thread.ceasedAt >= waitMs
  }
  if (isNodeWide(thread)) return isNodeWell
  return now - thread.lastKillAt >= quietMs(thread, world) * patienceWith(thread)
}

/** An end that did not last is believed twice as late the next time: who flaps is told as one that goes on. */
function patienceWith({ ends }: Thread): number {
  return 2 ** Math.min(ends, 3)
}
