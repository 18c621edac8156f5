import type { Alert } from '../../types.ts'
import { rank } from './digest.ts'
import { brief, type Conversation, hasOpenAlerts, type IncidentState, mostADay, send } from './incident-state.ts'
import { alertKey, type Message } from './policy.ts'

/** A change of an alert of the node's incident: what is new or worse goes at once, the rest waits for the next update. */
export function takeOfNode(
  state: IncidentState,
  alert: Alert,
  {
    conversation,
    now,
    isChat,
  }: { readonly conversation: Conversation; readonly now: number; readonly isChat: boolean },
): readonly Message[] {
  const key = alertKey(alert)
  const known = state.open[key]
  // Collected while it was its own matter: from here on it is a member.
  delete state.collected[key]
  const isSilent = !hasOpenAlerts(state, alert.nodeIncident!)
  if (isSilent) Object.assign(conversation, { worst: 'info', alone: {}, killMessages: 0 })
  const isWorse = conversation.sent > 0 && rank[alert.severity] > rank[conversation.worst]
  const isKill = alert.type === 'memory-exhaustion' && alert.signs.some(({ sign }) => sign === 'killing')
  const isAlone = !known && (conversation.alone[alert.type] ?? 0) < (manyOf.has(alert.type) ? 2 : 1)
  // The message of this very moment lists it with its kills, and is at least as severe.
  const isListed = isChat && !isSilent && conversation.lastSentAt === now && !isWorse
  const isMinor = rank[alert.severity] < rank[conversation.worst]
  const isKillNews = isKill && conversation.killMessages++ < 2
  // Figures of a warning are not sent while something critical fires.
  if (known && isMinor) return []
  if (isListed && (known || isMinor)) {
    state.open[key] = { conversation: alert.nodeIncident!, digest: null, sentAt: now, alert: brief(alert) }
    return []
  }
  const isDue = isSilent || ((isWorse || isAlone || isKillNews) && conversation.sent < mostADay - 1)
  if (isDue) {
    if (!known) conversation.alone[alert.type] = (conversation.alone[alert.type] ?? 0) + 1
    return [send(state, alert, conversation, now)]
  }
  conversation.waiting[key] = { alert, isNew: !known, since: now }
  return []
}

/** Several of these are usual in one incident; the second is still reported. */
const manyOf: ReadonlySet<string> = new Set(['respawn-loop', 'node-daemon-killed'])
