import { hostname } from 'node:os'
import { checkWebhooks } from '../deliver/check-webhooks.ts'
import { exampleAlert } from '../deliver/example-alert.ts'
import { rehearse, rehearseDry } from '../deliver/rehearse.ts'
import { exitCode, OomloopError } from '../host/errors.ts'
import type { Settings } from '../settings/settings.ts'
import { version } from '../version.ts'
import type { CommandRun } from './command.ts'

/** `oomloop notify --test`: one test notification through every webhook, with the answer of each. */
export const notifyCommand: CommandRun = ({ flags, settings, out }) => {
  const dryRun = flags['dry-run'] === true
  if (flags.test !== true && !dryRun)
    throw new OomloopError('OOMLOOP_USAGE', 'notify takes --test, --dry-run or both; see oomloop notify --help')
  return notify({ settings: settings(), dryRun, out })
}

/** Returns 0 where every webhook took it, 1 where one did not. Throws OOMLOOP_SETTINGS where there is none, or one cannot work. */
export async function notify(options: {
  readonly settings: Pick<Settings, 'webhooks' | 'nodeName' | 'labels'>
  readonly dryRun: boolean
  readonly out: (line: string) => void
}): Promise<number> {
  const { settings, dryRun, out } = options
  if (settings.webhooks.length === 0)
    throw new OomloopError(
      'OOMLOOP_SETTINGS',
      'no webhook is configured: name one with --webhook URL, or under webhooks',
    )
  await checkWebhooks(settings.webhooks)
  const alert = exampleAlert(Date.now(), {
    name: settings.nodeName ?? hostname(),
    labels: settings.labels,
    agentVersion: version,
  })
  const shared = { alert, agentVersion: version, environment: process.env, now: Date.now }
  let failed = 0
  for (const webhook of settings.webhooks) {
    for (const url of webhook.urls) {
      out(`${webhook.name}`)
      const { lines, delivered } = await (dryRun ? rehearseDry : rehearse)({ ...shared, webhook, url })
      for (const line of lines) out(line)
      if (!delivered) failed++
    }
  }
  return failed > 0 ? exitCode.finding : exitCode.fine
}
