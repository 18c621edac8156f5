import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from './receiver.ts'
import { alertOf, startDelivery, tempDir, webhookOf } from './samples.ts'

const binaries = ['/usr/bin/prometheus-alertmanager', '/usr/bin/amtool']
const missing = binaries.filter(path => !existsSync(path))
const why = missing.length > 0 ? ` (skipped: ${missing.join(', ')} is missing; Debian has prometheus-alertmanager)` : ''

interface AmtoolAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly status: { readonly state: string }
}

describe.skipIf(missing.length > 0)(`a real Alertmanager${why}`, () => {
  it('shows one active alert for a whole loop, and none when it is over', async () => {
    const members = await Promise.all([startAlertmanager(), startAlertmanager()])
    const urls = members.map(({ url }) => url)
    const { delivery } = await startDelivery([webhookOf(urls[0]!, { format: 'alertmanager', urls })])
    const pids = [3241, 8437, 8502, 8611]
    for (const [index, pid] of pids.entries()) {
      const alert = alertOf({
        summary: `filebeat died ${index + 2} times`,
        severity: index < 2 ? 'warning' : 'critical',
      })
      delivery.accept({ ...alert, loop: { ...alert.loop!, kills: index + 2, pids: [pid] } })
      await delivery.drain(2000)
    }
    for (const { alerts, amtool } of members) {
      const active = alerts()
      expect(active).toHaveLength(1)
      expect(active[0]).toMatchObject({
        labels: { alertname: 'OomloopRespawnLoop', severity: 'critical', node: 'node-7', namespace: 'oomloop-test' },
        annotations: { summary: 'filebeat died 5 times', kills: '5', pids: '8611' },
        status: { state: 'active' },
      })
      // Long enough that a node which can speak no more does not look recovered.
      expect(Date.parse(active[0]!.endsAt) - Date.now()).toBeGreaterThan(25 * 60_000)
      console.log(amtool('alert', 'query')) // the evidence, as an operator sees it
    }
    delivery.accept(alertOf({ status: 'resolved', severity: 'critical', at: new Date().toISOString() }))
    await delivery.drain(2000)
    for (const { alerts } of members) await until(() => alerts().length === 0, 5000, 'no active alert')
  }, 30_000)

  it('is told again while the alert fires, each time with a later end', async () => {
    const { url, alerts } = await startAlertmanager()
    let skewMs = 0
    const { delivery } = await startDelivery([webhookOf(url, { format: 'alertmanager' })], {
      now: () => Date.now() + skewMs,
    })
    delivery.accept(alertOf({ severity: 'warning' }))
    await delivery.drain(2000)
    const [first] = alerts()
    expect(delivery.state()).toMatchObject({ pending: 0, delivered: 1 })
    // A minute passes: something unrelated moves the lane along.
    skewMs = 61_000
    delivery.accept(alertOf({ incident: 'another', type: 'oom-storm', subject: 'node', workload: null }))
    await until(() => delivery.state().delivered >= 3, 5000, 'told again')
    const again = alerts().find(({ labels }) => labels.alertname === 'OomloopRespawnLoop')
    expect(Date.parse(again!.endsAt) - Date.parse(first!.endsAt)).toBeGreaterThan(55_000)
    expect(again!.startsAt).toBe(first!.startsAt)
  }, 30_000)

  it('keeps an alert that was handed over for longer than a restart takes', async () => {
    const { url, alerts } = await startAlertmanager()
    const { delivery } = await startDelivery([webhookOf(url, { format: 'alertmanager' })])
    delivery.accept(alertOf({ severity: 'warning', notes: ['handover'] }))
    await delivery.drain(2000)
    expect(Date.parse(alerts()[0]!.endsAt) - Date.now()).toBeGreaterThan(14 * 60_000)
  }, 30_000)
})

/** A real server on loopback, alone (no gossip), with its data in a folder of its own. */
async function startAlertmanager() {
  const dir = tempDir()
  const port = await freePort()
  const config = join(dir, 'alertmanager.yml')
  writeFileSync(config, 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n')
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    binaries[0]!,
    [
      `--config.file=${config}`,
      `--storage.path=${dir}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
  onTestFinished(() => ended(child))
  const deadline = Date.now() + 15_000
  while (
    !(await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) throw new Error('the Alertmanager did not become ready')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  const amtool = (...args: string[]) => execFileSync(binaries[1]!, [`--alertmanager.url=${url}`, ...args]).toString()
  const alerts = () => JSON.parse(amtool('alert', 'query', '-o', 'json')) as AmtoolAlert[]
  return { url, amtool, alerts }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.once('close', () => resolve())
    child.kill('SIGTERM')
  })
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
