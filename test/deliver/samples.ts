import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createDelivery, type Delivery, type DeliveryEvent, type DeliveryOptions } from '../../src/deliver/delivery.ts'
import { exampleAlert } from '../../src/deliver/test/example-alert.ts'
import type { Log } from '../../src/log.ts'
import type { Alert, WebhookSettings } from '../../src/types.ts'

let serial = 0

/** An alert with an id of its own, now, unless said otherwise. */
export function alertOf(fields: Partial<Alert> = {}): Alert {
  const example = exampleAlert(Date.now(), { name: 'node-7', kernel: '6.18.0', os: 'Debian 13' })
  return { ...example, id: `alert-${++serial}`, incident: 'incident-1', nodeIncident: 'incident-1', ...fields }
}

export function webhookOf(url: string, fields: Partial<WebhookSettings> = {}): WebhookSettings {
  return { name: 'test', urls: [url], format: 'generic', minSeverity: 'info', locale: 'en', timeoutMs: 2000, ...fields }
}

/** A log that is kept instead of written. */
export function keptLog(): Log & { readonly lines: { level: string; sentence: string; fields: object }[] } {
  const lines: { level: string; sentence: string; fields: object }[] = []
  const at = (level: string) => (fields: object, sentence: string) => void lines.push({ level, sentence, fields })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-deliver-'))
  onTestFinished(() =>
    // A process that a test has just ended may still write there.
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  )
  return dir
}

export interface Started {
  readonly delivery: Delivery
  readonly events: readonly DeliveryEvent[]
  readonly log: ReturnType<typeof keptLog>
  readonly stateDir: string
}

/** A delivery that is started, and stopped when the test ends. */
export async function startDelivery(
  webhooks: readonly WebhookSettings[],
  options: Partial<DeliveryOptions> = {},
): Promise<Started> {
  const log = keptLog()
  const events: DeliveryEvent[] = []
  const stateDir = options.stateDir ?? tempDir()
  const delivery = createDelivery({
    webhooks,
    log,
    agentVersion: '1.2.3',
    environment: {},
    onOutcome: event => events.push(event),
    outboxBytes: 256 * 1024,
    ...options,
    stateDir,
  })
  onTestFinished(() => delivery.stop())
  await delivery.start()
  return { delivery, events, log, stateDir }
}
