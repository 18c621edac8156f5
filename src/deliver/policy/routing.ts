import type { Alert, Severity, WebhookSettings } from '../types.ts'

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

/** Says whether an alert is for this webhook: severe enough, of a wanted type, with every wanted label. */
export function isWanted(alert: Alert, webhook: WebhookSettings): boolean {
  if (rank[alert.severity] < rank[webhook.minSeverity]) return false
  if (webhook.types?.length && !webhook.types.includes(alert.type)) return false
  if (!webhook.labels) return true
  const labels = labelsOf(alert)
  return Object.entries(webhook.labels).every(([name, wanted]) => matches(labels[name], wanted))
}

/** The labels that a webhook can ask for: the node's static ones, and what the alert is about. */
export function labelsOf(alert: Alert): Readonly<Record<string, string | undefined>> {
  const { workload } = alert
  return {
    ...alert.node.labels,
    node: alert.node.name,
    type: alert.type,
    namespace: workload?.namespace ?? undefined,
    pod: workload?.pod ?? undefined,
    container: workload?.container ?? undefined,
    unit: workload?.unit ?? undefined,
    owner: workload?.owner?.name,
    workload: workload?.key,
  }
}

/** `*` matches any run of characters, as in the settings' mute rules. */
function matches(value: string | undefined, wanted: string): boolean {
  if (value === undefined) return false
  if (!wanted.includes('*')) return value === wanted
  const parts = wanted.split('*')
  const first = parts[0]!
  const last = parts.at(-1)!
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false
  let from = first.length
  for (const part of parts.slice(1, -1)) {
    const at = value.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return from <= value.length - last.length
}
