/**
 * A fleet of agents that all fire in the same second at one receiver which takes 50 requests a second and answers the
 * rest with 429. Beside it the plain reference: the same fleet trying again every second. `--agents N`, `--rate N`,
 * `--plot FILE` (an SVG of requests over time).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createDelivery } from '../src/deliver/delivery.ts'
import { exampleAlert } from '../src/deliver/test/example-alert.ts'
import type { WebhookSettings } from '../src/types.ts'
import type { BenchOptions } from './main.ts'
import { plotRequests } from './support-plot.ts'

/** What the receiver saw in one second. */
interface Second {
  taken: number
  refused: number
}

interface FleetRun {
  readonly seconds: readonly Second[]
  readonly requests: number
  readonly requestsPerAlert: number
  readonly doneSeconds: number
  /** Most requests in any second after the first. */
  readonly peakLaterPerSecond: number
  readonly missing: number
}

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { agents: { type: 'string' }, rate: { type: 'string' }, plot: { type: 'string' } },
  })
  const agents = Number(values.agents ?? 2000)
  const rate = Number(values.rate ?? 50)
  const oomloop = await measureFleet(agents, rate)
  const reference = await measure(agents, rate, fixedIntervalFleet)
  if (values.plot) {
    mkdirSync(dirname(values.plot), { recursive: true })
    writeFileSync(values.plot, plotRequests({ agents, rate, oomloop: oomloop.seconds, reference: reference.seconds }))
  }
  const { seconds: _oomloop, ...own } = oomloop
  const { seconds: _reference, ...plain } = reference
  const ratio = {
    requests: round(plain.requests / own.requests),
    doneSeconds: round(own.doneSeconds / plain.doneSeconds),
  }
  const leastSeconds = agents / rate
  if (json) return console.log(JSON.stringify({ agents, rate, leastSeconds, oomloop: own, everySecond: plain, ratio }))
  console.log(
    `${agents} agents fire in the same second; the receiver takes ${rate} requests/s (at least ${leastSeconds} s)`,
  )
  for (const [name, result] of [
    ['oomloop', own],
    ['every second', plain],
  ] as const)
    console.log(
      `${name.padEnd(13)} all delivered after ${result.doneSeconds} s (${result.missing} missing), ${result.requests} requests ` +
        `(${result.requestsPerAlert} an alert), at most ${result.peakLaterPerSecond}/s after the first second`,
    )
  console.log(
    `trying every second costs ${ratio.requests} times the requests; oomloop takes ${ratio.doneSeconds} times as long`,
  )
}

/** The fleet alone, without the reference. */
export function measureFleet(agents: number, rate: number): Promise<FleetRun> {
  return measure(agents, rate, oomloopFleet)
}

type Fleet = (agents: number, url: string, stateDir: string) => Promise<{ fire: () => void; stop: () => Promise<void> }>

async function measure(agents: number, rate: number, fleet: Fleet): Promise<FleetRun> {
  const stateDir = mkdtempSync(join('/dev/shm', 'oomloop-fleet-'))
  const receiver = await startReceiver(rate)
  const { fire, stop } = await fleet(agents, receiver.url, stateDir)
  const begunAt = performance.now()
  receiver.begin()
  fire()
  while (receiver.ids.size < agents && performance.now() - begunAt < 600_000) await pause(50)
  const doneSeconds = round((performance.now() - begunAt) / 1000)
  await stop()
  await receiver.close()
  rmSync(stateDir, { recursive: true, force: true })
  const requests = receiver.seconds.reduce((sum, { taken, refused }) => sum + taken + refused, 0)
  return {
    seconds: receiver.seconds,
    requests,
    requestsPerAlert: round(requests / agents),
    doneSeconds,
    peakLaterPerSecond: Math.max(...receiver.seconds.slice(1).map(({ taken, refused }) => taken + refused)),
    missing: agents - receiver.ids.size,
  }
}

/** Takes `rate` requests in each second; the rest get 429 and `Retry-After: 1`, all the same. */
async function startReceiver(rate: number) {
  const seconds: Second[] = []
  const ids = new Set<string>()
  let begunAt = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const index = Math.floor((performance.now() - begunAt) / 1000)
      while (seconds.length <= index) seconds.push({ taken: 0, refused: 0 })
      const second = seconds[index]!
      if (second.taken >= rate) {
        second.refused++
        return response.writeHead(429, { 'retry-after': '1' }).end()
      }
      second.taken++
      ids.add(String(request.headers['webhook-id']))
      response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seconds,
    ids,
    begin: () => {
      begunAt = performance.now()
    },
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Real deliveries, each with its own outbox and connection. */
const oomloopFleet: Fleet = async (agents, url, stateDir) => {
  const deliveries = Array.from({ length: agents }, (_, index) =>
    createDelivery({
      webhooks: [webhookTo(url)],
      stateDir: join(stateDir, String(index)),
      agentVersion: 'bench',
      environment: {},
      outboxBytes: 64 * 1024,
      log,
    }),
  )
  for (let from = 0; from < agents; from += 100)
    await Promise.all(deliveries.slice(from, from + 100).map(delivery => delivery.start()))
  return {
    fire: () => deliveries.forEach((delivery, index) => void delivery.accept(alertOf(index))),
    stop: async () => void (await Promise.all(deliveries.map(delivery => delivery.stop()))),
  }
}

/** What a shell script would do: post, and on failure again after a second. */
const fixedIntervalFleet: Fleet = async (agents, url) => {
  let stopped = false
  const agent = async (index: number): Promise<void> => {
    const { id, ...rest } = alertOf(index)
    while (!stopped) {
      const { status } = await fetch(url, {
        method: 'POST',
        headers: { 'webhook-id': id, 'content-type': 'application/json' },
        body: JSON.stringify({ id, ...rest }),
      }).catch(() => ({ status: 0 }))
      if (status === 204) return
      await pause(1000)
    }
  }
  let running: Promise<void>[] = []
  return {
    fire: () => {
      running = Array.from({ length: agents }, (_, index) => agent(index))
    },
    stop: async () => {
      stopped = true
      await Promise.all(running)
    },
  }
}

function alertOf(index: number) {
  return {
    ...exampleAlert(Date.now(), { name: `node-${index}` }),
    id: `node-${index}-1`,
    incident: `incident-${index}`,
  }
}

function webhookTo(url: string): WebhookSettings {
  return { name: 'fleet', urls: [url], format: 'generic', minSeverity: 'info', locale: 'en', timeoutMs: 10_000 }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
