import { fitting, rank } from './digest.ts'
import { end } from './incident-end.ts'
import {
  type ByIncidentOptions,
  brief,
  type Conversation,
  conversationOf,
  createState,
  type IncidentState,
  isIn,
  mostADay,
  note,
  send,
  sendDigest,
} from './incident-state.ts'
import { takeOfNode } from './node-incident.ts'
import { alertKey, type Message, type NotificationPolicy } from './policy.ts'
import { collectedStarts, isBusy, takeOfWorkload } from './workload-incidents.ts'

/**
 * `grouping: incident`: one conversation for each incident. Its first message goes at once, and so does what is worse
 * than all before it. Inside the node's incident further members and figures are collected, 20 messages a day at most.
 * Workload incidents go at once; where more than five begin within ten minutes, the others go together, once a minute.
 */
export function createByIncidentPolicy(options: ByIncidentOptions): NotificationPolicy {
  let state = createState()

  const take: NotificationPolicy['take'] = (alert, isWanted, now) => {
    const key = alertKey(alert)
    const known = state.open[key]
    const isWaiting = state.collected[key] !== undefined || isIn(state, key)
    if (!isWanted && !known && !isWaiting) return []
    if (alert.status === 'resolved') return end(state, alert, { ...options, isWanted, now })
    const conversation = conversationOf(state, alert, now)
    if (known) known.conversation = alert.nodeIncident ?? alert.incident
    // A stop of the agent is one event for all open alerts.
    if (alert.notes.includes('handover')) {
      if (state.handedOverAt === now) return []
      state.handedOverAt = now
      return [send(state, alert, conversation, now)]
    }
    if (alert.notes.includes('reminder') || alert.notes.includes('open-end'))
      return [send(state, alert, conversation, now)]
    if (alert.nodeIncident !== null) return takeOfNode(state, alert, { conversation, now, isChat: options.isChat })
    if (alert.type === 'agent-impaired') {
      return conversation.sent < mostADay ? [send(state, alert, conversation, now)] : []
    }
    return takeOfWorkload(state, alert, conversation, now)
  }

  const tick = (now: number): readonly Message[] => {
    const out: Message[] = []
    for (const conversation of Object.values(state.conversations))
      out.push(...waitingOf(state, conversation, now, options))
    out.push(...collectedStarts(state, now, options))
    return out
  }

  return {
    take,
    tick,
    adopt: (alert, now) => {
      const key = alertKey(alert)
      if (state.open[key]) return
      const conversation = conversationOf(state, alert, now)
      if (rank[alert.severity] > rank[conversation.worst]) conversation.worst = alert.severity
      conversation.sent ||= 1
      conversation.alone[alert.type] = (conversation.alone[alert.type] ?? 0) + 1
      const id = alert.nodeIncident ?? alert.incident
      state.open[key] = { conversation: id, digest: null, sentAt: now, alert: brief(alert) }
    },
    isOpen: alert => state.open[alertKey(alert)] !== undefined,
    save: () => state,
    restore: memory => {
      state = { ...createState(), ...structuredClone(memory as IncidentState) }
    },
  }
}

/** What waits in a conversation: new members within a minute as long as the day's messages allow; figures ever later. */
function waitingOf(
  state: IncidentState,
  conversation: Conversation,
  now: number,
  { digestBytes, locale }: ByIncidentOptions,
): readonly Message[] {
  // Figures that could not be sent for a minute are outdated. The next ones are sent instead.
  for (const [key, { isNew, since }] of Object.entries(conversation.waiting))
    if (!isNew && now - since > staleMs) delete conversation.waiting[key]
  const waiting = Object.entries(conversation.waiting).map(([key, { alert, isNew }]) => ({ key, alert, isNew }))
  if (waiting.length === 0) return []
  const added = waiting.filter(({ isNew }) => isNew)
  const isOfNode = waiting[0]!.alert.nodeIncident !== null
  if (!isOfNode && isBusy(state)) return []
  const gapMs = added.length > 0 ? gapForMembers(conversation) : gapForFigures(conversation, isOfNode)
  if (now - conversation.lastSentAt < gapMs || conversation.sent >= mostADay - 1) return []
  conversation.updates++
  if (added.length === 0) {
    const lead = waiting.reduce((best, item) => (rank[item.alert.severity] >= rank[best.alert.severity] ? item : best))
    conversation.waiting = {}
    return [send(state, lead.alert, conversation, now)]
  }
  if (added.length === 1) return [send(state, added[0]!.alert, conversation, now)]
  const items = fitting(added, digestBytes, locale)
  for (const { key } of items) delete conversation.waiting[key]
  const message = sendDigest(state, items, now, locale)
  note(conversation, message.alert, now)
  return [message]
}

const minute = 60_000
const staleMs = minute

/** New members are named within a minute; where they go on coming, the day's messages have to last. */
function gapForMembers({ sent, updates }: Conversation): number {
  if (sent < 12) return updates === 0 ? 5_000 : minute
  return sent < 16 ? 10 * minute : 60 * minute
}

/** Minimum times between messages about figures, which become less important. */
function gapForFigures({ updates }: Conversation, isOfNode: boolean): number {
  const gaps = isOfNode ? [5_000, minute, 10 * minute, 60 * minute, 6 * 60 * minute] : [10 * minute, 60 * minute]
  return gaps[updates] ?? 24 * 60 * minute
}
