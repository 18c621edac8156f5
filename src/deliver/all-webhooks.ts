import type { Alert, WebhookSettings } from '../types.ts'
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.ts'
import type { KubernetesWriter } from './kubernetes/writer.ts'
import { isWanted } from './policy/routing.ts'

/**
 * Delivery to every webhook: those that are posted to, and the Kubernetes API server, whose writer has a queue of its own
 * and delays none of them. The writer is loaded only where a webhook has the format `kubernetes`.
 */
export function createDeliveryToAll(options: DeliveryOptions & { readonly nodeName: string }): Delivery {
  const isKubernetes = ({ format }: WebhookSettings): boolean => format === 'kubernetes'
  const posted = createDelivery({ ...options, webhooks: options.webhooks.filter(webhook => !isKubernetes(webhook)) })
  const written = options.webhooks.filter(isKubernetes)
  if (written.length === 0) return posted
  const writers: { readonly webhook: WebhookSettings; readonly writer: KubernetesWriter }[] = []
  /** Accepted before start() had loaded the writer. */
  const early: { readonly alert: Alert; readonly to: readonly string[] | undefined }[] = []
  let isStarted = false
  let isStopped = false

  const write = (alert: Alert, to: readonly string[] | undefined): void => {
    for (const { webhook, writer } of writers)
      if (to ? to.includes(webhook.name) : isWanted(alert, webhook)) writer.accept(alert)
  }

  return {
    ...posted,
    accept: (alert, how) => {
      posted.accept(alert, how)
      if (isStarted) write(alert, how?.to)
      else early.push({ alert, to: how?.to })
    },
    start: async () => {
      const { openKubernetesWriter } = await import('./kubernetes/kubernetes.ts')
      const { environment = process.env, agentVersion, nodeName, log, now = Date.now, random = Math.random } = options
      for (const webhook of written)
        writers.push({
          webhook,
          writer: openKubernetesWriter({ webhook, environment, agentVersion, nodeName, log, now, random }),
        })
      isStarted = true
      for (const { alert, to } of early.splice(0)) write(alert, to)
      if (!isStopped) for (const { writer } of writers) writer.start()
      await posted.start()
    },
    state: () => {
      const state = posted.state()
      const ours = writers.map(({ webhook, writer }) => ({ webhook: webhook.name, disabled: false, ...writer.state() }))
      const sum = (field: 'pending' | 'delivered' | 'failed') => ours.reduce((total, each) => total + each[field], 0)
      return {
        ...state,
        pending: state.pending + sum('pending'),
        delivered: state.delivered + sum('delivered'),
        failed: state.failed + sum('failed'),
        perWebhook: [...state.perWebhook, ...ours],
      }
    },
    stop: async () => {
      isStopped = true
      for (const { writer } of writers) writer.stop()
      await posted.stop()
    },
  }
}
