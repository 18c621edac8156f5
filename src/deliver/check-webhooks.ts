import { OomloopError } from '../errors.ts'
import { nearest, throwIfAny } from '../settings/problems.ts'
import { type Locale, messagesOf } from '../text/messages/catalogues.ts'
import type { WebhookSettings } from '../types.ts'
import { loadFormat } from './format/load-format.ts'
import type { Format, FormatRequest } from './http/format.ts'
import { createMemoryReceiver } from './http/memory-receiver.ts'
import { headersFor } from './http/post.ts'
import { readTls } from './http/tls.ts'
import { bareAlert, exampleAlert } from './test/example-alert.ts'

/**
 * Checks what the settings alone cannot show: certificates and keys exist, templates use fields that alerts have, and a
 * request can be made of any alert. Throws OOMLOOP_SETTINGS with every problem.
 */
export async function checkWebhooks(webhooks: readonly WebhookSettings[], locale: Locale = 'en'): Promise<void> {
  throwIfAny(await webhookProblems(webhooks, locale), locale)
}

/** The same, as a list of sentences. */
export async function webhookProblems(
  webhooks: readonly WebhookSettings[],
  locale: Locale,
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const webhook of webhooks) {
    try {
      readTls(webhook, locale)
      problems.push(...(await templateProblems(webhook, locale)))
      const format = await loadFormat(webhook.format)
      const requests = webhook.urls.flatMap(url => trialRequests(format, webhook, url, locale))
      problems.push(...(await requestProblems(webhook, requests, locale)))
    } catch (error) {
      if (!(error instanceof OomloopError)) throw error
      problems.push(error.message)
    }
  }
  return problems
}

/**
 * The requests of an alert with all fields, and of one with as few as possible. Throws OOMLOOP_SETTINGS for a template
 * that cannot be rendered: so that it is found before the first alert.
 */
export function trialRequests(
  format: Format,
  webhook: WebhookSettings,
  url: string,
  locale: Locale = 'en',
): readonly FormatRequest[] {
  try {
    return [exampleAlert(0), bareAlert(0)].map(alert =>
      format.request(alert, { webhook, url, now: 0, notifiedSeverity: null }),
    )
  } catch (cause) {
    const why = (cause as Error).message.split('\n').slice(0, 2).join(' ').slice(0, 200)
    throw new OomloopError('OOMLOOP_SETTINGS', messagesOf(locale).settings.noRequest({ webhook: webhook.name, why }), {
      cause,
    })
  }
}

/** Requests that HTTP does not permit, for example with a line break in a header, or a header of the connection. */
async function requestProblems(
  webhook: WebhookSettings,
  requests: readonly FormatRequest[],
  locale: Locale,
): Promise<readonly string[]> {
  const { delivery, settings } = messagesOf(locale)
  const receiver = createMemoryReceiver(delivery)
  try {
    for (const request of requests) {
      const result = await receiver.post(request, headersFor(webhook, '0'))
      if ('error' in result) return [settings.noRequest({ webhook: webhook.name, why: result.error })]
    }
    return []
  } finally {
    receiver.close()
  }
}

/** A name that no alert has would be rendered as nothing. It is a typing error. */
async function templateProblems(
  { name, format, template }: WebhookSettings,
  locale: Locale,
): Promise<readonly string[]> {
  if (format !== 'template' || template === undefined) return []
  // Loaded for templates alone: the schema is large.
  const { unknownPaths } = await import('./check-template.ts')
  const { templateUnknown } = messagesOf(locale).settings
  try {
    return unknownPaths(template).map(({ path, known }) => {
      const steps = path.split('.')
      const near = nearest(steps.at(-1)!, known)
      return templateUnknown({ webhook: name, path, near: near ? [...steps.slice(0, -1), near].join('.') : null })
    })
  } catch {
    return [] // it cannot be parsed; the trial request reports why
  }
}
