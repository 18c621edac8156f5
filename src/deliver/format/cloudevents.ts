import type { Format, FormatContext, FormatRequest } from '../http/format.ts'
import { outcomeOfStatus } from '../http/outcome.ts'
import { standardWebhookHeaders } from '../http/signing.ts'

/** Posts a CloudEvent 1.0 in structured mode; the version-1 alert is its data. */
export const cloudevents: Format = {
  request: (alert, context) =>
    event(context, {
      id: alert.id,
      source: sourceOf(alert.node.name),
      type: `io.oomloop.${alert.type}.${alert.status}`,
      subject: alert.subject,
      time: alert.at,
      data: alert,
    }),
  heartbeat: (heartbeat, context) =>
    event(context, {
      id: heartbeat.id,
      source: sourceOf(heartbeat.node.name),
      type: 'io.oomloop.heartbeat',
      time: heartbeat.at,
      data: heartbeat,
    }),
  outcome: (answer, context) =>
    answer.status === 415
      ? { kind: 'give-up', why: `415: ${context.t.hints.cloudevents}` }
      : outcomeOfStatus(answer, context),
}

function event(context: FormatContext, attributes: { readonly id: string } & Record<string, unknown>): FormatRequest {
  const { url, now, webhook } = context
  const body = JSON.stringify({ specversion: '1.0', datacontenttype: 'application/json', ...attributes })
  return {
    url,
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      ...standardWebhookHeaders({ id: attributes.id, body, secret: webhook.secret, now }),
    },
    body,
  }
}

/** A URI-reference: with the id it is unique, since ids are unique on their node. */
function sourceOf(node: string): string {
  return `/oomloop/${encodeURIComponent(node.toWellFormed())}`
}
