/**
 * An agent reduced to what delivery sees of it: alerts come in a fixed order, as from a kernel log with a cursor. It is
 * killed at any moment; a new life goes on behind the last alert whose acceptance was noted. Arguments: JSON.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createDelivery } from '../../src/deliver/delivery.ts'
import type { FormatName, WebhookSettings } from '../../src/types.ts'
import { alertNumber, type ChaosPlan } from './plan.ts'

export interface AgentArguments {
  readonly plan: ChaosPlan
  readonly stateDir: string
  /** Numbers of accepted alerts, a line each: written after accept() returned, so what is here must arrive. */
  readonly acceptedFile: string
  readonly urls: readonly string[]
  readonly outboxBytes: number
  /** Added to this life's clock, milliseconds. */
  readonly clockSkewMs: number
  readonly paceMs: number
}

const { plan, stateDir, acceptedFile, urls, outboxBytes, clockSkewMs, paceMs }: AgentArguments = JSON.parse(
  process.argv[2]!,
)
const complain = (level: string) => (fields: object, sentence: string) =>
  process.stderr.write(`${level} ${sentence} ${JSON.stringify(fields)}\n`)

const webhooks: WebhookSettings[] = urls.map((url, index) => ({
  name: `receiver-${index}`,
  urls: [url],
  format: (['generic', 'cloudevents'] satisfies FormatName[])[index % 2]!,
  minSeverity: 'info',
  locale: 'en',
  timeoutMs: 250,
}))
const delivery = createDelivery({
  webhooks,
  stateDir,
  outboxBytes,
  agentVersion: 'chaos',
  environment: {},
  now: () => Date.now() + clockSkewMs,
  // Waits are a twentieth of the real ones: a round must end within a second or so.
  random: () => Math.random() / 20,
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: complain('error') },
  onOutcome: () => {},
})

await delivery.start()
process.stdout.write('ready\n')
const accepted = existsSync(acceptedFile) ? readFileSync(acceptedFile, 'utf8').split('\n').filter(Boolean).length : 0
for (let index = accepted; index < plan.alerts.length; index++) {
  delivery.accept(alertNumber(plan, index))
  await delivery.written()
  appendFileSync(acceptedFile, `${index}\n`)
  await new Promise(resolve => setTimeout(resolve, paceMs))
}
await delivery.drain(60_000)
await delivery.stop()
process.stdout.write('drained\n')
