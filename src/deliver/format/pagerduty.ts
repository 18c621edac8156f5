import { createHash } from 'node:crypto'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Alert, Severity, WebhookSettings } from '../../types.ts'
import type { Format } from '../http/format.ts'
import { type Outcome, outcomeOfStatus } from '../http/outcome.ts'
import { chatText, isTest, runbookFor } from './chat-text.ts'
import { mentionsOf } from './mentions.ts'
import { shorten, utf8Bytes } from './truncate.ts'

const summaryLimit = 1024
const dedupKeyLimit = 255
/** PagerDuty refuses events above 512 000 bytes. */
const eventLimitBytes = 500_000

const severities: Readonly<Record<Severity, string>> = { info: 'info', warning: 'warning', critical: 'critical' }

/** Posts Events API v2: one PagerDuty alert per subject of an incident, triggered, updated and resolved by its key. */
export const pagerduty: Format = {
  keepsOpen: true,
  request: (alert, { webhook, url }) => {
    const event = {
      routing_key: webhook.routingKey ?? webhook.secret ?? '',
      event_action: alert.status === 'resolved' ? 'resolve' : 'trigger',
      dedup_key: dedupKey(alert),
      client: 'oomloop',
      payload: {
        summary: shorten(summaryOf(alert, webhook), summaryLimit) || alert.type,
        source: alert.node.name || 'unknown',
        severity: isTest(alert) ? 'info' : severities[alert.severity],
        timestamp: alert.at,
        component: shorten(alert.subject, 255),
        ...(alert.workload?.namespace && { group: alert.workload.namespace }),
        class: alert.type,
        custom_details: { ...readableDetails(alert, webhook), ...detailsOf(alert) },
      },
      ...(webhook.runbooks && {
        links: [
          { href: runbookFor(alert, webhook.runbooks), text: messagesOf(webhook.locale).chat.runbook.toLowerCase() },
        ],
      }),
    }
    return { url: endpoint(url), headers: { 'content-type': 'application/json' }, body: within(event) }
  },
  outcome: (answer, context): Outcome =>
    answer.status === 400
      ? { kind: 'give-up', why: `400: ${answer.body.slice(0, 200)}` }
      : outcomeOfStatus(answer, context),
}

/** Settings usually have the host only; the API has one path. */
function endpoint(url: string): string {
  const parsed = new URL(url)
  if (parsed.pathname === '/') parsed.pathname = '/v2/enqueue'
  return parsed.href
}

function dedupKey({ incident, type, subject }: Alert): string {
  const key = `oomloop/${incident}/${type}/${subject}`
  if (key.length <= dedupKeyLimit) return key
  return `oomloop/${createHash('sha256').update(key).digest('hex')}`
}

/** TEST comes first, so that a phone shows it. */
function summaryOf(alert: Alert, webhook: WebhookSettings): string {
  const { chat } = messagesOf(webhook.locale)
  return [webhook.prefix, isTest(alert) ? `${chat.test}${chat.colon}${alert.summary}` : alert.summary]
    .filter(Boolean)
    .join(' ')
}

/** What a person reads on a phone, first: the next step with its command, then the rest as lines of text. */
function readableDetails(alert: Alert, webhook: WebhookSettings): Record<string, string> {
  const { parts, t } = chatText(alert, webhook)
  const [first, ...more] = parts.filter(({ kind }) => kind === 'step')
  const named = parts.filter(({ kind }) => ['note', 'fact', 'cause', 'detail', 'context'].includes(kind))
  // Of several causes the first, which is the most likely.
  const rest = named.filter(({ label }, index) => named.findIndex(other => other.label === label) === index)
  const mentions = mentionsOf(alert, webhook)
  return {
    ...(first && { [t.nextStep]: first.text }),
    ...(first?.command && { [t.command]: first.command }),
    ...Object.fromEntries(
      more.map(({ text, command }, index) => [
        `${t.nextStep} ${index + 2}`,
        [text, command].filter(Boolean).join('\n'),
      ]),
    ),
    ...(mentions.length > 0 && { cc: mentions.join(' ') }),
    ...Object.fromEntries(rest.map(({ label, text }) => [label ?? t.details, text])),
  }
}

function detailsOf(alert: Alert): Record<string, unknown> {
  const { actions, diagnosis, loop, workload, forecast, coverage, signs, notes, node, incident, id, evidence } = alert
  return { actions, diagnosis, workload, loop, forecast, signs, coverage, notes, node, incident, id, evidence }
}

function within(event: { payload: { custom_details: Record<string, unknown> } }): string {
  const body = JSON.stringify(event)
  if (utf8Bytes(body) <= eventLimitBytes) return body
  const { id, incident, actions } = event.payload.custom_details
  const small = JSON.stringify({ ...event, payload: { ...event.payload, custom_details: { id, incident, actions } } })
  if (utf8Bytes(small) <= eventLimitBytes) return small
  return JSON.stringify({ ...event, payload: { ...event.payload, custom_details: { id, incident } } })
}
