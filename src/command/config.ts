import { checkWebhooks } from '../deliver/check-webhooks.ts'
import { exitCode, OomloopError } from '../host/errors.ts'
import { printSettings } from '../settings/print.ts'
import type { CommandRun } from './command.ts'

/** Checks the settings, or prints the effective ones. */
export const config: CommandRun = async ({ positionals, settings, out, err }) => {
  const [what] = positionals
  if (what !== 'check' && what !== 'print')
    throw new OomloopError('OOMLOOP_USAGE', 'config takes check or print; see oomloop config --help')
  const effective = settings({ onUnchecked: sentence => err(`oomloop: warning: ${sentence}`) })
  if (what === 'print') {
    out(printSettings(effective).trimEnd())
    return exitCode.fine
  }
  await checkWebhooks(effective.webhooks)
  out(
    `settings are fine: ${effective.file ?? 'no settings file, all defaults'}; webhooks: ${effective.webhooks.length}`,
  )
  return exitCode.fine
}
