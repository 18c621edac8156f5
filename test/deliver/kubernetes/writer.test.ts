import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKubernetesWriter, removeConditions } from '../../../src/deliver/kubernetes/writer.ts'
import { messagesOf } from '../../../src/text/messages/catalogues.ts'
import type { Alert } from '../../../src/types.ts'
import { alertOf, keptLog } from '../samples.ts'
import { createApiServerStub, failure } from './api-server-stub.ts'

const nodeAlert = (fields: Partial<Alert>): Alert =>
  alertOf({ workload: null, loop: null, subject: 'node', severity: 'critical', signs: [], ...fields })
const exhaustion = (fields: Partial<Alert> = {}) =>
  nodeAlert({ type: 'memory-exhaustion', incident: 'i-1', summary: 'node-7 is stalled on memory', ...fields })
const loop = (fields: Partial<Alert> = {}) =>
  alertOf({ type: 'respawn-loop', incident: 'i-2', severity: 'critical', summary: 'filebeat is in a loop', ...fields })

function setUp() {
  const server = createApiServerStub()
  const log = keptLog()
  const api = { send: async (request: Parameters<typeof server.handle>[0]) => server.handle(request) }
  const writer = createKubernetesWriter({
    api,
    nodeName: 'node-7',
    texts: messagesOf('en'),
    log,
    now: Date.now,
    random: () => 0.5,
  })
  return { server, log, api, writer }
}

describe('Node conditions and Events in Kubernetes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-11-28T10:00:00Z') })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('a loop sets OOMLoop, writes Events on the Node and the Pod, and its end takes the condition back', async () => {
    const { server, writer } = setUp()
    writer.start()
    writer.accept(loop())
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'True', reason: 'RespawnLoop' })
    expect(server.condition('MemoryExhaustion')).toMatchObject({ status: 'False', reason: 'EnoughMemory' })
    expect(server.condition('Ready')).toMatchObject({ status: 'True', reason: 'KubeletReady' })
    expect(server.eventsOn('Node')).toMatchObject([{ reason: 'OOMLoop', type: 'Warning', count: 1 }])
    expect(server.eventsOn('Pod')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(60_000)
    writer.accept(loop({ status: 'resolved' }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'False', lastTransitionTime: '2026-11-28T10:01:01Z' })
    expect(server.eventsOn('Node').map(({ reason, type }) => [reason, type])).toEqual([
      ['OOMLoop', 'Warning'],
      ['OOMLoopResolved', 'Normal'],
    ])
    expect(server.requests.every(({ status }) => status < 300)).toBe(true)
  })

  it.each([
    ['memory exhaustion', exhaustion(), 'MemoryExhaustion', 'True', 'MemoryExhaustion'],
    ['a storm', nodeAlert({ type: 'oom-storm' }), 'OOMLoop', 'True', 'OOMStorm'],
    ['a killed node daemon', nodeAlert({ type: 'node-daemon-killed' }), 'OOMLoop', 'False', 'NodeDaemonOOMKilled'],
    ['an impaired agent', nodeAlert({ type: 'agent-impaired' }), 'OOMLoop', 'False', 'OomloopImpaired'],
    ['a loop at its own limit', loop({ severity: 'warning' }), 'OOMLoop', 'False', 'OOMLoop'],
    [
      'the mere risk of a loop',
      exhaustion({ severity: 'warning', signs: [{ sign: 'primed', since: '2026-11-28T09:00:00.000Z' }] }),
      'MemoryExhaustion',
      'False',
      'MemoryExhaustion',
    ],
  ] as const)('%s shows as its Event, and sets its condition or none', async (_, alert, type, status, reason) => {
    const { server, writer } = setUp()
    writer.start()
    writer.accept(alert)
    await vi.advanceTimersByTimeAsync(31_000)
    expect(server.condition(type)).toMatchObject({ status })
    expect(server.eventsOn('Node')).toMatchObject([{ reason, message: alert.summary }])
    expect(server.requests.every(({ status }) => status < 300)).toBe(true)
  })

  it('one of two loops that ends leaves the condition as it is', async () => {
    const { server, writer } = setUp()
    writer.start()
    writer.accept(loop({ incident: 'i-2' }))
    writer.accept(loop({ incident: 'i-3' }))
    writer.accept(loop({ incident: 'i-3', status: 'resolved' }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'True' })
  })

  it('conditions are refreshed every five minutes without a new transition', async () => {
    const { server, writer } = setUp()
    writer.start()
    writer.accept(exhaustion())
    await vi.advanceTimersByTimeAsync(16 * 60_000)
    const patches = server.requests.filter(({ path }) => path.endsWith('/status'))
    expect(patches).toHaveLength(4)
    expect(server.condition('MemoryExhaustion')).toMatchObject({
      lastTransitionTime: '2026-11-28T10:00:00Z',
      lastHeartbeatTime: '2026-11-28T10:15:00Z',
    })
  })

  it('what an earlier run left True is cleared half a minute after the start, unless it fires again', async () => {
    const { server, writer } = setUp()
    const left = { status: 'True', reason: 'RespawnLoop', message: 'left', lastHeartbeatTime: '2026-11-28T09:00:00Z' }
    server.conditions.set('OOMLoop', { type: 'OOMLoop', lastTransitionTime: '2026-11-28T09:00:00Z', ...left })
    writer.start()
    await vi.advanceTimersByTimeAsync(29_000)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'True' })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'False', lastTransitionTime: '2026-11-28T10:00:30Z' })
  })

  it('an API server that is away for four hours gets the present state, and only Events of its last hour', async () => {
    const { server, writer, log } = setUp()
    writer.start()
    await vi.advanceTimersByTimeAsync(31_000)
    let refused = 0
    server.instead(() => {
      refused++
      return failure(503, 'the server is currently unable to handle the request')
    })
    writer.accept(exhaustion({ incident: 'i-old' }))
    writer.accept(exhaustion({ incident: 'i-old', status: 'resolved' }))
    await vi.advanceTimersByTimeAsync(3.5 * 3600_000)
    writer.accept(loop())
    await vi.advanceTimersByTimeAsync(0.5 * 3600_000)
    // At most once a minute after the first few.
    expect(refused).toBeLessThan(600)
    expect(writer.state()).toMatchObject({ lastError: expect.stringContaining('503') })
    server.instead()
    await vi.advanceTimersByTimeAsync(61_000)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'True' })
    expect(server.condition('MemoryExhaustion')).toMatchObject({ status: 'False' })
    expect(server.eventsOn('Node').map(({ reason }) => reason)).toEqual(['OOMLoop'])
    expect(writer.state()).toMatchObject({ pending: 0, givenUp: 2, lastError: null })
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('throttling is obeyed: nothing is sent before Retry-After', async () => {
    const { server, writer } = setUp()
    writer.start()
    await vi.advanceTimersByTimeAsync(31_000)
    const before = server.requests.length
    server.instead(() => failure(429, 'Too many requests', { 'retry-after': '30' }))
    writer.accept(exhaustion())
    await vi.advanceTimersByTimeAsync(29_000)
    expect(server.requests.length - before).toBe(1)
    server.instead()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(server.condition('MemoryExhaustion')).toMatchObject({ status: 'True' })
  })

  it('an Event that exists already, from before a restart, is counted up', async () => {
    const first = setUp()
    first.writer.start()
    first.writer.accept(loop())
    await vi.advanceTimersByTimeAsync(1000)
    first.writer.stop()
    const writer = createKubernetesWriter({
      api: first.api,
      nodeName: 'node-7',
      texts: messagesOf('en'),
      log: keptLog(),
      now: Date.now,
      random: () => 0.5,
    })
    writer.start()
    writer.accept(loop({ summary: 'filebeat is still in a loop' }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(first.server.eventsOn('Node')).toMatchObject([{ count: 2, message: 'filebeat is still in a loop' }])
  })

  it('a right that is missing for conditions does not keep Events back', async () => {
    const { server, writer } = setUp()
    server.instead(({ path }) => (path.includes('/nodes/') ? failure(403, 'nodes is forbidden') : undefined))
    writer.start()
    writer.accept(exhaustion())
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.eventsOn('Node')).toHaveLength(1)
    expect(server.requests.filter(({ status }) => status === 403)).toHaveLength(1)
    server.instead()
    await vi.advanceTimersByTimeAsync(6 * 60_000)
    expect(server.condition('MemoryExhaustion')).toMatchObject({ status: 'True' })
  })

  it('a namespace that is gone ends its Event, and nothing else', async () => {
    const { server, writer } = setUp()
    server.instead(({ path }) => (path.includes('oomloop-test') ? failure(404, 'namespaces not found') : undefined))
    writer.start()
    writer.accept(loop())
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.eventsOn('Node')).toHaveLength(1)
    expect(server.condition('OOMLoop')).toMatchObject({ status: 'True' })
    expect(writer.state()).toMatchObject({ pending: 0, givenUp: 1 })
  })

  it('a message of 5000 bytes in three-byte characters is cut to what the API server takes', async () => {
    const { server, writer } = setUp()
    writer.start()
    writer.accept(exhaustion({ summary: '内存'.repeat(800) }))
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.eventsOn('Node')).toHaveLength(1)
    expect(server.eventsOn('Node')[0]!.message).not.toContain('\uFFFD')
  })

  it('conditions can be taken off the Node, and kubelet’s stay', async () => {
    const { server, api, writer } = setUp()
    writer.start()
    writer.accept(loop())
    await vi.advanceTimersByTimeAsync(1000)
    expect(await removeConditions(api, 'node-7')).toBeNull()
    expect([...server.conditions.keys()]).toEqual(['Ready'])
    server.instead(() => failure(403, 'nodes "node-7" is forbidden'))
    expect(await removeConditions(api, 'node-7')).toMatch(/403: nodes "node-7" is forbidden/)
  })

  it('does not grow with the number of alerts while the API server is away', async () => {
    const { server, writer } = setUp()
    server.instead(() => failure(503, ''))
    writer.start()
    for (let index = 0; index < 5000; index++) writer.accept(loop({ incident: `i-${index}`, subject: `s-${index}` }))
    expect(writer.state().pending).toBeLessThanOrEqual(201)
  })
})
