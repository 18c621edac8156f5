import { describe, expect, it, onTestFinished } from 'vitest'
import { isWanted } from '../../../src/deliver/policy/routing.ts'
import type { Alert, WebhookSettings } from '../../../src/types.ts'
import { startReceiver } from '../receiver.ts'
import { alertOf, startDelivery, webhookOf } from '../samples.ts'

const labelled = alertOf()
const alert: Alert = { ...labelled, node: { ...labelled.node, labels: { cluster: 'prod-eu', pool: 'gpu' } } }

describe('a webhook gets', () => {
  it.each<[string, Partial<WebhookSettings>, boolean]>([
    ['everything by default', {}, true],
    ['its severity and above', { minSeverity: 'critical' }, true],
    ['its types', { types: ['respawn-loop'] }, true],
    ['no other types', { types: ['oom-storm', 'memory-exhaustion'] }, false],
    ['its static labels', { labels: { cluster: 'prod-eu', pool: 'gpu' } }, true],
    ['no other value of a label', { labels: { cluster: 'prod-eu', pool: 'cpu' } }, false],
    ['no alert that lacks the label', { labels: { region: 'eu' } }, false],
    ['labels by pattern', { labels: { cluster: 'prod-*', namespace: '*test' } }, true],
    ['no label that the pattern does not fit', { labels: { cluster: '*-us' } }, false],
    ['what the alert is about', { labels: { namespace: 'oomloop-test', owner: 'example', node: 'node-7' } }, true],
  ])('%s', (_what, fields, wanted) => {
    expect(isWanted(alert, webhookOf('http://127.0.0.1', fields))).toBe(wanted)
  })

  it('nothing below its severity', () => {
    expect(isWanted({ ...alert, severity: 'warning' }, webhookOf('http://x', { minSeverity: 'critical' }))).toBe(false)
  })
})

it('each webhook gets its own alerts in its own format, and the end of what it was sent', async () => {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const { delivery } = await startDelivery([
    webhookOf(`${receiver.url}/all`, { name: 'all' }),
    webhookOf(`${receiver.url}/pager`, { name: 'pager', minSeverity: 'critical', format: 'cloudevents' }),
    webhookOf(`${receiver.url}/storms`, { name: 'storms', types: ['oom-storm'] }),
  ])
  delivery.accept(alertOf({ id: 'info', severity: 'info', incident: 'small' }))
  delivery.accept(alertOf({ id: 'critical' }))
  await delivery.drain(1000)
  // Milder by now, but what was sent as firing is resolved.
  delivery.accept(alertOf({ id: 'over', severity: 'warning', status: 'resolved' }))
  await delivery.drain(1000)
  const idsAt = (path: string) =>
    receiver.received.filter(request => request.path === path).map(({ body }) => JSON.parse(body).id)
  expect(idsAt('/all')).toEqual(['info', 'critical', 'over'])
  expect(idsAt('/pager')).toEqual(['critical', 'over'])
  expect(idsAt('/storms')).toEqual([])
})

it('the log names the host of a webhook, never its path, query, user or secret', async () => {
  const receiver = await startReceiver((_request, response) => response.writeHead(403).end('no'))
  onTestFinished(() => receiver.close())
  const url = new URL(`${receiver.url}/services/T00/B00/pathsecret?key=querysecret`)
  url.username = 'user'
  url.password = 'passwordsecret'
  const { delivery, log, events } = await startDelivery([
    webhookOf(url.href, {
      secret: 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0',
      headers: { authorization: 'Bearer headersecret' },
    }),
    webhookOf('http://127.0.0.1:1/pathsecret', { name: 'dead' }),
  ])
  delivery.accept(alertOf())
  await expect.poll(() => events.length).toBeGreaterThan(1)
  const said = JSON.stringify([log.lines, events, delivery.state()])
  expect(said).toContain(`127.0.0.1:${receiver.port}`)
  expect(said).not.toMatch(/pathsecret|querysecret|passwordsecret|headersecret|c2VjcmV0|T00/)
  expect(receiver.received[0]!.headers.authorization).toBe('Bearer headersecret')
})
