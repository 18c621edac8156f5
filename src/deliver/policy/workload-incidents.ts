import type { Alert } from '../../types.ts'
import { fitting, rank } from './digest.ts'
import { end } from './incident-end.ts'
import {
  type ByIncidentOptions,
  type Conversation,
  conversationOf,
  type IncidentState,
  send,
  sendDigest,
} from './incident-state.ts'
import { alertKey, type Message } from './policy.ts'

/** A change of an alert of a workload's own incident: its first goes at once, unless many begin together. */
export function takeOfWorkload(
  state: IncidentState,
  alert: Alert,
  conversation: Conversation,
  now: number,
): readonly Message[] {
  const key = alertKey(alert)
  const known = state.open[key]
  if (known) {
    const isWorse = rank[alert.severity] > rank[known.alert.severity]
    if (isWorse && known.digest === null) return [send(state, alert, conversation, now)]
    conversation.waiting[key] = { alert, isNew: false, since: now }
    return []
  }
  if (state.collected[key]) {
    state.collected[key] = { alert, isOver: false }
    return []
  }
  state.starts = state.starts.filter(at => now - at < startsMs)
  if (state.starts.length < mostStarts) {
    state.starts.push(now)
    return [send(state, alert, conversation, now)]
  }
  if (Object.keys(state.collected).length === 0) state.collectedFrom = now
  state.collected[key] = { alert, isOver: false }
  return []
}

/** One message about the workload incidents that were collected, once a minute at most. */
export function collectedStarts(state: IncidentState, now: number, options: ByIncidentOptions): readonly Message[] {
  const { digestBytes, locale } = options
  const collected = Object.entries(state.collected).map(([key, { alert }]) => ({ key, alert }))
  if (collected.length === 0) return []
  if (now < Math.max(state.digestAt + digestEveryMs, state.collectedFrom + collectMs)) return []
  const items = fitting(collected, digestBytes, locale)
  const over = items.filter(({ key }) => state.collected[key]!.isOver)
  for (const { key } of items) delete state.collected[key]
  state.digestAt = now
  const [only] = items
  const isOne = items.length === 1
  const messages = [
    isOne
      ? send(state, only!.alert, conversationOf(state, only!.alert, now), now)
      : sendDigest(state, items, now, locale),
  ]
  // Its end came while it was collected.
  for (const { alert } of over) {
    messages.push(
      ...end(state, { ...alert, id: `${alert.id}-over`, status: 'resolved' }, { isWanted: true, now, ...options }),
    )
  }
  return messages
}

/** From this number of looping workloads on, figures of each one are not sent. */
export function isBusy({ open }: IncidentState): boolean {
  return Object.values(open).filter(({ alert }) => alert.nodeIncident === null).length > mostStarts
}

const minute = 60_000
const startsMs = 10 * minute
const mostStarts = 5
const digestEveryMs = minute
/** So long the first of a digest waits for others. */
const collectMs = 20_000
