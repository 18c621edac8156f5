import {
  choicesOf,
  environmentOf,
  hasFlag,
  type Setting,
  type SettingKey,
  settingsTable,
  writtenFlagOf,
} from '../settings/table.ts'
import { type Messages, messagesOf } from '../text/messages/catalogues.ts'
import type { Command, Flag } from './command.ts'

/** A flag as help, man page and completion show it. */
export interface FlagText {
  /** Without its dashes; a switch that is on by default begins with `no-`. */
  readonly name: string
  readonly short: string | null
  /** Placeholder of its value; null: a switch. */
  readonly value: string | null
  readonly choices: readonly string[] | null
  readonly help: string
}

/** Every flag that a command takes, its own first. */
export function flagsOf(command: Command, t: Messages = messagesOf('en')): readonly FlagText[] {
  return [
    ...command.flags.map(flag => ({
      name: flag.name,
      short: flag.name === 'output' ? 'o' : null,
      value: flag.value ?? null,
      choices: null,
      help: flagHelp(flag, t),
    })),
    ...command.settings.filter(hasFlag).map(key => settingFlag(key, command.name, t)),
    { name: 'config', short: 'c', value: 'FILE', choices: null, help: t.cli.flags.config },
    { name: 'help', short: 'h', value: null, choices: null, help: t.cli.flags.help },
  ]
}

/** What a flag of a command's own does. */
export function flagHelp({ name, text }: Flag, t: Messages = messagesOf('en')): string {
  return t.cli.flags[text ?? (name as keyof Messages['cli']['flags'])]
}

/** What the flag of a setting does: of a switch that is on by default, what turning it off does. */
function settingFlagHelp(key: SettingKey, t: Messages = messagesOf('en')): string {
  const off: Readonly<Partial<Record<SettingKey, string>>> = t.settings.helpOff
  return off[key] ?? helpOf(key, t)
}

function isSwitchOff(key: SettingKey, { settings }: Messages): boolean {
  return key in settings.helpOff
}

/** What a setting does for this command, where that differs from what it does elsewhere. */
function helpInCommand(key: SettingKey, command: Command['name'], { cli }: Messages): string | undefined {
  const texts: Readonly<Record<string, Readonly<Partial<Record<SettingKey, string>>>>> = cli.settingsOf
  return texts[command]?.[key]
}

/** What a setting does. Every row of the table needs this text: the type says so. */
export function helpOf(key: SettingKey, t: Messages = messagesOf('en')): string {
  const help: Readonly<Record<SettingKey, string>> = t.settings.help
  return help[key]
}

function settingFlag(key: SettingKey, command: Command['name'], t: Messages): FlagText {
  const row: Setting = settingsTable[key]
  const standard = row.default === null || row.kind === 'boolean' ? null : String(row.default)
  const variable = environmentOf(key)
  const help = isSwitchOff(key, t)
    ? t.cli.switchOffHelp({ help: settingFlagHelp(key, t), variable })
    : t.cli.settingHelp({ help: helpInCommand(key, command, t) ?? settingFlagHelp(key, t), standard, variable })
  return {
    name: writtenFlagOf(key),
    short: null,
    value: row.kind === 'boolean' ? null : (choicesOf(row)?.join('|') ?? row.kind.toUpperCase()),
    choices: choicesOf(row) ?? null,
    help,
  }
}
