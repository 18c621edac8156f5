import type { MatcherKey } from '../../settings/matchers.ts'
import { matchesWildcard } from '../../text/wildcard.ts'
import type { Alert, Severity, WebhookSettings } from '../../types.ts'

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** Whether an alert is for this webhook: severe enough, of a wanted type, with every wanted label. */
export function isWanted(alert: Alert, webhook: WebhookSettings): boolean {
  if (rank[alert.severity] < rank[webhook.minSeverity]) return false
  if (webhook.types?.length && !webhook.types.includes(alert.type)) return false
  return matchesAll(labelsOf(alert), webhook.labels) && matchesAll(alert.workload?.labels ?? {}, webhook.podLabels)
}

/** What a webhook can ask for: the node's static labels, and what the alert is about. */
function labelsOf(alert: Alert): Readonly<Record<string, string | undefined>> {
  const { workload } = alert
  const own: Readonly<Record<MatcherKey, string | undefined>> = {
    type: alert.type,
    severity: alert.severity,
    node: alert.node.name,
    namespace: workload?.namespace ?? undefined,
    workload: workload?.key,
    owner: workload?.owner?.name,
    pod: workload?.pod ?? undefined,
    container: workload?.container ?? undefined,
    unit: workload?.unit ?? undefined,
    subject: alert.subject,
  }
  return { ...alert.node.labels, ...own }
}

function matchesAll(
  labels: Readonly<Record<string, string | undefined>>,
  wanted: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(wanted).every(([name, pattern]) => matchesWildcard(labels[name], pattern))
}
