import { webhookProblems } from '../deliver/check-webhooks.ts'
import { exitCode, OomloopError } from '../errors.ts'
import { printSettings } from '../settings/print.ts'
import { throwIfAny } from '../settings/problems.ts'
import { messagesOf } from '../text/messages/catalogues.ts'
import type { CommandRun } from './command.ts'

/** Checks the settings, or prints the effective ones. */
export const config: CommandRun = async ({ positionals, settings, out, err, locale }) => {
  const { cli } = messagesOf(locale)
  const [what] = positionals
  if (what !== 'check' && what !== 'print')
    throw new OomloopError('OOMLOOP_USAGE', cli.seeHelp({ message: cli.config.what, command: 'config' }))
  const warn = (sentence: string): void => err(`oomloop: ${cli.config.warning({ sentence })}`)
  const errors: string[] = []
  const onError = (sentence: string): void => void errors.push(sentence)
  const effective = settings({ onUnchecked: warn, onNotice: warn, ...(what === 'check' && { onError }) })
  if (what === 'print') {
    out(printSettings(effective).trimEnd())
    return exitCode.fine
  }
  throwIfAny([...errors, ...(await webhookProblems(effective.webhooks, locale))], locale)
  out(cli.config.fine({ file: effective.file, webhooks: effective.webhooks.length }))
  for (const { name, format, isFormatGuessed, minSeverity } of effective.webhooks)
    out(cli.config.webhook({ name, format, isGuessed: isFormatGuessed === true, minSeverity }))
  return exitCode.fine
}
