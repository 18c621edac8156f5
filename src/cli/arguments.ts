import { parseArgs } from 'node:util'
import { OomloopError } from '../host/errors.ts'
import { type Leniency, loadSettings } from '../settings/load.ts'
import { flagOf, type Setting, type SettingKey, settingsTable } from '../settings/table.ts'
import type { Command, CommandInput } from './command.ts'

/** Reads a command's arguments. Throws OOMLOOP_USAGE on a flag or an argument that it does not take. */
export function readArguments(
  command: Command,
  args: readonly string[],
): Pick<CommandInput, 'positionals' | 'flags' | 'settings'> & { readonly help: boolean } {
  const settingFlags = command.settings.filter(key => !(settingsTable[key] as Setting).fileOnly)
  const { values, positionals } = parse(command, settingFlags, args)
  const help = values.help === true
  const [least, most] = command.positionals
  if (!help && positionals.length < least) throw usage(command, `${command.name} needs ${command.usage}`)
  if (positionals.length > most)
    throw usage(command, `${command.name} does not take "${positionals[most]?.slice(0, 60)}"`)
  const settings = (leniency?: Leniency) =>
    loadSettings(
      {
        file: values.config as string | undefined,
        environment: process.env,
        flags: Object.fromEntries(settingFlags.map(key => [key, values[flagOf(key)]])) as Partial<
          Record<SettingKey, string | boolean>
        >,
        ...(values.webhook ? { webhookUrls: values.webhook as string[] } : {}),
        webhookSecretFile: values['webhook-secret-file'] as string | undefined,
        // Secrets may be there for the service alone: whoever sends nothing must not stumble over them.
        withWebhooks: command.flags.some(({ name }) => name === 'webhook'),
      },
      leniency,
    )
  return { positionals, flags: values as CommandInput['flags'], settings, help }
}

function parse(command: Command, settingFlags: readonly SettingKey[], args: readonly string[]) {
  const options: NonNullable<Parameters<typeof parseArgs>[0]>['options'] = {
    help: { type: 'boolean', short: 'h' },
    config: { type: 'string', short: 'c' },
  }
  for (const key of settingFlags)
    options[flagOf(key)] = { type: settingsTable[key].kind === 'boolean' ? 'boolean' : 'string' }
  for (const flag of command.flags)
    options[flag.name] = {
      type: flag.value ? 'string' : 'boolean',
      ...(flag.multiple ? { multiple: true } : {}),
      ...(flag.name === 'output' ? { short: 'o' } : {}),
    }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true })
  } catch (cause) {
    throw usage(command, (cause as Error).message.split('. ')[0]!.replace(/\.$/, ''), cause)
  }
}

function usage(command: Command, message: string, cause?: unknown): OomloopError {
  return new OomloopError('OOMLOOP_USAGE', `${message}; see oomloop ${command.name} --help`, { cause })
}
