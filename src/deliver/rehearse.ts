import type { Alert, WebhookSettings } from '../types.ts'
import { adviceFor } from './advice.ts'
import { createConnection } from './connection.ts'
import type { Format, FormatContext } from './format/format.ts'
import { loadFormat } from './format/formats.ts'
import { excerpt, type Outcome } from './outcome.ts'
import { headersFor, outcomeOfError, post } from './post.ts'
import { createRedactor, redactedRequest, redactedUrl } from './redact.ts'

export interface Rehearsal {
  readonly lines: readonly string[]
  readonly delivered: boolean
}

/** Sends one alert to one URL, once, and tells what was sent, what came back and what to mend. */
export async function rehearse(options: {
  readonly webhook: WebhookSettings
  readonly url: string
  readonly alert: Alert
  readonly agentVersion: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}): Promise<Rehearsal> {
  const { webhook, url, alert } = options
  const format = await loadFormat(webhook.format)
  const connection = createConnection(url, webhook, options.environment)
  try {
    const told = await tell(format, alert, null, { ...options, connection })
    // An alert that the target keeps open must not stay open.
    if (told.outcome.kind === 'delivered' && format.keepsOpen)
      await tell(format, { ...alert, id: `${alert.id}-over`, status: 'resolved' }, alert.severity, {
        ...options,
        connection,
      })
    return { lines: told.lines, delivered: told.outcome.kind === 'delivered' }
  } finally {
    await connection.close()
  }
}

/** The request that would be sent, secrets taken out. */
export async function rehearseDry(options: {
  readonly webhook: WebhookSettings
  readonly url: string
  readonly alert: Alert
  readonly now: () => number
}): Promise<Rehearsal> {
  const { webhook, url, alert, now } = options
  const format = await loadFormat(webhook.format)
  return {
    lines: redactedRequest(format.request(alert, { webhook, url, now: now(), toldSeverity: null }), webhook),
    delivered: true,
  }
}

async function tell(
  format: Format,
  alert: Alert,
  toldSeverity: FormatContext['toldSeverity'],
  options: Parameters<typeof rehearse>[0] & { readonly connection: ReturnType<typeof createConnection> },
): Promise<{ readonly lines: readonly string[]; readonly outcome: Outcome }> {
  const { webhook, url, now } = options
  const message = format.request(alert, { webhook, url, now: now(), toldSeverity })
  const begunAt = performance.now()
  const result = await post({
    dispatcher: options.connection.dispatcher,
    message,
    headers: headersFor(webhook, options.agentVersion),
    timeoutMs: webhook.timeoutMs,
    hide: createRedactor(webhook),
  })
  const ms = Math.round(performance.now() - begunAt)
  const outcome = 'error' in result ? outcomeOfError(result) : format.outcome(result, now())
  const answer = 'error' in result ? `none: ${result.error}` : `${result.status} ${excerpt(result.body)}`.trim()
  const advice = outcome.kind === 'delivered' ? undefined : adviceFor(result)
  return {
    outcome,
    lines: [
      `  sent      ${webhook.format}, ${Buffer.byteLength(message.body)} bytes to ${redactedUrl(message.url)}`,
      `  answer    ${answer} (${ms} ms)`,
      `  verdict   ${'why' in outcome ? `not taken (${outcome.kind}): ${outcome.why}` : 'taken'}`,
      ...(advice ? [`  to mend   ${advice}`] : []),
    ],
  }
}
