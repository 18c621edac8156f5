import type { Alert, AlertNote, CoreEvent, ExplainSubject, Explanation, History, Verdict, World } from '../types.ts'
import { type AlertState, type Incident, isNodeWide, killsOf, rank, weightOf, worstOf } from './alert-state.ts'
import { createEvidence } from './evidence.ts'
import { explainHandover } from './handover.ts'
import { createBacklogHistory } from './history.ts'
import { createLifeCycle, type LifeCycleMemory } from './incident.ts'
import { isMuted } from './mute.ts'
import { publish } from './publish.ts'

export interface Alerts {
  /** Takes what changed and returns every change of every alert: firing, worse, updated figures, resolved. */
  readonly observe: (
    event: CoreEvent,
    changed: readonly Verdict[],
    world: World,
    explain: (subject: ExplainSubject) => Explanation,
  ) => readonly Alert[]
  /** Verdicts that are firing now. */
  readonly verdicts: () => readonly Verdict[]
  /** Incident, type and subject of every open alert. */
  readonly openKeys: () => readonly string[]
  /** What the kernel's log held of the time before the agent first started; null: nothing. */
  readonly history: () => History | null
  /** What a restart of the agent needs to go on. */
  readonly save: () => LifeCycleMemory
}

/**
 * The state of every alert. It suppresses nothing: a change is published when it happens, as often as 2, 4, 16, 256 …
 * kills. How much of it a receiver is sent, and when, is decided for each webhook in `deliver/`.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share the open alerts
export function createAlerts(): Alerts {
  const lifeCycle = createLifeCycle()
  const evidence = createEvidence()
  const backlog = createBacklogHistory()
  let checkedAt = -Infinity
  let seenAt = Infinity
  /** After a restart: what the kernel wrote meanwhile has yet to be read. Until then nothing is over. */
  let behindSince: number | null = null

  const observe: Alerts['observe'] = (event, changed, world, explain) => {
    if (event.kind === 'resume') resume(event.memory, explain)
    backlog.observe(event)
    const now = world.steadyNow
    if (event.kind === 'resume' && now - seenAt > gapMs) behindSince = now
    // The source of kernel records reports when it has read what had piled up, or that it cannot.
    const isCaughtUp = event.kind === 'end' || (event.kind === 'source' && kernelSources.has(event.source))
    if (behindSince !== null && (isCaughtUp || now - behindSince > mostBehindMs)) behindSince = null
    seenAt = now
    if (event.kind === 'kill') {
      evidence.add(event.kill)
      lifeCycle.kill(event.kill, now)
    }
    const isDue = now - checkedAt >= checkMs || event.kind === 'end'
    if (changed.length === 0 && !isDue) return none
    if (isDue) checkedAt = now

    const out: Alert[] = []
    const emit: Emit = (state, { status = 'firing', notes = [], also = [] } = {}) => {
      const members = [...lifeCycle.open(), ...also]
        .filter(other => other !== state && other.incident === state.incident && !other.muted)
        .sort((a, b) => b.changedAt - a.changedAt)
      const verdicts = members.map(({ verdict: its }) => its)
      const { verdict, home, incident, startsAt } = state
      const explanation = explain({ verdict: { ...verdict, at: world.now }, status, members: verdicts })
      // A published severity never falls. Receivers treat another severity as another alert, and would not resolve the
      // first one.
      const severity = worstOf([verdict.severity, ...(state.published ? [state.published.severity] : [])])
      out.push(
        publish(
          {
            incident: home.id,
            nodeIncident: incident.scope === 'node' ? incident.id : null,
            sequence: ++home.sequence,
            startsAt,
            verdict,
            status,
            severity,
            signs: signsOf([verdict, ...(isNodeWide(verdict) ? verdicts : [])]),
            members: members.map(member => ({ verdict: member.verdict, kills: killsOf(member) })),
            notes,
            evidence: evidence.of(verdict),
            explanation: notes.includes('handover') ? explainHandover(explanation, state, world) : explanation,
          },
          world,
        ),
      )
      const signs = verdict.signs.map(({ sign }) => sign)
      state.published = { severity, weight: weightOf(state), signs, incident: incident.id }
    }

    // All verdicts are processed before the first is published, because an alert lists the current state of the others.
    const touched = new Set<AlertState>()
    for (const verdict of changed) {
      if (backlog.isHistory(verdict, world)) continue
      const state = lifeCycle.take(verdict, now, world, isMuted(verdict, world.settings.mute, world.host))
      if (state) touched.add(state)
    }
    // The most severe first: a receiver that shows one message per incident starts with it.
    for (const state of [...touched].filter(isLive).sort(bySeverity)) {
      const news = newsOf(state)
      if (news) emit(state, { notes: news })
    }
    remind(now, world, emit)
    if (behindSince !== null || (!isDue && changed.every(({ firing }) => firing))) return out
    const done = lifeCycle.over(now, world)
    // A published alert is always resolved, even if it was muted later. Receivers would otherwise keep it open.
    for (const state of [...done].sort(bySeverity)) if (state.published) emit(state, { status: 'resolved', also: done })
    if (event.kind === 'end') atEnd(event.why, now, world, emit)
    return out
  }

  /** Continues with the state that an earlier run saved. Parts that are invalid are ignored. */
  const resume = (memory: unknown, explain: (subject: ExplainSubject) => Explanation): void => {
    try {
      const { alerts } = memory as { readonly alerts?: LifeCycleMemory }
      if (alerts) lifeCycle.restore(alerts)
    } catch {
      // Written by another version, or by hand.
    }
    for (const { key, verdict } of lifeCycle.open()) {
      try {
        explain({ verdict, status: 'firing', members: [] })
        explain({ verdict, status: 'resolved', members: [] })
      } catch {
        lifeCycle.drop(key)
      }
    }
  }

  /** Open alerts that were published and are not muted, by their incident. */
  const published = (): ReadonlyMap<Incident, readonly AlertState[]> =>
    Map.groupBy(
      lifeCycle.open().filter(state => state.published && !state.muted),
      ({ incident }) => incident,
    )

  /** An alert that lasts a day is chronic: its incident sends one reminder a day. */
  const remind = (now: number, { settings }: World, emit: Emit): void => {
    const publishedStates = published()
    for (const incident of new Set(lifeCycle.open().map(state => state.incident))) {
      const dueAt = incident.dayFrom + settings.chronicMs
      const states = publishedStates.get(incident)
      // All that is open is muted: the day begins with what is published next.
      if (!states) incident.dayFrom = now
      if (!states || now < dueAt) continue
      // A loop that has slowed down may end within the hour. Its next kill shows that it continues.
      const ongoing = states.filter(
        ({ changedAt, verdict: { kill }, holds }) => changedAt >= dueAt || (kill === null && holds),
      )
      if (ongoing.length === 0) continue
      incident.dayFrom += settings.chronicMs * Math.floor((now - incident.dayFrom) / settings.chronicMs)
      emit(leadOf(ongoing), { notes: ['reminder'] })
    }
  }

  const atEnd = (why: string, now: number, { settings }: World, emit: Emit): void => {
    const leads = [...published()].map(([incident, states]) => ({ incident, lead: leadOf(states) }))
    for (const { incident, lead } of leads.sort((a, b) => bySeverity(a.lead, b.lead))) {
      if (why === 'end-of-log') emit(lead, { notes: ['open-end'] })
      // An agent that is restarted repeatedly in a crisis reports it once.
      if (why !== 'signal' || now - incident.handedOverAt < settings.loopWindowMs) continue
      incident.handedOverAt = now
      emit(lead, { notes: ['handover'] })
    }
  }

  return {
    observe,
    verdicts: () => lifeCycle.open().map(({ verdict }) => verdict),
    openKeys: () => lifeCycle.open().map(({ home, key }) => `${home.id}\n${key}`),
    history: backlog.summary,
    save: lifeCycle.save,
  }
}

interface Emission {
  readonly status?: 'firing' | 'resolved'
  readonly notes?: readonly AlertNote[]
  /** Alerts that were resolved at the same moment: they are still members in the published resolution. */
  readonly also?: readonly AlertState[]
}

type Emit = (state: AlertState, emission?: Emission) => void

// Ends need no more; kills and verdicts are handled when they come.
const checkMs = 1_000
/** Observations are a second apart: after more than this something may have been missed. */
const gapMs = 2_000
/** To read what had piled up takes a second or two. */
const mostBehindMs = 30_000
const kernelSources: ReadonlySet<string> = new Set(['kmsg', 'log-file', 'journal'])

const none: readonly Alert[] = []

function isLive({ muted, holds }: AlertState): boolean {
  return !muted && holds
}

/** Notes of the alert that is due for this state; undefined: nothing new to publish. */
function newsOf(state: AlertState): readonly AlertNote[] | undefined {
  const { published, verdict, reopened, incident } = state
  if (!published) return reopened ? ['reopened'] : []
  if (published.incident !== incident.id) return ['joined']
  if (rank[verdict.severity] > rank[published.severity]) return []
  if (verdict.signs.some(({ sign }) => !published.signs.includes(sign))) return []
  // A loop that has slowed down below its severity is not published again.
  if (rank[verdict.severity] < rank[published.severity]) return undefined
  return hasGrown(published.weight, weightOf(state)) ? [] : undefined
}

/**
 * The number passed 2, 4, 16, 256 … since the last publication and has doubled. A single further kill is not published.
 */
function hasGrown(before: number, now: number): boolean {
  if (now < 2 * before) return false
  for (let step = 2; step <= now; step = step === 2 ? 4 : step ** 2) if (before < step) return true
  return false
}

/** The most severe first, then what is new before what goes on, then what has kills to its name. */
function bySeverity(a: AlertState, b: AlertState): number {
  const worse = rank[b.verdict.severity] - rank[a.verdict.severity]
  const isNew = Number(b.published === null) - Number(a.published === null)
  return worse || isNew || Number(b.verdict.loop !== null) - Number(a.verdict.loop !== null)
}

/** The main alert of an incident: the most severe, then the one that changed last. */
function leadOf(states: readonly AlertState[]): AlertState {
  return states.reduce((lead, state) => {
    const worse = rank[state.verdict.severity] - rank[lead.verdict.severity]
    return worse > 0 || (worse === 0 && state.changedAt > lead.changedAt) ? state : lead
  })
}

/** Each sign once, since it was first seen; in the order in which they came. */
function signsOf(verdicts: readonly Verdict[]): Verdict['signs'] {
  const first = new Map<Verdict['signs'][number]['sign'], number>()
  for (const { sign, since } of verdicts.flatMap(({ signs }) => signs)) {
    first.set(sign, Math.min(since, first.get(sign) ?? Infinity))
  }
  return [...first].map(([sign, since]) => ({ sign, since })).sort((a, b) => a.since - b.since)
}
