import type { Alert } from '../../types.ts'
import { conversationOver, digestOver, nameOf, withoutLists } from './digest.ts'
import { type ByIncidentOptions, conversationOf, hasOpenAlerts, type IncidentState, note } from './incident-state.ts'
import { alertKey, type Message } from './policy.ts'

/** An alert is over: what its receiver is sent, and which of its open alerts that closes. */
export function end(
  state: IncidentState,
  alert: Alert,
  options: ByIncidentOptions & { readonly isWanted: boolean; readonly now: number },
): readonly Message[] {
  const { isWanted, now, isChat, digestBytes, locale } = options
  const key = alertKey(alert)
  const known = state.open[key]
  const collected = state.collected[key]
  if (collected) {
    // It fired and is already resolved, so it is named once.
    state.collected[key] = { alert: collected.alert, isOver: true }
    return []
  }
  const conversation = conversationOf(state, alert, now)
  const waiting = conversation.waiting[key]
  delete conversation.waiting[key]
  if (!known && !waiting) return isWanted && alert.notes.includes('previous-boot') ? [{ alert, closes: [] }] : []
  const { digest = null, conversation: id = alert.nodeIncident ?? alert.incident } = known ?? {}
  delete state.open[key]
  if (digest !== null) return endOfMember(state, digest, alert, options)
  if (alert.nodeIncident === null || !isChat) return known ? [{ alert, closes: [] }] : []
  conversation.over.push({ key, alert: withoutLists(alert) })
  if (hasOpenAlerts(state, id)) return []
  const over = conversation.over
  conversation.over = []
  conversation.waiting = {}
  const last = conversationOver(
    alert,
    over.map(({ alert: its }) => its),
    digestBytes,
    locale,
  )
  note(conversation, last, now)
  return [{ alert: last, closes: over.map(item => item.key) }]
}

/** One of those that a message was about is over; the message is, when all of them are. */
function endOfMember(
  state: IncidentState,
  id: string,
  alert: Alert,
  { isChat, digestBytes, locale }: ByIncidentOptions,
): readonly Message[] {
  const key = alertKey(alert)
  const digest = state.digests[id]
  if (!digest) return []
  digest.members = digest.members.filter(member => member !== key)
  digest.over.push({ key, name: nameOf(alert, locale) })
  const conversation = alert.nodeIncident === null ? undefined : state.conversations[alert.nodeIncident]
  // In a chat the end of the node's incident names them.
  if (isChat && conversation) {
    conversation.over.push({ key, alert: withoutLists(alert) })
    if (!hasOpenAlerts(state, alert.nodeIncident!)) {
      const over = conversation.over
      conversation.over = []
      const all = over.map(({ alert: its }) => its)
      return [{ alert: conversationOver(alert, all, digestBytes, locale), closes: over.map(item => item.key) }]
    }
    return []
  }
  if (digest.members.length > 0) return []
  delete state.digests[id]
  const names = digest.over.map(({ name }) => name)
  return [{ alert: digestOver(digest.alert, names, alert.at, locale), closes: digest.over.map(member => member.key) }]
}
