import type { Log } from '../../log.ts'
import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Alert, WebhookSettings } from '../../types.ts'
import type { DeliveryMessages } from '../http/delivery-error.ts'
import type { Format } from '../http/format.ts'
import { outcomeOfStatus } from '../http/outcome.ts'
import { type ApiServer, apiServerUrl, createApiServer, defaultCaFile, defaultTokenFile } from './api-server.ts'
import { eventsOf } from './events.ts'
import { createKubernetesWriter, type KubernetesWriter, removeConditions } from './writer.ts'

/** Stands for the API server of the cluster that the pod runs in; KUBERNETES_SERVICE_HOST has its address. */
const inCluster = 'https://kubernetes.default.svc'

/**
 * Node conditions and Events. One alert is several requests there, and only the present state of a condition matters, so
 * alerts go to a writer with a queue of its own. `request` is the first of them: what a dry run shows.
 */
export const kubernetes: Format = {
  request: (alert, { url }) => {
    const [event] = eventsOf(alert)
    return {
      url: new URL(`/api/v1/namespaces/${event!.metadata.namespace}/events`, url).href,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    }
  },
  outcome: outcomeOfStatus,
}

type Environment = Readonly<Record<string, string | undefined>>

export function openApiServer(webhook: WebhookSettings, environment: Environment, agentVersion: string): ApiServer {
  const [url] = webhook.urls
  return createApiServer({
    url: url === inCluster ? (apiServerUrl(environment) ?? inCluster) : url!,
    tokenFile: webhook.tokenFile ?? defaultTokenFile,
    caFile: webhook.caFile ?? defaultCaFile,
    timeoutMs: webhook.timeoutMs,
    userAgent: `oomloop/${agentVersion}`,
  })
}

export function openKubernetesWriter(options: {
  readonly webhook: WebhookSettings
  readonly environment: Environment
  readonly agentVersion: string
  readonly nodeName: string
  readonly log: Log
  readonly now: () => number
  readonly random: () => number
  readonly onOutcome?: (kind: 'delivered' | 'retry' | 'give-up', why: string) => void
}): KubernetesWriter {
  const { webhook, environment, agentVersion } = options
  return createKubernetesWriter({
    ...options,
    api: openApiServer(webhook, environment, agentVersion),
    texts: messagesOf(webhook.locale),
  })
}

/** Writes one Event on the Node; returns what is wrong, or null. */
export async function writeTestEvent(api: ApiServer, alert: Alert, t: DeliveryMessages): Promise<string | null> {
  const [event] = eventsOf(alert)
  const body = JSON.stringify({ ...event, reason: 'OomloopTest', type: 'Normal' })
  const path = `/api/v1/namespaces/${event!.metadata.namespace}/events`
  const answer = await api.send({ method: 'POST', path, body })
  if ('error' in answer) return answer.error
  const outcome = outcomeOfStatus(answer, { now: 0, t })
  return 'why' in outcome ? outcome.why : null
}

export { removeConditions }
