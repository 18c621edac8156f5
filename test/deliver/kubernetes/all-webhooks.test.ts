import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createDeliveryToAll } from '../../../src/deliver/all-webhooks.ts'
import { startReceiver, until } from '../receiver.ts'
import { alertOf, keptLog, tempDir, webhookOf } from '../samples.ts'
import { createApiServerStub } from './api-server-stub.ts'

async function deliverTo(answerMs: number) {
  const stub = createApiServerStub()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const { method, url, headers } = request
      const contentType = headers['content-type']
      const answer = stub.handle({ method: method as 'GET', path: url!, body, ...(contentType && { contentType }) })
      setTimeout(() => response.writeHead(answer.status).end(answer.body), answerMs)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const dir = tempDir()
  writeFileSync(join(dir, 'token'), 'secret-token')
  const receiver = await startReceiver()
  const delivery = createDeliveryToAll({
    webhooks: [
      webhookOf(receiver.url, { name: 'posted' }),
      webhookOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
        name: 'kubernetes',
        format: 'kubernetes',
        tokenFile: join(dir, 'token'),
      }),
    ],
    nodeName: 'node-7',
    stateDir: dir,
    log: keptLog(),
    agentVersion: '1.2.3',
    environment: {},
  })
  onTestFinished(() => delivery.stop())
  await delivery.start()
  return { stub, receiver, delivery }
}

it('an alert reaches the webhooks and the API server', async () => {
  const { stub, receiver, delivery } = await deliverTo(0)
  delivery.accept(alertOf({ severity: 'critical' }))
  await until(() => receiver.received.length === 1 && stub.eventsOn('Node').length === 1, 5000, 'both have it')
  expect(stub.condition('OOMLoop')).toMatchObject({ status: 'True' })
  await until(() => delivery.state().pending === 0, 5000, 'nothing is pending')
  expect(delivery.state().perWebhook.map(({ webhook }) => webhook)).toEqual(['posted', 'kubernetes'])
})

it('an API server that takes five seconds for each answer delays no webhook', async () => {
  const { receiver, delivery } = await deliverTo(5000)
  const before = performance.now()
  for (let index = 0; index < 5; index++)
    delivery.accept(alertOf({ severity: 'critical', incident: `incident-${index}`, subject: `subject-${index}` }))
  await until(() => receiver.received.length === 5, 4000, 'the webhook has all five')
  expect(performance.now() - before).toBeLessThan(4000)
})

it('an alert that policy sends to others only reaches no API server', async () => {
  const { stub, receiver, delivery } = await deliverTo(0)
  delivery.accept(alertOf({ severity: 'critical' }), { to: ['posted'] })
  await until(() => receiver.received.length === 1, 5000, 'the webhook has it')
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(stub.eventsOn('Node')).toEqual([])
})
