import { createNotifications } from '../../../src/deliver/policy/notifications.ts'
import { alertKey } from '../../../src/deliver/policy/policy.ts'
import { createPipeline } from '../../../src/pipeline.ts'
import { defaultCoreSettings } from '../../../src/settings/core-settings.ts'
import type { Alert, HostFacts, KernelRecord, Observation, WebhookSettings } from '../../../src/types.ts'
import { createSimulatedNode, type Place, type SimulatedNode, startOfTime } from '../../scenarios/simulated-node.ts'
import { webhookOf } from '../samples.ts'

/** A message, and when it was sent: seconds since the start. */
export interface Sent {
  readonly at: number
  readonly alert: Alert
}

/** A node under the whole core, and what each receiver was sent. */
export interface WatchedNode {
  readonly node: SimulatedNode
  readonly sent: (webhook: string) => readonly Sent[]
  /** The agent starts: what the kernel logged before is its backlog. */
  readonly start: () => void
}

/** Every receiver is named after its format; `pagerduty-grouped` takes one conversation for each incident. */
export const receivers: readonly WebhookSettings[] = [
  ...(['generic', 'alertmanager', 'pagerduty', 'slack', 'wecom'] as const).map(format =>
    webhookOf('http://localhost', { name: format, format }),
  ),
  webhookOf('http://localhost', { name: 'pagerduty-grouped', format: 'pagerduty', grouping: 'incident' }),
]

export function watchNode({ isRunning = true }: { readonly isRunning?: boolean } = {}): WatchedNode {
  const pipeline = createPipeline()
  const notifications = createNotifications(receivers, 'en')
  const log = new Map<string, Sent[]>()
  let backlog: KernelRecord[] | null = isRunning ? null : []

  const take = (observation: Observation): void => {
    const at = ((observation.kind === 'kernel' ? null : observation.at) ?? Date.now()) - startOfTime
    for (const { alert, to } of notifications.observe(observation, pipeline.observe(observation)))
      for (const name of to) log.set(name, [...(log.get(name) ?? []), { at: timeOf(alert, at), alert }])
  }
  const node = createSimulatedNode({
    sink: observation => {
      if (!backlog) take(observation)
      else if (observation.kind === 'kernel') backlog.push({ ...observation, estimated: true })
    },
  })
  const begin = (): void => {
    const { host } = node.header() as { host: HostFacts }
    const at = startOfTime + node.seconds() * 1000
    take({ kind: 'start', at })
    take({ kind: 'settings', at, settings: defaultCoreSettings })
    take({ kind: 'host', at, host })
  }
  if (isRunning) begin()
  return {
    node,
    sent: webhook => log.get(webhook) ?? [],
    start: () => {
      const records = backlog ?? []
      backlog = null
      begin()
      for (const record of records) take(record)
    },
  }
}

/** A collected message leaves with a tick, later than what it is about. */
function timeOf(alert: Alert, tickMs: number): number {
  const at = Date.parse(alert.at) - startOfTime
  return (tickMs > at && tickMs - at < 3_600_000 ? tickMs : at) / 1000
}

/** One life: starts, is killed, and leaves where the next one is to live. */
export function dies(node: SimulatedNode, place: Place, { by, afterSeconds }: { by?: 'own'; afterSeconds: number }) {
  const life = node.start(place, { comm: 'java', rssMiB: 20 })
  node.wait(afterSeconds, 1)
  node.kill(life, by ? { by } : {})
  return node.restarted(place)
}

/** Keys that a receiver was sent as firing and never the end of. */
export function leftOpen(sent: readonly Sent[]): readonly string[] {
  const open = new Set<string>()
  for (const { alert } of sent) open[alert.status === 'firing' ? 'add' : 'delete'](alertKey(alert))
  return [...open]
}
