/**
 * What the webhook of format `kubernetes` costs the other webhooks: from `accept(alert)` to the moment at which another
 * process has the whole body, without it, and beside an API server that answers, takes two seconds for each answer, or is
 * away. The four take turns, so that load on this machine hits all of them. `--alerts N` (default 100, for each).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createDeliveryToAll } from '../src/deliver/all-webhooks.ts'
import { exampleAlert } from '../src/deliver/test/example-alert.ts'
import type { BenchOptions } from './main.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Row {
  readonly apiServer: string
  readonly medianMs: number
  readonly p99Ms: number
  /** Of the median without the format. */
  readonly ratio: number
}

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { alerts: { type: 'string', default: '100' } } })
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-bench-'))
  writeFileSync(join(dir, 'token'), 'a token\n')
  const receiver = await startReceiver()
  const answering = await startApiServer(0)
  const slow = await startApiServer(2000)
  const cases = await Promise.all(
    [
      { apiServer: 'none', url: null },
      { apiServer: 'answers at once', url: answering.url },
      { apiServer: 'takes 2 s for each answer', url: slow.url },
      { apiServer: 'away (connection refused)', url: 'http://127.0.0.1:9' },
    ].map(async ({ apiServer, url }, index) => ({
      apiServer,
      times: [] as number[],
      delivery: await openDelivery(join(dir, String(index)), receiver.url, url, join(dir, 'token')),
    })),
  )
  for (let round = -5; round < Number(values.alerts); round++)
    for (const turn of cases.keys()) {
      const index = (turn + Math.abs(round)) % cases.length
      const { times, delivery } = cases[index]!
      const id = `${index}-${round}-${performance.now()}`.replace('.', '-')
      const arrived = receiver.next(id)
      const begun = process.hrtime.bigint()
      delivery.accept({ ...exampleAlert(Date.now()), id, incident: id })
      const at = await arrived
      if (round >= 0) times.push(Number(at - begun) / 1e6)
      await pause(10)
    }
  for (const { delivery } of cases) await delivery.stop()
  answering.stop()
  slow.stop()
  receiver.stop()
  rmSync(dir, { recursive: true, force: true })
  const base = quantile(cases[0]!.times, 0.5)
  const rows: Row[] = cases.map(({ apiServer, times }) => ({
    apiServer,
    medianMs: round2(quantile(times, 0.5)),
    p99Ms: round2(quantile(times, 0.99)),
    ratio: round2(quantile(times, 0.5) / base),
  }))
  if (json) return console.log(JSON.stringify({ alerts: Number(values.alerts), rows }))
  console.log(`${values.alerts} alerts for each, from accept to received by the other webhook`)
  for (const { apiServer, medianMs, p99Ms, ratio } of rows)
    console.log(
      `API server: ${apiServer.padEnd(28)} median ${medianMs} ms, p99 ${p99Ms} ms (${ratio} times the median without)`,
    )
}

async function openDelivery(dir: string, receiver: string, apiServer: string | null, tokenFile: string) {
  const common = { minSeverity: 'info', locale: 'en', timeoutMs: 5000 } as const
  const delivery = createDeliveryToAll({
    webhooks: [
      { name: 'bench', urls: [receiver], format: 'generic', ...common },
      ...(apiServer === null
        ? []
        : [{ name: 'kubernetes', urls: [apiServer], format: 'kubernetes' as const, tokenFile, ...common }]),
    ],
    nodeName: 'node-1',
    stateDir: dir,
    agentVersion: 'bench',
    environment: {},
    log,
  })
  await delivery.start()
  return delivery
}

async function startApiServer(answerMs: number): Promise<{ readonly url: string; readonly stop: () => void }> {
  const child = fork(join(import.meta.dirname, 'support-api-server.ts'), [String(answerMs)])
  const [port] = (await once(child, 'message')) as [number]
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

async function startReceiver() {
  const child = fork(join(import.meta.dirname, 'support-receiver.ts'))
  const [port] = (await once(child, 'message')) as [number]
  const waiting = new Map<string, (at: bigint) => void>()
  child.on('message', ({ id, at }: { id: string; at: string }) => {
    waiting.get(id)?.(BigInt(at))
    waiting.delete(id)
  })
  return {
    url: `http://127.0.0.1:${port}`,
    next: (id: string) => new Promise<bigint>(resolve => waiting.set(id, resolve)),
    stop: () => child.kill(),
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}

const round2 = (value: number): number => Math.round(value * 100) / 100
