import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { collectProblems } from '../../src/settings/problems.ts'
import { parseWebhooks } from '../../src/settings/webhooks.ts'
import type { Alert } from '../../src/types.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { alertOf, startDelivery } from './samples.ts'

/** The example of docs/settings.md, as it stands there, with the addresses of three receivers. */
function webhooksOfDocs(receivers: readonly Receiver[]) {
  const docs = readFileSync(resolve(import.meta.dirname, '../../docs/settings.md'), 'utf8')
  const part = docs.slice(docs.indexOf('## One webhook per team'))
  const settings = parseYaml(/```yaml\n([\s\S]*?)```/.exec(part)![1]!)
  const problems = collectProblems('en')
  const webhooks = parseWebhooks(
    settings.webhooks.map((webhook: object, index: number) => ({
      ...webhook,
      url: receivers[index]!.url,
      format: 'generic',
      routingKeyFile: null,
    })),
    {
      environment: {},
      file: null,
      problems,
      labels: settings.labels,
      minSeverity: 'warning',
      locale: 'en',
      timeZone: 'UTC',
      runbooks: null,
    },
  )
  expect(problems.found()).toEqual([])
  return webhooks
}

const node = alertOf({ type: 'memory-exhaustion', subject: 'node', workload: null, loop: null, severity: 'critical' })
const pod = (namespace: string, name: string): Alert => {
  const alert = alertOf({ subject: `pod/${namespace}/${name}/app`, severity: 'critical' })
  return { ...alert, workload: { ...alert.workload!, key: alert.subject, namespace, pod: `${name}-7d4b9c6f5d-x2x4z` } }
}
const unit = (severity: Alert['severity']): Alert => {
  const alert = alertOf({ subject: 'unit/postgresql@16-main.service', severity })
  const none = { namespace: null, pod: null, container: null, owner: null }
  return { ...alert, workload: { ...alert.workload!, ...none, key: alert.subject, unit: 'postgresql@16-main.service' } }
}

it('the three-team routing of docs/settings.md delivers to each team what concerns it, and nothing else', async () => {
  const receivers = [await startReceiver(), await startReceiver(), await startReceiver()]
  onTestFinished(async () => {
    for (const receiver of receivers) await receiver.close()
  })
  const { delivery } = await startDelivery(webhooksOfDocs(receivers))
  const [shop, other, warned, urgent] = [
    pod('shop-eu', 'web'),
    pod('billing', 'api'),
    unit('warning'),
    unit('critical'),
  ]
  for (const alert of [node, shop, other, warned, urgent]) delivery.accept(alert)
  await delivery.drain(3000)
  const subjects = receivers.map(receiver => receiver.bodies().map(({ subject }) => subject))
  expect(subjects).toEqual([['node'], [shop.subject], [urgent.subject]])
})

it('podLabels selects by labels of the pod, where they are known, and never matches where they are not', async () => {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const { delivery } = await startDelivery([
    {
      name: 'x',
      urls: [receiver.url],
      format: 'generic',
      minSeverity: 'info',
      locale: 'en',
      timeoutMs: 1000,
      podLabels: { team: 'pay*' },
    },
  ])
  const labelled = pod('shop', 'web')
  delivery.accept({ ...labelled, workload: { ...labelled.workload!, labels: { team: 'payments' } } })
  delivery.accept(pod('shop', 'unlabelled'))
  await delivery.drain(3000)
  expect(receiver.bodies().map(({ subject }) => subject)).toEqual([labelled.subject])
})
