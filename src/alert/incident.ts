import { withoutReport } from '../identify/kill-report.ts'
import type { AttributedKill, SignName, Verdict, World } from '../types.ts'
import { verdicts } from '../verdicts/verdicts.ts'
import {
  type AlertState,
  type Closed,
  createAlertState,
  follow,
  type Incident,
  isNodeWide,
  isSameKill,
  keyOf,
  patienceWith,
  quietMs,
  rank,
} from './alert-state.ts'
import { incidentId, workloadIncidentId } from './ids.ts'

interface LifeCycle {
  readonly kill: (kill: AttributedKill, now: number) => void
  /**
   * Takes a verdict that changed. Returns its alert, unless the verdict only updates an alert that is already resolved.
   */
  readonly take: (verdict: Verdict, now: number, world: World, muted: boolean) => AlertState | undefined
  /** Alerts that are over by now; they leave their incident. */
  readonly over: (now: number, world: World) => readonly AlertState[]
  /** All that is open. */
  readonly open: () => readonly AlertState[]
  readonly save: () => LifeCycleMemory
  readonly restore: (memory: LifeCycleMemory) => void
  /** Removes a restored alert that is invalid. */
  readonly drop: (key: string) => void
}

/** What a restart of the agent needs of it, as plain JSON. */
export interface LifeCycleMemory {
  readonly incidents: readonly SavedIncident[]
  readonly states: readonly SavedState[]
  readonly lastNodeKillAt: number | null
}

type SavedIncident = Omit<Incident, 'closed' | 'reopenedAt' | 'handedOverAt'> & {
  readonly closed: readonly (readonly [key: string, closed: Closed])[]
  readonly reopenedAt: number | null
  readonly handedOverAt: number | null
}

/** A saved alert, with its incidents by id; a time that has not occurred is null. */
type SavedState = Omit<AlertState, 'home' | 'incident' | 'ceasedAt' | 'lastKillAt'> & {
  readonly home: string
  readonly incident: string
  readonly ceasedAt: number | null
  readonly lastKillAt: number | null
}

/**
 * One incident of the node at a time, one for each workload that loops at its own limit, and one of the agent. An
 * incident ends by recovery and not by silence alone; what fires again within the loop window is the same one, reopened.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the open incidents
export function createLifeCycle(): LifeCycle {
  /** By scope and subject; the newest of each. */
  const incidents = new Map<string, Incident>()
  const states = new Map<string, AlertState>()
  let lastNodeKillAt = -Infinity

  const take: LifeCycle['take'] = (verdict, now, world, muted) => {
    const key = keyOf(verdict)
    const known = states.get(key)
    if (known) {
      follow(known, verdict, now)
      known.muted = muted
      if (isNodeWide(known.verdict) && known.incident.scope === 'workload') join(known, now, world)
      return known
    }
    if (!verdict.firing) return undefined
    const place = placeOf(verdict)
    const last = incidents.get(place)
    // Updated figures do not reopen an alert that is resolved.
    const closed = last?.closed.get(key)
    if (closed && verdict.kill && isSameKill(verdict, closed)) return undefined
    if (states.size >= keptStates) return undefined
    const isReopened = last !== undefined && (last.endedAt === null || isReopenedBy(last, verdict, now, world))
    const incident = isReopened ? last : begin(place, verdict, now, world)
    if (incident.endedAt !== null) incident.reopenedAt = now
    incident.endedAt = null
    const ends = isReopened && closed && now - closed.at <= world.settings.loopWindowMs ? closed.ends : 0
    const reopened = ends > 0 || incident.reopenedAt === now
    const state = createAlertState(verdict, { incident, at: now, muted, ends, reopened })
    states.set(key, state)
    return state
  }

  /** A loop at a workload's own limit has become a shortage of the node. */
  const join = (state: AlertState, now: number, world: World): void => {
    const left = state.incident
    left.endedAt = now
    left.closed.clear()
    const node = incidents.get('node')
    const isReopened = node && (node.endedAt === null || isReopenedBy(node, state.verdict, now, world))
    state.incident = isReopened ? node : begin('node', state.verdict, now, world)
    state.incident.endedAt = null
  }

  const begin = (place: string, verdict: Verdict, now: number, world: World): Incident => {
    const incident = createIncident(verdict, now, world, place)
    incidents.delete(place)
    incidents.set(place, incident)
    if (incidents.size > keptStates) forgetOne()
    return incident
  }

  /** Removes the incident that was resolved longest ago. */
  const forgetOne = (): void => {
    for (const [place, { endedAt }] of incidents) {
      if (endedAt === null) continue
      incidents.delete(place)
      return
    }
  }

  const over: LifeCycle['over'] = (now, world) => {
    const open = [...states.values()]
    const isNodeWell = hasRecovered(open, lastNodeKillAt, now, world)
    const done = open.filter(state => isOver(state, isNodeWell, now, world))
    for (const { key, ends, verdict, incident } of done) {
      states.delete(key)
      if (incident.closed.size < keptStates || incident.closed.has(key))
        incident.closed.set(key, { at: now, kill: verdict.kill && withoutReport(verdict.kill), ends: ends + 1 })
    }
    for (const { incident } of done)
      if (![...states.values()].some(state => state.incident === incident)) incident.endedAt = now
    return done
  }

  const save = (): LifeCycleMemory => ({
    incidents: [...incidents.values()].map(incident => ({
      ...incident,
      closed: [...incident.closed].slice(-keptClosed),
      reopenedAt: finite(incident.reopenedAt),
      handedOverAt: finite(incident.handedOverAt),
    })),
    states: [...states.values()].map(state => ({
      ...state,
      verdict: { ...state.verdict, kill: state.verdict.kill && withoutReport(state.verdict.kill) },
      home: state.home.id,
      incident: state.incident.id,
      ceasedAt: finite(state.ceasedAt),
      lastKillAt: finite(state.lastKillAt),
    })),
    lastNodeKillAt: finite(lastNodeKillAt),
  })

  const restore = (memory: LifeCycleMemory): void => {
    incidents.clear()
    states.clear()
    const byId = new Map<string, Incident>()
    for (const saved of listOf(memory.incidents)) {
      if (!isSavedIncident(saved)) continue
      const incident: Incident = {
        ...saved,
        closed: new Map(saved.closed),
        reopenedAt: saved.reopenedAt ?? -Infinity,
        handedOverAt: saved.handedOverAt ?? -Infinity,
      }
      byId.set(incident.id, incident)
      incidents.set(placeFor(incident.scope, incident.subject), incident)
    }
    for (const saved of listOf(memory.states)) {
      if (!isSavedState(saved)) continue
      const home = byId.get(saved.home) ?? byId.get(saved.incident)
      const incident = byId.get(saved.incident)
      if (!home || !incident) continue
      const { ceasedAt, lastKillAt } = saved
      states.set(saved.key, {
        ...saved,
        home,
        incident,
        ceasedAt: ceasedAt ?? -Infinity,
        lastKillAt: lastKillAt ?? -Infinity,
      })
    }
    lastNodeKillAt = memory.lastNodeKillAt ?? -Infinity
  }

  return {
    kill: ({ nodeLevel }, now) => {
      if (nodeLevel) lastNodeKillAt = now
    },
    take,
    over,
    open: () => [...states.values()],
    save,
    restore,
    drop: key => void states.delete(key),
  }
}

// Four times the pods of a node. Further ones are only in the totals.
const keptStates = 1_000
// In the state file: of each incident the newest ends, which are the ones that can fire again.
const keptClosed = 20

function placeOf(verdict: Verdict): string {
  if (verdict.type === 'agent-impaired') return placeFor('agent', '')
  return isNodeWide(verdict) ? placeFor('node', '') : placeFor('workload', verdict.subject)
}

function placeFor(scope: Incident['scope'], subject: string): string {
  return scope === 'workload' ? `workload\n${subject}` : scope
}

function createIncident(verdict: Verdict, now: number, { host }: World, place: string): Incident {
  const scope = place.startsWith('workload') ? 'workload' : place === 'agent' ? 'agent' : 'node'
  const startedAt = verdict.since
  return {
    id: scope === 'workload' ? workloadIncidentId(host, verdict.subject, startedAt) : incidentId(host, verdict),
    scope,
    subject: scope === 'workload' ? verdict.subject : '',
    sequence: 0,
    closed: new Map(),
    endedAt: null,
    reopenedAt: -Infinity,
    dayFrom: now,
    handedOverAt: -Infinity,
  }
}

function isReopenedBy(incident: Incident, verdict: Verdict, now: number, { settings }: World): boolean {
  if (incident.endedAt === null || now - incident.endedAt > settings.loopWindowMs) return false
  if (incident.closed.has(keyOf(verdict))) return true
  // A node that has OOM kills again is the same incident, whichever process is killed.
  const isOfNode = (key: string) => key.endsWith('\nnode')
  return incident.scope === 'node' && verdict.subject === 'node' && [...incident.closed.keys()].some(isOfNode)
}

/** Headroom and stall are back for the time of recovery, and nothing was killed for longer than the loops' pauses. */
function hasRecovered(states: readonly AlertState[], lastNodeKillAt: number, now: number, world: World): boolean {
  const nodeWide = states.filter(({ verdict }) => isNodeWide(verdict))
  const quiet = Math.max(...nodeWide.map(state => quietMs(state.verdict, world) * patienceWith(state)), 0)
  const lastKillAt = Math.max(...nodeWide.map(state => state.lastKillAt), lastNodeKillAt)
  if (now - lastKillAt < quiet) return false
  if (world.host.sight === 'log') return true
  return nodeWide.every(state => {
    const { verdict, holds, ceasedAt } = state
    if (verdict.type !== 'memory-exhaustion' || verdict.subject !== 'node') return true
    return !holds && now - ceasedAt >= world.settings.recoveryMs * patienceWith(state)
  })
}

function isOver(state: AlertState, isNodeWell: boolean, now: number, world: World): boolean {
  const { verdict, ends, holds, ceasedAt, lastKillAt } = state
  // Its detector reports every 30s that it continues. After a restart it may no longer have a reason to.
  if (verdict.type === 'memory-leak' && now - state.changedAt >= leakQuietMs) return true
  if (verdict.type === 'agent-impaired' || verdict.type === 'memory-leak') {
    const waitMs = ends === 0 ? 0 : world.settings.recoveryMs * patienceWith(state)
    return !holds && now - ceasedAt >= waitMs
  }
  if (isNodeWide(verdict)) return isNodeWell
  return now - lastKillAt >= quietMs(verdict, world) * patienceWith(state)
}

const leakQuietMs = 30 * 60_000

/** A recording may come from someone else, so incomplete state is ignored. */
function listOf<T>(value: readonly T[]): readonly T[] {
  return Array.isArray(value)
    ? value.slice(0, keptStates).filter(each => typeof each === 'object' && each !== null)
    : []
}

function isSavedIncident({ id, scope, subject, sequence, closed, dayFrom }: SavedIncident): boolean {
  const isClosedList = Array.isArray(closed) && closed.every(entry => Array.isArray(entry) && isWhole(entry[1]))
  return (
    typeof id === 'string' &&
    ['node', 'workload', 'agent'].includes(scope) &&
    typeof subject === 'string' &&
    [sequence, dayFrom].every(Number.isFinite) &&
    isClosedList
  )
}

function isWhole(closed: Closed): boolean {
  return typeof closed === 'object' && closed !== null && Number.isFinite(closed.at) && Number.isFinite(closed.ends)
}

const knownSigns: Readonly<Record<SignName, true>> = {
  primed: true,
  'low-headroom': true,
  stalling: true,
  killing: true,
  looping: true,
  'daemon-hit': true,
  'not-ready-presumed': true,
  held: true,
}

function isSavedState({ key, verdict, published, ...state }: SavedState): boolean {
  if (typeof verdict !== 'object' || verdict === null || !Object.hasOwn(verdicts, verdict.type)) return false
  const { subject, severity, signs, facts, since, kill, loop } = verdict
  const areParts = [facts, ...(kill ? [kill.kill, kill.workload] : [])].every(each => typeof each === 'object' && each)
  return (
    typeof subject === 'string' &&
    key === keyOf(verdict) &&
    Object.hasOwn(rank, severity) &&
    Array.isArray(signs) &&
    signs.every(each => Object.hasOwn(knownSigns, each?.sign) && Number.isFinite(each.since)) &&
    areParts &&
    (loop === null || Array.isArray(loop.pids)) &&
    [since, state.startsAt, state.events, state.earlier, state.changedAt, state.ends].every(Number.isFinite) &&
    (published === null || Array.isArray(published.signs))
  )
}

/** JSON has no infinity. */
function finite(time: number): number | null {
  return Number.isFinite(time) ? time : null
}
