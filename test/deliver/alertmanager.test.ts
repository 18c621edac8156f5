import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HostFacts, Observation } from '../../src/types.ts'
import { type AgentRun, startAgentRun } from '../agent/agent-run.ts'
import { createSimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'
import { dies, watchNode } from './policy/receivers.ts'
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

  it('holds forty alerts when forty workloads loop at once, and none when all is over', async () => {
    const { url, alerts } = await startAlertmanager()
    const { delivery } = await startDelivery([webhookOf(url, { name: 'alertmanager', format: 'alertmanager' })])
    const watched = watchNode()
    const { node } = watched
    const places = Array.from({ length: 40 }, (_, index) => node.pod({ name: `w${index}-0`, container: 'app' }))
    for (let round = 0; round < 2; round++)
      for (const [index, place] of places.entries()) places[index] = dies(node, place, { by: 'own', afterSeconds: 1.5 })
    for (const { alert } of watched.sent('alertmanager')) delivery.accept(alert, { to: ['alertmanager'] })
    await delivery.drain(20_000)
    await until(() => alerts().length === 40, 5_000, 'forty active alerts')
    expect(new Set(alerts().map(({ labels }) => labels.subject)).size).toBe(40)
    const count = watched.sent('alertmanager').length
    node.wait(1_800, 10)
    for (const { alert } of watched.sent('alertmanager').slice(count)) delivery.accept(alert, { to: ['alertmanager'] })
    await delivery.drain(20_000)
    await until(() => alerts().length === 0, 5_000, 'no active alert')
  }, 60_000)

  it('holds nothing open after a reboot that came in the middle of firing alerts', async () => {
    const { url, alerts } = await startAlertmanager()
    const webhooks = [webhookOf(url, { name: 'alertmanager', format: 'alertmanager' })]
    const stateDir = tempDir()
    let agent: AgentRun | null = null
    let at = Date.now() - 3_600_000
    const shiftMs = at - startOfTime
    const node = createSimulatedNode({
      sink: observation => {
        at = (observation.at ?? at) + shiftMs
        agent?.emit({ ...observation, at } as Observation)
      },
    })
    const { host } = node.header() as { host: HostFacts }
    const boot = { ...host, bootedAt: host.bootedAt! + shiftMs }
    agent = await startAgentRun({ stateDir, webhooks, host: boot, now: () => at })
    const places = [node.pod({ name: 'app-0', container: 'app' }), node.pod({ name: 'own-0', container: 'own' })]
    for (let round = 0; round < 3; round++) {
      places[0] = dies(node, places[0]!, { afterSeconds: 30 })
      places[1] = dies(node, places[1]!, { by: 'own', afterSeconds: 10 })
    }
    await agent.kill()
    const open = alerts().length
    expect(open).toBeGreaterThanOrEqual(3)
    const next = { ...boot, bootId: 'the-next-boot', bootedAt: Date.now() - 30_000 }
    const after = await startAgentRun({ stateDir, webhooks, host: next, now: Date.now })
    await after.kill()
    await until(() => alerts().length === 0, 5_000, 'no active alert')
  }, 60_000)

  it('Alertmanager gets an alert again while it fires, each time with a later end', async () => {
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
