import { createHash } from 'node:crypto'
import { createSay } from '../say.ts'
import type { Alert, Locale } from '../types.ts'

const summaryLimit = 240

/**
 * The one notice after a reboot into the aftermath, made of what the core says where the last boot's record ends.
 * Undefined: nothing critical was open then, so that the reboot has nothing to do with it.
 *
 * It tells of something that is over, so it is `resolved`: what was open at the receivers is closed, and whoever never
 * got an alert out of the hanging node reads the story now.
 */
export function previousBootNotice(atItsEnd: readonly Alert[], locale: Locale): Alert | undefined {
  const lead = atItsEnd.find(
    ({ type, severity, status }) => status === 'firing' && severity === 'critical' && type !== 'agent-impaired',
  )
  if (!lead) return undefined
  return {
    ...lead,
    // Another notification than the one that it is made of, and the same one however often it is made.
    id: createHash('sha256').update(`${lead.id} previous-boot`).digest('hex').slice(0, 24),
    status: 'resolved',
    summary: shortened(`${opening(lead, locale)}${lead.summary}`),
    notes: ['previous-boot'],
  }
}

function opening({ type, members }: Alert, locale: Locale): string {
  const isLoop = type === 'respawn-loop' || members.some(member => member.type === 'respawn-loop')
  const say = createSay(locale)
  if (isLoop) return say('The previous boot ended in an OOM loop: ', '上次启动结束于 OOM 循环：')
  return say('The previous boot ended out of memory: ', '上次启动结束时内存耗尽：')
}

/** Cut between words, and after 240 characters at the latest, as any summary. */
function shortened(text: string): string {
  return text.length <= summaryLimit ? text : `${text.slice(0, summaryLimit - 1).replace(/\s+\S*$/, '')}…`
}
