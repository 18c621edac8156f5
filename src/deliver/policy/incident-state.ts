import type { Alert, Locale, Severity } from '../../types.ts'
import { digestOf, type Item, rank, withoutLists } from './digest.ts'
import { alertKey, type Message } from './policy.ts'

export interface ByIncidentOptions {
  readonly locale: Locale
  readonly digestBytes: number
  /** A chat: the end of an incident is one message. Else each alert is ended under its own key. */
  readonly isChat: boolean
}

/** All of it is plain JSON: it is saved as it stands. */
export interface IncidentState {
  /** What the receiver was sent and has not been sent the end of, by key. */
  readonly open: Record<string, Open>
  readonly conversations: Record<string, Conversation>
  /** When the newest workload incidents began that were sent on their own. */
  starts: number[]
  /** Workload incidents that wait for the next digest. */
  readonly collected: Record<string, { readonly alert: Alert; readonly isOver: boolean }>
  collectedFrom: number
  digestAt: number
  readonly digests: Record<string, Digest>
  handedOverAt: number
}

interface Open {
  conversation: string
  readonly digest: string | null
  readonly sentAt: number
  readonly alert: Pick<Alert, 'type' | 'severity' | 'nodeIncident'>
}

export interface Conversation {
  dayFrom: number
  /** Messages since then. */
  sent: number
  updates: number
  lastSentAt: number
  /** The worst that was sent. */
  worst: Severity
  /** How many alerts of each type were sent on their own. */
  alone: Record<string, number>
  /** How many alerts about a node-level kill there were: the first two are worth a message. */
  killMessages: number
  waiting: Record<string, { readonly alert: Alert; readonly isNew: boolean; readonly since: number }>
  /** What was over since the last message. */
  over: { readonly key: string; readonly alert: Alert }[]
}

interface Digest {
  readonly alert: Alert
  members: string[]
  readonly over: { readonly key: string; readonly name: string }[]
}

export function createState(): IncidentState {
  return {
    open: {},
    conversations: {},
    starts: [],
    collected: {},
    collectedFrom: 0,
    digestAt: -dayMs,
    digests: {},
    handedOverAt: -1,
  }
}

function createConversation(now: number): Conversation {
  return {
    dayFrom: now,
    sent: 0,
    updates: 0,
    lastSentAt: -dayMs,
    worst: 'info',
    alone: {},
    killMessages: 0,
    waiting: {},
    over: [],
  }
}

/** The conversation that an alert belongs to; a new one where there is none. A new day has its own count of messages. */
export function conversationOf(state: IncidentState, alert: Alert, now: number): Conversation {
  const id = alert.nodeIncident ?? alert.incident
  const known = state.conversations[id]
  if (known) {
    if (now - known.dayFrom >= dayMs) Object.assign(known, { dayFrom: now, sent: 0, updates: 0 })
    return known
  }
  const made = createConversation(now)
  state.conversations[id] = made
  forgetQuiet(state, id)
  return made
}

/** Sends one alert in its conversation; what waited of it is said with it. */
export function send(state: IncidentState, alert: Alert, conversation: Conversation, now: number): Message {
  const key = alertKey(alert)
  delete conversation.waiting[key]
  delete state.collected[key]
  note(conversation, alert, now)
  const { digest = null } = state.open[key] ?? {}
  state.open[key] = { conversation: alert.nodeIncident ?? alert.incident, digest, sentAt: now, alert: brief(alert) }
  return { alert, closes: [] }
}

/** Sends one message about several that began. */
export function sendDigest(state: IncidentState, items: readonly Item[], now: number, locale: Locale): Message {
  const alert = digestOf(items, locale)
  const id = alertKey(alert)
  state.digests[id] = { alert: withoutLists(alert), members: items.map(({ key }) => key), over: [] }
  for (const { key, alert: its } of items) {
    const conversation = its.nodeIncident ?? its.incident
    conversationOf(state, its, now)
    state.open[key] = { conversation, digest: id, sentAt: now, alert: brief(its) }
  }
  return { alert, closes: [] }
}

const minute = 60_000
const dayMs = 24 * 60 * minute
/** People mute a channel that sends more than twenty messages for one incident. */
export const mostADay = 20

export function note(conversation: Conversation, alert: Alert, now: number): void {
  conversation.sent++
  conversation.lastSentAt = now
  if (rank[alert.severity] > rank[conversation.worst]) conversation.worst = alert.severity
}

export function brief({ type, severity, nodeIncident }: Alert): Open['alert'] {
  return { type, severity, nodeIncident }
}

/** Something of this incident was sent and is not over. */
export function hasOpenAlerts({ open }: IncidentState, conversation: string): boolean {
  return Object.values(open).some(each => each.conversation === conversation)
}

export function isIn({ conversations }: IncidentState, key: string): boolean {
  return Object.values(conversations).some(({ waiting }) => waiting[key] !== undefined)
}

const keptConversations = 1_000

/** Bounded: of the conversations in which nothing is open, the oldest goes. */
function forgetQuiet(state: IncidentState, but: string): void {
  const ids = Object.keys(state.conversations)
  if (ids.length <= keptConversations) return
  const quiet = ids.find(id => id !== but && !hasOpenAlerts(state, id))
  if (quiet !== undefined) delete state.conversations[quiet]
}
