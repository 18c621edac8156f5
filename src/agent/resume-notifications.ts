import type { Notifications } from '../deliver/policy/notifications.ts'
import { alertKey } from '../deliver/policy/policy.ts'
import type { Locale } from '../types.ts'
import type { Agent } from './agent.ts'
import { endOfOrphan } from './orphans.ts'
import type { Resumed } from './resume.ts'
import type { SwitchableDelivery } from './switchable-delivery.ts'

/**
 * Goes on with what earlier runs and boots have sent: keeps up what still fires, sends what could not be handed over,
 * and ends what no agent follows any more, at every receiver that holds it open.
 */
export function resumeNotifications(options: {
  readonly agent: Pick<Agent, 'openKeys' | 'publish' | 'send'>
  readonly notifications: Notifications
  readonly delivery: Pick<SwitchableDelivery, 'current' | 'confirm'>
  readonly resumed: Resumed
  readonly bootId: string | null
  readonly locale: Locale
  readonly now?: () => number
}): void {
  const { agent, notifications, delivery, resumed, bootId, locale, now = Date.now } = options
  const sent = delivery.current()?.notified() ?? []
  for (const { webhook, alert } of sent) notifications.adopt(webhook, alert)
  const open = new Set(agent.openKeys())
  delivery.confirm([...open])
  for (const notification of resumed.unsent) agent.send(notification)
  if (resumed.notice) agent.publish(resumed.notice)
  const orphans = new Map(sent.map(({ alert }) => [alertKey(alert), alert]))
  if (resumed.notice) orphans.delete(alertKey(resumed.notice))
  for (const { alert, closes } of resumed.unsent)
    if (alert.status === 'resolved') for (const key of [alertKey(alert), ...closes]) orphans.delete(key)
  for (const [key, alert] of orphans) {
    // A message about several is ended with the last of them.
    if (open.has(key) || (resumed.isContinued && alert.notes.includes('digest'))) continue
    agent.publish(endOfOrphan(alert, { at: now(), bootId, locale }))
  }
}
