import { createHash } from 'node:crypto'
import { withSummary } from '../alert/with-summary.ts'
import { alertKey } from '../deliver/policy/policy.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { Alert, Locale } from '../types.ts'

/**
 * Resolves an alert that no agent follows any more, because its boot is over or its state was lost. Receivers would
 * otherwise keep it open.
 */
export function endOfOrphan(
  alert: Alert,
  now: { readonly at: number; readonly bootId: string | null; readonly locale: Locale },
): Alert {
  const isOtherBoot = alert.node.bootId !== now.bootId
  return {
    ...withSummary(alert, now.locale, (locale, summary) => {
      const { endedWithBoot, lostAtRestart } = messagesOf(locale).agent
      return isOtherBoot ? endedWithBoot({ node: alert.node.name, summary }) : lostAtRestart({ summary })
    }),
    // The result is always the same.
    id: createHash('sha256')
      .update(`${alertKey(alert)} orphan`)
      .digest('hex')
      .slice(0, 24),
    status: 'resolved',
    at: new Date(now.at).toISOString(),
    notes: isOtherBoot ? ['previous-boot'] : [],
  }
}
