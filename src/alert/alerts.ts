import { createSteadyClock } from '../steady-clock.ts'
import type { Alert, AlertNote, CoreEvent, ExplainSubject, Explanation, SignName, Verdict, World } from '../types.ts'
import { type Budget, createBudget } from './budget.ts'
import { createEvidence } from './evidence.ts'
import { createLifeCycle } from './incident.ts'
import { isMuted } from './mute.ts'
import { publish } from './publish.ts'
import { isNodeWide, killsOf, rank, type Thread, weightOf, worstOf } from './thread.ts'

export interface Alerts {
  /** Takes what changed, keeps the incident, and returns the notifications that are due under the trust budget. */
  readonly observe: (
    event: CoreEvent,
    changed: readonly Verdict[],
    world: World,
    explain: (subject: ExplainSubject) => Explanation,
  ) => readonly Alert[]
  /** Verdicts that are firing now. */
  readonly verdicts: () => readonly Verdict[]
}

/**
 * What is told, and when: a verdict when it fires and when its severity rises, at once; new members, new signs and kills
 * that have doubled, gathered; the end, when it has come.
 */
export function createAlerts(): Alerts {
  const steady = createSteadyClock()
  const lifeCycle = createLifeCycle()
  const evidence = createEvidence()
  let teller: Teller | null = null
  let checkedAt = -Infinity

  const observe: Alerts['observe'] = (event, changed, world, explain) => {
    const now = steady(world.now)
    if (event.kind === 'kill') {
      evidence.add(event.kill)
      lifeCycle.kill(event.kill, now)
    }
    const isDue = now - checkedAt >= checkMs || event.kind === 'end'
    if (changed.length === 0 && !isDue) return none
    if (isDue) checkedAt = now

    const out: Alert[] = []
    const tell = (
      thread: Thread,
      { status = 'firing', notes = [], isUpdate = false, also = [] }: Telling = {},
    ): void => {
      const members = others(thread, also)
      const verdicts = members.map(({ verdict: its }) => its)
      const { verdict } = thread
      // What was told never falls: receivers take another severity for another alert, and its end would not reach the first.
      const severity = worstOf([verdict.severity, ...(thread.told ? [thread.told.severity] : [])])
      const alert = publish(
        {
          incident: teller!.incident,
          sequence: ++teller!.sequence,
          verdict,
          status,
          severity,
          signs: signsOf([verdict, ...(isNodeWide(thread) ? verdicts : [])]),
          members: members.map(member => ({ verdict: member.verdict, kills: killsOf(member) })),
          notes,
          evidence: evidence.of(verdict),
          explanation: explain({ verdict: { ...verdict, at: world.now }, status, members: verdicts }),
        },
        world,
      )
      out.push(alert)
      teller!.budget.sent(now, severity, isUpdate)
      if (status === 'resolved') return
      thread.told = { severity, weight: 0 }
      // Every alert lists the members with their kills: what it lists is told.
      for (const one of open()) if (one.told) one.told.weight = weightOf(one)
      if (members.length <= listedMembers) {
        for (const member of members) if (teller!.gathered.has(member.key)) member.listed = member.verdict.severity
        teller!.gathered.clear()
      }
      teller!.toldWeight = weightOfAll(told())
      for (const { sign } of signsOf(open().map(({ verdict: its }) => its))) teller!.signs.add(sign)
    }

    // All are taken in before the first is told: an alert lists the others as they are now.
    const touched = new Set<Thread>()
    for (const verdict of changed) {
      const thread = lifeCycle.take(verdict, now, world, isMuted(verdict, world.settings.mute, world.host))
      const incident = lifeCycle.incident()
      if (!thread || !incident) continue
      touched.add(thread)
      if (teller?.incident !== incident.id) teller = createTeller(incident.id, now)
    }
    const candidates = [...touched].filter(thread => !thread.muted && thread.holds)
    const isCriticalNew = candidates.some(thread => !thread.told && thread.verdict.severity === 'critical')
    for (const thread of candidates) {
      if (!thread.told) {
        if (thread.listed && rank[thread.listed] >= rank[thread.verdict.severity]) continue
        // What comes in the same moment as something critical is its member: one trouble, one notification.
        const isMinor = isCriticalNew && thread.verdict.severity !== 'critical'
        const mayFire = !isMinor && teller!.budget.mayFire(thread, told())
        if (mayFire) tell(thread, { notes: thread.reopened ? ['reopened'] : [] })
        else if (isMinor) thread.listed = thread.verdict.severity
        else teller!.gathered.add(thread.key)
      } else if (rank[thread.verdict.severity] > rank[thread.told.severity]) {
        if (teller!.budget.mayWorsen(thread, told())) tell(thread)
      }
    }

    if (teller && lifeCycle.incident()) {
      update(now, tell)
      remind(now, world, tell)
      if (!isDue && changed.every(({ firing }) => firing)) return out
      const done = lifeCycle.over(now, world)
      // What was told is told to be over, muted meanwhile or not: receivers would hold it open for ever.
      for (const thread of done) if (thread.told) tell(thread, { status: 'resolved', also: done })
      // Nobody lists the others any more: their next change is told on its own.
      if (done.length > 0 && told().length === 0) for (const thread of open()) thread.listed = null
      if (event.kind === 'end') atEnd(event.why, tell)
    }
    return out
  }

  const open = (): Thread[] => [...(lifeCycle.incident()?.threads.values() ?? [])]
  const told = (): Thread[] => open().filter(thread => thread.told !== null)

  /** The others of the incident, the newest first. */
  const others = (thread: Thread, also: readonly Thread[]): Thread[] =>
    [...open(), ...also].filter(other => other !== thread && !other.muted).sort((a, b) => b.changedAt - a.changedAt)

  const update = (now: number, tell: Tell): void => {
    if (!teller!.budget.isTime(now)) return
    const { threads } = lifeCycle.incident()!
    const speakers = told().filter(({ muted }) => !muted)
    for (const key of teller!.gathered) {
      const thread = threads.get(key)
      if (!thread || thread.told) teller!.gathered.delete(key)
    }
    const isNew = ({ sign }: { sign: SignName }) => !teller!.signs.has(sign)
    const gathered = {
      members: teller!.gathered.size,
      signs: signsOf(speakers.map(({ verdict }) => verdict)).filter(isNew).length,
      growth: growthOf(weightOfAll(speakers), teller!.toldWeight),
    }
    if (!teller!.budget.isWorthwhile(gathered, speakers)) return
    const grown = speakers.filter(thread => weightOf(thread) > thread.told!.weight || thread.verdict.signs.some(isNew))
    tell(leadOf(gathered.members > 0 || grown.length === 0 ? speakers : grown), { isUpdate: true })
    teller!.gathered.clear() // beyond the ten that are listed, the total tells of them
  }

  /** What goes on for a day is chronic: once a day it says that it is still so. */
  const remind = (now: number, { settings }: World, tell: Tell): void => {
    const dueAt = teller!.dayFrom + settings.chronicMs
    // Nobody speaks (what is open is muted): the day begins with whoever is told next.
    if (told().every(({ muted }) => muted)) {
      if (now - teller!.renewedAt >= settings.chronicMs) renew(teller!, now)
      teller!.dayFrom = now
      return
    }
    if (now < dueAt) return
    // A loop that has come to rest may end within the hour: its next kill says that it goes on.
    const speakers = told().filter(({ muted, changedAt, verdict: { kill }, holds }) => {
      return !muted && (changedAt >= dueAt || (kill === null && holds))
    })
    if (speakers.length === 0) return
    teller!.dayFrom += settings.chronicMs * Math.floor((now - teller!.dayFrom) / settings.chronicMs)
    renew(teller!, now)
    tell(leadOf(speakers), { notes: ['reminder'] })
  }

  const atEnd = (why: string, tell: Tell): void => {
    const speakers = told().filter(thread => !thread.muted)
    if (speakers.length === 0) return
    if (why === 'signal') tell(leadOf(speakers), { notes: ['handover'] })
    if (why === 'end-of-log') tell(leadOf(speakers), { notes: ['open-end'] })
  }

  return { observe, verdicts: () => open().map(({ verdict }) => verdict) }
}

/** What one incident has said. */
interface Teller {
  readonly incident: string
  readonly budget: Budget
  sequence: number
  readonly signs: Set<SignName>
  /** How far the incident had gone when it was last told. */
  toldWeight: number
  /** Threads that wait to be told as members. */
  readonly gathered: Set<string>
  /** When the day began that the next reminder ends. */
  dayFrom: number
  /** When the budget's day began. */
  renewedAt: number
}

function renew(teller: Teller, now: number): void {
  teller.budget.renew()
  teller.renewedAt = now
}

function createTeller(incident: string, now: number): Teller {
  return {
    incident,
    budget: createBudget(),
    sequence: 0,
    signs: new Set(),
    toldWeight: 0,
    gathered: new Set(),
    dayFrom: now,
    renewedAt: now,
  }
}

interface Telling {
  readonly status?: 'firing' | 'resolved'
  readonly notes?: readonly AlertNote[]
  readonly isUpdate?: boolean
  /** What was over in the same moment: still members of what is told of its end. */
  readonly also?: readonly Thread[]
}

type Tell = (thread: Thread, telling?: Telling) => void

const listedMembers = 10

// Ends and gatherings need no more; kills and verdicts are handled when they come.
const checkMs = 1_000

const none: readonly Alert[] = []

/** The one to speak for all: the most severe, then the one that changed last. */
function leadOf(threads: readonly Thread[]): Thread {
  return threads.reduce((lead, thread) => {
    const worse = rank[thread.verdict.severity] - rank[lead.verdict.severity]
    return worse > 0 || (worse === 0 && thread.changedAt > lead.changedAt) ? thread : lead
  })
}

/** How far the incident has gone, by the thread that has gone farthest. A loop that has slowed down is no news. */
function weightOfAll(threads: readonly Thread[]): number {
  const live = threads.filter(({ told, verdict }) => told !== null && rank[verdict.severity] >= rank[told.severity])
  return Math.max(0, ...live.map(weightOf))
}

/** As a factor; one more than one is no doubling. */
function growthOf(weight: number, told: number): number {
  return weight - told < 2 ? 1 : weight / Math.max(1, told)
}

/** Each sign once, since it was first seen; in the order in which they came. */
function signsOf(verdicts: readonly Verdict[]): Verdict['signs'] {
  const first = new Map<SignName, number>()
  for (const { sign, since } of verdicts.flatMap(({ signs }) => signs)) {
    first.set(sign, Math.min(since, first.get(sign) ?? Infinity))
  }
  return [...first].map(([sign, since]) => ({ sign, since })).sort((a, b) => a.since - b.since)
}
