import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { alertmanager } from '../../src/deliver/format/alertmanager.ts'
import { alertOf, tempDir, webhookOf } from '../deliver/samples.ts'
import { checkout } from '../support/oomloop.ts'

const binary = '/usr/bin/prometheus-alertmanager'
const why = existsSync(binary) ? '' : ` (skipped: needs prometheus-alertmanager)`

interface Notification {
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

describe.skipIf(why)(`deploy/alertmanager/alertmanager.yaml in a real Alertmanager${why}`, () => {
  it('one bad release that loops on 500 nodes is one notification that names all of them', async () => {
    const { url, notifications } = await startAlertmanager()
    const webhook = webhookOf(url, { format: 'alertmanager' })
    const post = async (node: string) => {
      // Alertmanager skips group_wait for an alert that started before it; then the others follow after group_interval.
      const alert = alertOf({ severity: 'critical', startsAt: new Date().toISOString() })
      const { url: to, body } = alertmanager.request(
        { ...alert, node: { ...alert.node, name: node, labels: { cluster: 'prod' } } },
        { webhook, url, now: Date.now(), notifiedSeverity: null },
      )
      const answer = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      expect(answer.status).toBe(200)
    }
    const nodes = Array.from({ length: 500 }, (_, index) => `node-${index}`)
    await Promise.all(nodes.map(post))
    await expect.poll(() => notifications.length, { timeout: 20_000 }).toBeGreaterThan(0)
    expect(notifications).toHaveLength(1)
    expect(notifications[0]!.groupLabels).toMatchObject({ alertname: 'OomloopRespawnLoop', cluster: 'prod' })
    expect(new Set(notifications[0]!.alerts.map(({ labels }) => labels.node)).size).toBe(500)
  }, 60_000)
})

/** The shipped routing, with its receivers pointed at a server of this test. */
async function startAlertmanager() {
  const notifications: Notification[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      notifications.push(JSON.parse(body))
      response.end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const config = parse(readFileSync(join(checkout, 'deploy/alertmanager/alertmanager.yaml'), 'utf8'))
  for (const receiver of config.receivers)
    for (const hook of receiver.webhook_configs ?? [])
      hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const dir = tempDir()
  const port = await freePort()
  writeFileSync(join(dir, 'alertmanager.yml'), stringify(config))
  const args = [
    `--config.file=${join(dir, 'alertmanager.yml')}`,
    `--storage.path=${dir}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  const child: ChildProcess = spawn(binary, args, { stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  const url = `http://127.0.0.1:${port}`
  await expect
    .poll(
      () =>
        fetch(`${url}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true)
  return { url, notifications }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
