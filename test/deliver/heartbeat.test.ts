import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHeartbeat } from '../../src/deliver/heartbeat.ts'
import type { Heartbeat } from '../../src/deliver/http/format.ts'
import { startReceiver } from './receiver.ts'
import { alertOf, startDelivery, webhookOf } from './samples.ts'

describe('the heartbeat', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function created(intervalMs: number) {
    const beats: Heartbeat[] = []
    let incident = false
    const heartbeat = createHeartbeat({
      intervalMs,
      now: Date.now,
      random: () => 0.5,
      send: beat => beats.push(beat),
      isIncident: () => incident,
      pending: () => 0,
      node: () => alertOf().node,
    })
    onTestFinished(heartbeat.stop)
    const setIncident = (on: boolean) => {
      incident = on
      heartbeat.changed()
    }
    return { heartbeat, beats, setIncident }
  }

  it('is off where the interval is 0', () => {
    const { heartbeat, beats } = created(0)
    heartbeat.start()
    vi.advanceTimersByTime(3_600_000)
    expect(beats).toEqual([])
  })

  it('beats once an interval, first at a random moment of it', () => {
    const { heartbeat, beats } = created(60_000)
    heartbeat.start()
    vi.advanceTimersByTime(29_999)
    expect(beats).toHaveLength(0)
    vi.advanceTimersByTime(1 + 4 * 60_000)
    expect(beats).toHaveLength(5)
    expect(beats[0]).toMatchObject({ version: 1, type: 'heartbeat', state: 'calm', intervalSeconds: 60 })
    expect(new Set(beats.map(({ id }) => id)).size).toBe(5)
    for (const { id } of beats) expect(id).not.toContain('.')
  })

  it('beats six times as fast from the moment an incident begins, and slows down after it', () => {
    const { heartbeat, beats, setIncident } = created(60_000)
    heartbeat.start()
    vi.advanceTimersByTime(30_000)
    setIncident(true)
    vi.advanceTimersByTime(60_000)
    expect(beats).toHaveLength(7)
    expect(beats.at(-1)).toMatchObject({ state: 'incident', intervalSeconds: 10 })
    setIncident(false)
    vi.advanceTimersByTime(130_000)
    expect(beats.length - 7).toBeLessThanOrEqual(3)
    expect(beats.at(-1)).toMatchObject({ state: 'calm' })
  })
})

it('heartbeats reach webhooks that have a use for them, signed, and stop when delivery stops', async () => {
  const receiver = await startReceiver()
  onTestFinished(() => receiver.close())
  const secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
  const webhooks = [
    webhookOf(`${receiver.url}/generic`, { name: 'a', secret }),
    webhookOf(`${receiver.url}/slack`, { name: 'b', format: 'slack' }),
    webhookOf(receiver.url, { name: 'c', format: 'alertmanager' }),
    webhookOf(`${receiver.url}/ce`, { name: 'd', format: 'cloudevents' }),
  ]
  const { delivery } = await startDelivery(webhooks, { heartbeatMs: 100, node: () => alertOf().node })
  await receiver.until(6)
  await delivery.stop()
  const paths = new Set(receiver.received.map(({ path }) => path))
  expect(paths).toEqual(new Set(['/generic', '/api/v2/alerts', '/ce']))
  const generic = receiver.received.find(({ path }) => path === '/generic')!
  expect(generic.headers['webhook-signature']).toMatch(/^v1,/)
  expect(JSON.parse(generic.body)).toMatchObject({ type: 'heartbeat', node: { name: 'node-7' } })
  const [posted] = JSON.parse(receiver.received.find(({ path }) => path === '/api/v2/alerts')!.body)
  expect(posted.labels).toMatchObject({ alertname: 'OomloopHeartbeat', node: 'node-7' })
  const count = receiver.received.length
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(receiver.received.length).toBeLessThanOrEqual(count + 1)
})

it('a heartbeat that is not accepted is not tried again and delays no alert', async () => {
  const receiver = await startReceiver((request, response) => {
    if (JSON.parse(request.body).type === 'heartbeat') return // hangs
    response.writeHead(200).end()
  })
  onTestFinished(() => receiver.close())
  const { delivery, events } = await startDelivery([webhookOf(receiver.url)], { heartbeatMs: 50 })
  await receiver.until(1)
  const begunAt = Date.now()
  delivery.accept(alertOf())
  await expect.poll(() => events.length, { timeout: 5000 }).toBe(1)
  expect(Date.now() - begunAt).toBeLessThan(2500)
})

it('that heartbeats are not taken is said when it begins and when it is over', async () => {
  let isDown = true
  const receiver = await startReceiver((_, response) => response.writeHead(isDown ? 503 : 200).end())
  onTestFinished(() => receiver.close())
  const { log } = await startDelivery([webhookOf(receiver.url)], { heartbeatMs: 20 })
  const said = () => log.lines.filter(({ sentence }) => sentence.includes('heartbeat'))
  await receiver.until(3)
  expect(said()).toMatchObject([
    { level: 'warn', sentence: 'heartbeat not accepted', fields: { why: expect.stringContaining('503') } },
  ])
  isDown = false
  await expect.poll(() => said().length).toBe(2)
  expect(said()[1]).toMatchObject({ sentence: 'heartbeats are accepted again' })
})
