import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import type { Alert, WebhookSettings } from '../../types.ts'
import { loadFormat } from '../format/load-format.ts'
import { createConnection } from '../http/connection.ts'
import type { Format, FormatContext } from '../http/format.ts'
import { excerpt, type Outcome } from '../http/outcome.ts'
import { headersFor, outcomeOfError, type PostResult, post } from '../http/post.ts'
import { createRedactor, redactedRequest, redactedUrl } from '../http/redact.ts'
import { hintFor } from './hints.ts'

interface WebhookTest {
  readonly lines: readonly string[]
  readonly delivered: boolean
}

interface WebhookTestOptions {
  readonly webhook: WebhookSettings
  readonly url: string
  readonly alert: Alert
  readonly agentVersion: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Language of the lines; the message has that of the webhook. */
  readonly locale?: WebhookSettings['locale']
}

/** Sends one alert to one URL, once, and reports what was sent, the response, and how to fix a failure. */
export async function testWebhook(options: WebhookTestOptions): Promise<WebhookTest> {
  const { webhook, url, alert } = options
  const format = await loadFormat(webhook.format)
  const connection = createConnection(url, webhook, options.environment)
  try {
    const sent = await send(format, alert, null, { ...options, connection })
    // An alert that the target keeps open must not stay open.
    if (sent.outcome.kind === 'delivered' && format.keepsOpen)
      await send(format, { ...alert, id: `${alert.id}-over`, status: 'resolved' }, alert.severity, {
        ...options,
        connection,
      })
    return { lines: sent.lines, delivered: sent.outcome.kind === 'delivered' }
  } finally {
    await connection.close()
  }
}

/** The request that would be sent, secrets taken out. */
export async function dryRunWebhook(
  options: Pick<WebhookTestOptions, 'webhook' | 'url' | 'alert' | 'now'>,
): Promise<WebhookTest> {
  const { webhook, url, alert, now } = options
  const format = await loadFormat(webhook.format)
  return {
    lines: redactedRequest(format.request(alert, { webhook, url, now: now(), notifiedSeverity: null }), webhook),
    delivered: true,
  }
}

async function send(
  format: Format,
  alert: Alert,
  notifiedSeverity: FormatContext['notifiedSeverity'],
  options: WebhookTestOptions & { readonly connection: ReturnType<typeof createConnection> },
): Promise<{ readonly lines: readonly string[]; readonly outcome: Outcome }> {
  const { webhook, url, now, locale = 'en' } = options
  const message = format.request(alert, { webhook, url, now: now(), notifiedSeverity })
  const t = messagesOf(locale).delivery
  const startedAt = performance.now()
  const result = await post({
    agent: options.connection.agent,
    message,
    headers: headersFor(webhook, options.agentVersion),
    timeoutMs: webhook.timeoutMs,
    hide: createRedactor(webhook),
    t,
  })
  const ms = Math.round(performance.now() - startedAt)
  const outcome = 'error' in result ? outcomeOfError(result) : format.outcome(result, { now: now(), t })
  const sent = { format: webhook.format, bytes: Buffer.byteLength(message.body), url: redactedUrl(message.url) }
  return { outcome, lines: linesOf({ sent, result, outcome, ms }, t) }
}

function linesOf(
  facts: {
    readonly sent: { readonly format: string; readonly bytes: number; readonly url: string }
    readonly result: PostResult
    readonly outcome: Outcome
    readonly ms: number
  },
  t: Messages['delivery'],
): readonly string[] {
  const { sent, result, outcome, ms } = facts
  const response =
    'error' in result ? t.noResponse({ why: result.error }) : `${result.status} ${excerpt(result.body)}`.trim()
  const hint = outcome.kind === 'delivered' ? undefined : hintFor(result)
  const line = (label: string, text: string) => `  ${label.padEnd(9)} ${text}`
  return [
    line(t.labels.sent, t.sent(sent)),
    line(t.labels.response, t.milliseconds({ response, ms })),
    line(t.labels.result, 'why' in outcome ? t.notAccepted(outcome) : t.accepted),
    ...(hint ? [line(t.labels.fix, t.hints[hint])] : []),
  ]
}
