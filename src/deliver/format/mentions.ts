import type { Alert, WebhookSettings } from '../../types.ts'
import { isTest } from './chat-text.ts'

/** Everybody in the channel, in every target. */
export const everybody = '@all'

/** Mentions of a message, from the settings of the webhook. A test or a resolved alert mentions no one. */
export function mentionsOf(alert: Alert, { mentions }: Pick<WebhookSettings, 'mentions'>): readonly string[] {
  if (alert.status === 'resolved' || isTest(alert)) return []
  return (mentions?.[alert.severity] ?? []).slice(0, 20).map(name => name.slice(0, 100))
}
