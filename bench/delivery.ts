/**
 * From `accept(alert)` to the moment at which another process holds the whole body, one alert at a time on an idle
 * connection; and until the outbox is synced to disk. Beside it the plain reference: the same bytes by fetch(), without
 * an outbox. `--alerts N`, `--dir DIR` (where the outbox lies: another disk, another fsync).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createDelivery } from '../src/deliver/delivery.ts'
import { openOutbox } from '../src/deliver/outbox/outbox.ts'
import { exampleAlert } from '../src/deliver/test/example-alert.ts'
import type { Alert } from '../src/types.ts'
import type { BenchOptions } from './main.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { alerts: { type: 'string' }, dir: { type: 'string' } } })
  const count = Number(values.alerts ?? 200)
  const dir = mkdtempSync(join(values.dir ?? tmpdir(), 'oomloop-bench-'))
  const anonBefore = anonKiB()
  const receiver = await startReceiver()
  const delivery = createDelivery({
    webhooks: [
      { name: 'bench', urls: [receiver.url], format: 'generic', minSeverity: 'info', locale: 'en', timeoutMs: 5000 },
    ],
    stateDir: dir,
    agentVersion: 'bench',
    environment: {},
    log,
  })
  await delivery.start()
  const anonMiB = round((anonKiB() - anonBefore) / 1024)
  const own = await measure(count, receiver, alert => delivery.accept(alert))
  const reference = await measure(count, receiver, alert => {
    const headers = { 'content-type': 'application/json', 'webhook-id': alert.id }
    void fetch(receiver.url, { method: 'POST', headers, body: JSON.stringify(alert) }).then(answer => answer.text())
  })
  await delivery.stop()
  const synced = await measureSync(count, dir)
  receiver.stop()
  rmSync(dir, { recursive: true, force: true })
  const ratio = round(own.medianMs / reference.medianMs)
  if (json)
    return console.log(JSON.stringify({ alerts: count, oomloop: own, fetch: reference, synced, ratio, anonMiB }))
  const line = ({ medianMs, p99Ms, worstMs }: Latency) => `median ${medianMs} ms, p99 ${p99Ms} ms, worst ${worstMs} ms`
  console.log(`${count} alerts, one each 25 ms`)
  console.log(`accept to received, oomloop            ${line(own)}`)
  console.log(`accept to received, fetch, no outbox   ${line(reference)} (oomloop: ${ratio} times the median)`)
  console.log(`accept to synced on disk               ${line(synced)}`)
  console.log(`anonymous memory for delivery          ${anonMiB} MiB, with source files compiled by type stripping`)
}

interface Latency {
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

type BenchReceiver = Awaited<ReturnType<typeof startReceiver>>

async function measure(count: number, receiver: BenchReceiver, send: (alert: Alert) => void): Promise<Latency> {
  const times: number[] = []
  for (let index = 0; index < count + 5; index++) {
    const id = `${performance.now()}-${index}`.replace('.', '-')
    const arrived = receiver.next(id)
    const alert = { ...exampleAlert(Date.now()), id, incident: id }
    const begun = process.hrtime.bigint()
    send(alert)
    const at = await arrived
    if (index >= 5) times.push(Number(at - begun) / 1e6)
    await pause(25)
  }
  return latency(times)
}

async function measureSync(count: number, dir: string): Promise<Latency> {
  const outbox = openOutbox({ stateDir: join(dir, 'sync'), log })
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const begun = process.hrtime.bigint()
    const n = outbox.accept(exampleAlert(Date.now()), ['x'])
    await outbox.synced()
    times.push(Number(process.hrtime.bigint() - begun) / 1e6)
    outbox.settle(n, 'x')
    await pause(5)
  }
  await outbox.close()
  return latency(times)
}

/** A server in a process of its own; both read the same monotonic clock. */
async function startReceiver() {
  const child = fork(join(import.meta.dirname, 'support-receiver.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<string, (at: bigint) => void>()
  const [port] = (await once(child, 'message')) as [number]
  child.on('message', ({ id, at }: { id: string; at: string }) => waiting.get(id)?.(BigInt(at)))
  return {
    url: `http://127.0.0.1:${port}/`,
    next: (id: string) => new Promise<bigint>(resolve => waiting.set(id, resolve)),
    stop: () => void child.kill(),
  }
}

function latency(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!)
  return { medianMs: at(0.5), p99Ms: at(0.99), worstMs: at(1) }
}

function anonKiB(): number {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
