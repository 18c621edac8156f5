import { OomloopError } from '../host/errors.ts'
import type { WebhookSettings } from '../types.ts'
import { bareAlert, exampleAlert } from './example-alert.ts'
import type { Format, FormatRequest } from './format/format.ts'
import { loadFormat } from './format/formats.ts'
import { readTls } from './tls.ts'

/**
 * Finds out what the settings alone do not tell: are certificates and keys there, and can a request be made of any
 * alert? Throws OOMLOOP_SETTINGS.
 */
export async function checkWebhooks(webhooks: readonly WebhookSettings[]): Promise<void> {
  for (const webhook of webhooks) {
    readTls(webhook)
    const format = await loadFormat(webhook.format)
    for (const url of webhook.urls) trialRequests(format, webhook, url)
  }
}

/**
 * The requests of an alert that has everything, and of one that has nothing. Throws OOMLOOP_SETTINGS for a template that
 * cannot be rendered: better now than at the first alert.
 */
export function trialRequests(format: Format, webhook: WebhookSettings, url: string): readonly FormatRequest[] {
  try {
    return [exampleAlert(0), bareAlert(0)].map(alert =>
      format.request(alert, { webhook, url, now: 0, toldSeverity: null }),
    )
  } catch (cause) {
    const why = (cause as Error).message.split('\n').slice(0, 2).join(' ').slice(0, 200)
    throw new OomloopError('OOMLOOP_SETTINGS', `webhook ${webhook.name}: no request can be made (${why})`, { cause })
  }
}
