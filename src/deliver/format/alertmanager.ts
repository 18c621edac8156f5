import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import type { Alert, Severity } from '../../types.ts'
import { verdicts } from '../../verdicts/verdicts.ts'
import type { Format, FormatContext, FormatRequest, Heartbeat } from '../http/format.ts'
import { outcomeOfStatus } from '../http/outcome.ts'
import { isTest, runbookFor } from './chat-text.ts'
import { escapeMarkup, shorten } from './truncate.ts'

/** Alertmanager resolves an alert that is not sent again before its `endsAt`. */
const resendMs = 60_000
const firingMs = 4 * resendMs
/** A critical alert must not look resolved because the node can no longer send, so it stays open for a while. */
const criticalMs = 30 * 60_000
/** At a handover, the alert must stay open during a restart of the agent or a reboot of the node. */
const handoverMs = 15 * 60_000

/**
 * Posts to `/api/v2/alerts`. The label set is the alert's identity there, so only what stays the same over a whole loop
 * is a label, `severity` excepted: people route by it, so when it changes the old label set is ended in the same request.
 */
export const alertmanager: Format = {
  keepsOpen: true,
  resendMs,
  request: (alert, context) => {
    const { now, notifiedSeverity, webhook } = context
    const runbook = runbookFor(alert, webhook.runbooks)
    const t = messagesOf(webhook.locale)
    const current = alertOf(alert, { severity: alert.severity, endsAt: endOf(alert, now), runbook, t })
    const changed = notifiedSeverity !== null && notifiedSeverity !== alert.severity
    return requestOf(
      context,
      changed ? [current, alertOf(alert, { severity: notifiedSeverity, endsAt: now, runbook, t })] : [current],
    )
  },
  heartbeat: (heartbeat, context) => requestOf(context, [heartbeatOf(heartbeat, context.now)]),
  outcome: outcomeOfStatus,
}

interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
}

function requestOf({ url }: FormatContext, alerts: readonly PostedAlert[]): FormatRequest {
  return { url: endpoint(url), headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) }
}

/** Settings usually have the address of the server; the path of the API is added if it is missing. */
function endpoint(url: string): string {
  const parsed = new URL(url)
  if (!parsed.pathname.endsWith('/api/v2/alerts'))
    parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}/api/v2/alerts`
  return parsed.href
}

function endOf(alert: Alert, now: number): number {
  if (alert.status === 'resolved') return Math.min(Date.parse(alert.at), now)
  if (alert.severity === 'critical') return now + criticalMs
  return now + (alert.notes.includes('handover') ? handoverMs : firingMs)
}

interface Timing {
  readonly severity: Severity
  readonly endsAt: number
  readonly runbook: string
  readonly t: Messages
}

function alertOf(alert: Alert, { severity, endsAt, runbook, t }: Timing): PostedAlert {
  // After a clock change the start could be later than the end, which Alertmanager refuses.
  const startsAt = Math.min(Date.parse(alert.startsAt), endsAt)
  return {
    labels: labelsOf(alert, severity),
    annotations: { ...annotationsOf(alert, t), ...(runbook && { runbook_url: runbook }) },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  }
}

function labelsOf({ node, type, subject, workload, notes }: Alert, severity: Severity): Record<string, string> {
  return labelSet({
    ...node.labels,
    // Routes for pages and for real alerts must not match a test.
    alertname: isTest({ notes }) ? 'OomloopTest' : (verdicts[type]?.alertName ?? 'Oomloop'),
    severity: isTest({ notes }) ? 'none' : severity,
    node: node.name,
    subject,
    namespace: workload?.namespace,
    // The pod's own name changes with each recreation: its owner stays.
    owner: workload?.owner?.name,
    container: workload?.container,
    unit: workload?.unit,
  })
}

/** Names as Prometheus allows them; empty values are dropped there, so they are not sent. */
function labelSet(labels: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .filter((entry): entry is [string, string] => Boolean(entry[1]))
      .map(([name, value]) => [
        name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'),
        escapeMarkup(shorten(value, 500)),
      ]),
  )
}

/** Values that change between notifications. Templates of Alertmanager escape little, so they are escaped here. */
function annotationsOf(alert: Alert, { chat }: Messages): Record<string, string> {
  const { loop, diagnosis, actions, coverage, evidence } = alert
  return annotationSet({
    summary: alert.summary,
    description: diagnosis.map(({ why, evidence: seen }) => `${why} (${seen})`).join('\n'),
    action: actions.map(({ do: what, command }) => (command ? `${what}: ${command}` : what)).join('\n'),
    kills: loop ? String(loop.kills) : '',
    pids: loop ? loop.pids.join(', ') : '',
    pod: alert.workload?.pod ?? '',
    coverage: chat.coverageText(coverage),
    evidence: evidence.slice(-5).join('\n'),
    notes: alert.notes.join(', '),
    incident: alert.incident,
    id: alert.id,
  })
}

function annotationSet(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, escapeMarkup(shorten(text, 4000))]),
  )
}

/** Always fires while the agent runs, for a dead man's switch. */
function heartbeatOf({ node, state, intervalSeconds, pending }: Heartbeat, now: number): PostedAlert {
  return {
    labels: labelSet({ ...node.labels, alertname: 'OomloopHeartbeat', severity: 'none', node: node.name }),
    annotations: annotationSet({ summary: messagesOf('en').chat.heartbeat({ state }), pending: String(pending) }),
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + 3 * intervalSeconds * 1000).toISOString(),
  }
}
