import type { Format, FormatContext, FormatRequest } from '../http/format.ts'
import { outcomeOfStatus } from '../http/outcome.ts'
import { standardWebhookHeaders } from '../http/signing.ts'

/** Posts the version-1 alert as it is, with the headers of the Standard Webhooks specification. */
export const generic: Format = {
  request: (alert, context) => signedJson(alert.id, alert, context),
  heartbeat: (heartbeat, context) => signedJson(heartbeat.id, heartbeat, context),
  outcome: outcomeOfStatus,
}

function signedJson(id: string, value: object, { webhook, url, now }: FormatContext): FormatRequest {
  const body = JSON.stringify(value)
  return {
    url,
    headers: {
      'content-type': 'application/json',
      ...standardWebhookHeaders({ id, body, secret: webhook.secret, now }),
    },
    body,
  }
}
