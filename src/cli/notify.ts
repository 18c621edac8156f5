import { hostname } from 'node:os'
import { checkWebhooks } from '../deliver/check-webhooks.ts'
import { testAlert } from '../deliver/test/example-alert.ts'
import { dryRunWebhook, testWebhook } from '../deliver/test/test-webhook.ts'
import { exitCode, OomloopError } from '../errors.ts'
import type { Settings } from '../settings/settings.ts'
import { type Locale, messagesOf } from '../text/messages/catalogues.ts'
import type { Alert, WebhookSettings } from '../types.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'

/** `oomloop notify --test`: one test notification through every webhook, with the answer of each. */
export const notifyCommand: CommandRun = ({ flags, settings, out, locale }) => {
  const { cli } = messagesOf(locale)
  const dryRun = flags['dry-run'] === true
  if (flags['remove-conditions'] === true) return removeNodeConditions({ settings: settings(), out, locale })
  if (flags.test !== true && !dryRun)
    throw new OomloopError('OOMLOOP_USAGE', cli.seeHelp({ message: cli.notify.what, command: 'notify' }))
  return notify({ settings: settings(), dryRun, out })
}

/** Returns 0 where every webhook took it, 1 where one did not. Throws OOMLOOP_SETTINGS where there is none, or one cannot work. */
export async function notify(options: {
  readonly settings: Pick<Settings, 'webhooks' | 'nodeName' | 'labels'> & { readonly locale?: Locale }
  readonly dryRun: boolean
  readonly out: (line: string) => void
}): Promise<number> {
  const { settings, dryRun, out } = options
  const { locale = 'en' } = settings
  if (settings.webhooks.length === 0)
    throw new OomloopError('OOMLOOP_SETTINGS', messagesOf(locale).cli.notify.noWebhook)
  await checkWebhooks(settings.webhooks, locale)
  const node = { name: settings.nodeName ?? hostname(), labels: settings.labels, agentVersion: version }
  const shared = { agentVersion: version, environment: process.env, now: Date.now, locale }
  let failed = 0
  for (const webhook of settings.webhooks) {
    if (webhook.format === 'kubernetes' && !dryRun) {
      if (!(await testEvent(webhook, testAlert(Date.now(), node, webhook.locale), { out, locale }))) failed++
      continue
    }
    for (const url of webhook.urls) {
      out(`${webhook.name}`)
      const alert = testAlert(Date.now(), node, webhook.locale)
      const { lines, delivered } = await (dryRun ? dryRunWebhook : testWebhook)({ ...shared, alert, webhook, url })
      for (const line of lines) out(line)
      if (!delivered) failed++
    }
  }
  return failed > 0 ? exitCode.finding : exitCode.fine
}

/** Writes an Event that says it is a test. Loaded for Kubernetes alone. */
async function testEvent(
  webhook: WebhookSettings,
  alert: Alert,
  { out, locale }: { readonly out: (line: string) => void; readonly locale: Locale },
): Promise<boolean> {
  const { openApiServer, writeTestEvent } = await import('../deliver/kubernetes/kubernetes.ts')
  const why = await writeTestEvent(openApiServer(webhook, process.env, version), alert, messagesOf(locale).delivery)
  const { eventWritten, eventRefused } = messagesOf(locale).cli.notify
  const node = alert.node.name
  out(webhook.name)
  out(`  ${why === null ? eventWritten({ node }) : eventRefused({ node, why })}`)
  return why === null
}

async function removeNodeConditions(options: {
  readonly settings: Pick<Settings, 'webhooks' | 'nodeName'>
  readonly out: (line: string) => void
  readonly locale: Locale
}): Promise<number> {
  const { settings, out, locale } = options
  const { cli } = messagesOf(locale)
  const webhook = settings.webhooks.find(({ format }) => format === 'kubernetes')
  if (!webhook) throw new OomloopError('OOMLOOP_SETTINGS', cli.notify.noKubernetes)
  const { openApiServer, removeConditions } = await import('../deliver/kubernetes/kubernetes.ts')
  const node = settings.nodeName ?? hostname()
  const why = await removeConditions(openApiServer(webhook, process.env, version), node)
  out(why === null ? cli.notify.removed({ node }) : cli.notify.notRemoved({ node, why }))
  return why === null ? exitCode.fine : exitCode.finding
}
