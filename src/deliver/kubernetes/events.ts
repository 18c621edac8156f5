import { createHash } from 'node:crypto'
import type { Alert } from '../../types.ts'
import { verdicts } from '../../verdicts/verdicts.ts'

/** A core/v1 Event as the API server takes it. Times are RFC 3339 without fractions, as `metav1.Time` has none. */
export interface KubernetesEvent {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly involvedObject: {
    readonly apiVersion: 'v1'
    readonly kind: 'Node' | 'Pod'
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
  }
  readonly reason: string
  readonly message: string
  readonly type: 'Normal' | 'Warning'
  readonly source: { readonly component: 'oomloop'; readonly host: string }
  readonly reportingComponent: 'oomloop'
  readonly reportingInstance: string
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly count: number
}

/** core/v1: longer messages are refused. */
const longestMessageBytes = 1024

/** The Events of one alert: one on the Node, and one on the Pod where a workload of a pod loops. */
export function eventsOf(alert: Alert): readonly KubernetesEvent[] {
  const { node, workload } = alert
  const onNode = eventOf(alert, { kind: 'Node', name: node.name, uid: node.name }, 'default')
  if (alert.type !== 'respawn-loop' || !workload?.namespace || !workload.pod) return [onNode]
  const pod = {
    kind: 'Pod',
    name: workload.pod,
    namespace: workload.namespace,
    ...(workload.podUid && { uid: workload.podUid }),
  } as const
  return [onNode, eventOf(alert, pod, workload.namespace)]
}

type Involved = Omit<KubernetesEvent['involvedObject'], 'apiVersion'>

function eventOf(alert: Alert, involved: Involved, namespace: string): KubernetesEvent {
  const isOver = alert.status === 'resolved'
  const at = alert.at.replace(/\.\d+Z$/, 'Z')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: nameOf(alert, involved), namespace },
    involvedObject: { apiVersion: 'v1', ...involved },
    reason: `${verdicts[alert.type].eventReason ?? 'Oomloop'}${isOver ? 'Resolved' : ''}`,
    message: cut(alert.summary),
    type: isOver || alert.severity === 'info' ? 'Normal' : 'Warning',
    source: { component: 'oomloop', host: alert.node.name },
    reportingComponent: 'oomloop',
    reportingInstance: alert.node.name,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  }
}

/** The same name for the same state of the same alert: a repeated state becomes a count, also after a restart. */
function nameOf({ incident, type, subject, status, severity, node }: Alert, { kind, name }: Involved): string {
  const key = JSON.stringify([node.name, incident, type, subject, status, severity, kind, name])
  return `oomloop.${createHash('sha256').update(key).digest('hex').slice(0, 20)}`
}

function cut(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= longestMessageBytes) return text
  // The last character may be cut in two: it goes.
  return `${bytes
    .subarray(0, longestMessageBytes - 4)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`
}
