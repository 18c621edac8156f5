import { createHash } from 'node:crypto'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { Alert, Locale } from '../types.ts'
import { withSummary } from './with-summary.ts'

/**
 * The one notice after a reboot into the aftermath, made of what the core says where the last boot's record ends.
 * Undefined: nothing critical was open then, so that the reboot has nothing to do with it.
 *
 * It is about something that is over, so it is `resolved`: it closes what was open at the receivers, and it is the story
 * for a receiver that no alert of the hanging node reached.
 */
export function previousBootNotice(atItsEnd: readonly Alert[], locale: Locale): Alert | undefined {
  const lead = atItsEnd.find(
    ({ type, severity, status }) => status === 'firing' && severity === 'critical' && type !== 'agent-impaired',
  )
  if (!lead) return undefined
  const isLoop = lead.type === 'respawn-loop' || lead.members.some(member => member.type === 'respawn-loop')
  return {
    ...withSummary(lead, locale, (each, summary) => {
      const { previousBootLooped, previousBootExhausted } = messagesOf(each).agent
      return isLoop ? previousBootLooped({ summary }) : previousBootExhausted({ summary })
    }),
    // Another notification than the one that it is made of, and the same one however often it is made.
    id: createHash('sha256').update(`${lead.id} previous-boot`).digest('hex').slice(0, 24),
    status: 'resolved',
    notes: ['previous-boot'],
  }
}
