import type { FormatName, Grouping, WebhookSettings } from '../../types.ts'
import { isChat } from '../format/formats.ts'

export const groupings: readonly Grouping[] = ['none', 'incident']

/**
 * The grouping of a webhook, as set, else what fits its format. `none`: every alert on its own, since grouping is the
 * receiver's job. `incident`: one conversation for each incident.
 */
export function groupingOf({ format, grouping }: Pick<WebhookSettings, 'format' | 'grouping'>): Grouping {
  return grouping ?? (isChat(format) ? 'incident' : 'none')
}

/** How many bytes of names one message about several alerts may hold, by what the format's target takes. */
export function digestBytesOf(format: FormatName | 'terminal'): number {
  return format === 'wecom' ? 1_200 : 2_000
}
