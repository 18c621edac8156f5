import { describe, expect, it, onTestFinished } from 'vitest'
import type { Alert, HostFacts, Observation } from '../../src/types.ts'
import { dies } from '../deliver/policy/receivers.ts'
import { type Receiver, startReceiver } from '../deliver/receiver.ts'
import { tempDir, webhookOf } from '../deliver/samples.ts'
import { createSimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'
import { type AgentRun, startAgentRun } from './agent-run.ts'

async function receivers() {
  const [generic, pagerduty, slack] = await Promise.all([
    startReceiver(),
    startReceiver((_request, response) => response.writeHead(202).end('{}')),
    startReceiver((_request, response) => response.writeHead(200).end('ok')),
  ])
  for (const receiver of [generic, pagerduty, slack]) onTestFinished(() => receiver.close())
  return {
    generic,
    pagerduty,
    slack,
    webhooks: [
      webhookOf(generic.url, { name: 'generic' }),
      webhookOf(pagerduty.url, { name: 'pagerduty', format: 'pagerduty', routingKey: 'key' }),
      webhookOf(slack.url, { name: 'slack', format: 'slack' }),
    ],
  }
}

const alertsOf = ({ bodies }: Receiver) => bodies() as unknown as Alert[]
const eventsOf = ({ bodies }: Receiver) => bodies() as unknown as { event_action: string; dedup_key: string }[]

/** A simulated node whose observations go to whichever agent runs. */
function nodeFor(agent: { current: AgentRun | null }) {
  let at = startOfTime
  const node = createSimulatedNode({
    sink: observation => {
      at = observation.at ?? at
      agent.current?.emit(observation as Observation)
    },
  })
  const { host } = node.header() as { host: HostFacts }
  return { node, host, now: () => at }
}

/** The node's memory runs out, one workload loops node-wide, and another at its own limit. */
function crisis(node: ReturnType<typeof nodeFor>['node']): void {
  let app = node.pod({ name: 'app-0', container: 'app' })
  let own = node.pod({ name: 'own-0', container: 'own' })
  for (let round = 0; round < 2; round++) {
    app = dies(node, app, { afterSeconds: 30 })
    own = dies(node, own, { by: 'own', afterSeconds: 10 })
  }
}

describe('after a reboot in the middle of firing alerts, with the node down for two hours', () => {
  it('every alert is resolved at every receiver, under the key that opened it', async () => {
    const { generic, pagerduty, slack, webhooks } = await receivers()
    const agent: { current: AgentRun | null } = { current: null }
    const { node, host, now } = nodeFor(agent)
    const stateDir = tempDir()
    agent.current = await startAgentRun({ stateDir, webhooks, host, now })
    crisis(node)
    expect(agent.current.openKeys().length).toBeGreaterThanOrEqual(3)
    await agent.current.kill()
    const firing = new Set(alertsOf(generic).map(({ incident, type, subject }) => `${incident} ${type} ${subject}`))
    const triggered = new Set(eventsOf(pagerduty).map(event => event.dedup_key))
    const messages = slack.received.length

    const later = now() + 2 * 3_600_000
    const next = { ...host, bootId: 'the-next-boot', bootedAt: later - 30_000 }
    const after = await startAgentRun({ stateDir, webhooks, host: next, now: () => later })
    await after.kill()

    const resolved = alertsOf(generic).filter(({ status }) => status === 'resolved')
    expect(new Set(resolved.map(({ incident, type, subject }) => `${incident} ${type} ${subject}`))).toEqual(firing)
    expect(resolved).toHaveLength(firing.size)
    for (const alert of resolved) expect(alert.notes).toEqual(['previous-boot'])
    const resolves = eventsOf(pagerduty).filter(event => event.event_action === 'resolve')
    expect(new Set(resolves.map(event => event.dedup_key))).toEqual(triggered)
    // One message for the node's incident, one for the workload's.
    expect(slack.received.length - messages).toBe(2)

    const third = await startAgentRun({ stateDir, webhooks, host: next, now: () => later + 60_000 })
    const count = generic.received.length
    await third.kill()
    expect(generic.received).toHaveLength(count)
  }, 30_000)
})

describe.each([true, false])('after a kill -9 in a crisis of forty minutes (recording: %s)', isRecorded => {
  it('the incident keeps its id and start, and nothing is sent twice', async () => {
    const { generic, slack, webhooks } = await receivers()
    const agent: { current: AgentRun | null } = { current: null }
    const { node, host, now } = nodeFor(agent)
    const stateDir = tempDir()
    const start = () => startAgentRun({ stateDir, webhooks, host, now, isRecorded })
    agent.current = await start()
    let app = node.pod({ name: 'app-0', container: 'app' })
    for (let kill = 0; kill < 52; kill++) app = dies(node, app, { afterSeconds: 46 })
    await agent.current.kill()
    const before = { alerts: alertsOf(generic), open: agent.current.openKeys(), messages: slack.received.length }

    agent.current = null
    node.wait(20, 1)
    agent.current = await start()
    expect(agent.current.openKeys()).toEqual(before.open)
    node.wait(5, 1)
    for (let kill = 0; kill < 4; kill++) app = dies(node, app, { afterSeconds: 46 })
    node.wait(3_600, 10)
    expect(agent.current.openKeys()).toEqual([])
    await agent.current.kill()

    const alerts = alertsOf(generic)
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(alerts.length)
    expect(new Set(alerts.map(({ nodeIncident }) => nodeIncident)).size).toBe(1)
    const startsOf = (type: string) => new Set(alerts.filter(each => each.type === type).map(each => each.startsAt))
    for (const type of ['memory-exhaustion', 'respawn-loop', 'oom-storm']) expect(startsOf(type).size, type).toBe(1)
    const news = alerts.slice(before.alerts.length)
    expect(news.filter(({ status }) => status === 'resolved')).toHaveLength(3)
    // Nothing of what was sent before is sent again as if it were new.
    expect(news.filter(({ status }) => status === 'firing').length).toBeLessThanOrEqual(1)
    expect(slack.received.length - before.messages).toBeLessThanOrEqual(2)
  }, 60_000)
})
