import { OomloopError } from '../errors.ts'
import { formerFlags } from '../settings/former-names.ts'
import { type Leniency, loadSettings } from '../settings/load.ts'
import { nearest } from '../settings/problems.ts'
import { flagOf, hasFlag, type SettingKey, settingsTable } from '../settings/table.ts'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import type { Command, CommandInput } from './command.ts'
import { localeOf } from './locale.ts'

/** Reads a command's arguments. Throws OOMLOOP_USAGE on a flag or an argument that it does not take. */
export function readArguments(
  command: Command,
  args: readonly string[],
): Pick<CommandInput, 'positionals' | 'flags' | 'settings' | 'locale'> & { readonly help: boolean } {
  const settingFlags = command.settings.filter(hasFlag)
  const locale = localeOf(args, process.env)
  const { cli } = messagesOf(locale)
  const usage = (message: string, cause?: unknown) =>
    new OomloopError('OOMLOOP_USAGE', cli.seeHelp({ message, command: command.name }), { cause })
  const options = optionsOf(command, settingFlags)
  const { values, positionals } = parse(options, args, cause => usage(flagProblem(cause, options, cli), cause))
  const help = values.help === true
  const [least, most] = command.positionals
  if (!help && positionals.length < least)
    throw usage(cli.needs({ command: command.name, usage: cli.commands[command.name].usage }))
  if (positionals.length > most)
    throw usage(cli.doesNotTake({ command: command.name, argument: JSON.stringify(positionals[most]?.slice(0, 60)) }))
  const settings = (leniency?: Leniency) =>
    loadSettings(
      {
        file: values.config as string | undefined,
        environment: process.env,
        flags: Object.fromEntries(
          settingFlags.map(key => [key, values[flagOf(key)] ?? valueOfFormer(key, values)]),
        ) as Partial<Record<SettingKey, string | boolean>>,
        ...(values.webhook ? { webhookUrls: values.webhook as string[] } : {}),
        webhookSecretFile: values['webhook-secret-file'] as string | undefined,
        // Only the service may be able to read the secrets. A command that sends nothing does not need them.
        withWebhooks: command.flags.some(({ name }) => name === 'webhook'),
      },
      leniency,
    )
  return { positionals, flags: values as CommandInput['flags'], settings, help, locale }
}

const { parseArgs } = process.getBuiltinModule('node:util')
type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

function optionsOf(command: Command, settingFlags: readonly SettingKey[]): Options {
  const options: Options = {
    help: { type: 'boolean', short: 'h' },
    config: { type: 'string', short: 'c' },
  }
  for (const key of settingFlags)
    options[flagOf(key)] = { type: settingsTable[key].kind === 'boolean' ? 'boolean' : 'string' }
  for (const [former, key] of formerFlags) if (settingFlags.includes(key)) options[former] = options[flagOf(key)]!
  for (const flag of command.flags)
    options[flag.name] = {
      type: flag.value ? 'string' : 'boolean',
      ...(flag.multiple ? { multiple: true } : {}),
      ...(flag.name === 'output' ? { short: 'o' } : {}),
    }
  return options
}

function valueOfFormer(key: SettingKey, values: Readonly<Record<string, unknown>>): unknown {
  return formerFlags.filter(([, present]) => present === key).map(([former]) => values[former])[0]
}

function parse(options: Options, args: readonly string[], usage: (cause: unknown) => OomloopError) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true })
  } catch (cause) {
    throw usage(cause)
  }
}

/** What is wrong with a flag. Node says it in English only, and names the flag in quotes: `Unknown option '--bogus'`. */
function flagProblem(cause: unknown, options: Options, t: Messages['cli']): string {
  const { code, message } = cause as NodeJS.ErrnoException
  const flag = /'(?:-\w, )?(--?[\w-]+)/.exec(message)?.[1]
  if (flag === undefined) return message.split('\n')[0]!
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(flag.replace(/^--?/, ''), Object.keys(options))
    return t.unknownFlag({ flag, near: near === undefined ? null : `--${near}` })
  }
  return /does not take/.test(message) ? t.flagTakesNoValue({ flag }) : t.flagNeedsValue({ flag })
}
