import { createHash } from 'node:crypto'
import type { Alert, Severity } from '../../types.ts'
import { type Outcome, outcomeOfStatus } from '../outcome.ts'
import { runbookFor } from './chat-text.ts'
import { shorten, utf8Bytes } from './fit.ts'
import type { Format } from './format.ts'

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
        summary: shorten([webhook.prefix, alert.summary].filter(Boolean).join(' '), summaryLimit) || alert.type,
        source: alert.node.name || 'unknown',
        severity: severities[alert.severity],
        timestamp: alert.at,
        component: shorten(alert.subject, 255),
        ...(alert.workload?.namespace && { group: alert.workload.namespace }),
        class: alert.type,
        custom_details: detailsOf(alert),
      },
      ...(webhook.runbooks && { links: [{ href: runbookFor(alert, webhook.runbooks), text: 'runbook' }] }),
    }
    return { url: endpoint(url), headers: { 'content-type': 'application/json' }, body: within(event) }
  },
  outcome: (answer, now): Outcome =>
    answer.status === 400
      ? { kind: 'give-up', why: `400: ${answer.body.slice(0, 200)}` }
      : outcomeOfStatus(answer, now),
}

/** People give the host; the API has one path. */
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
