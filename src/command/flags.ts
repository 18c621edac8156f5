import { environmentOf, flagOf, type Setting, settingsTable } from '../settings/table.ts'
import type { Command } from './command.ts'

/** A flag as help, man page and completion tell it. */
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
export function flagsOf(command: Command): readonly FlagText[] {
  return [
    ...command.flags.map(({ name, value, help }) => ({
      name,
      short: name === 'output' ? 'o' : null,
      value: value ?? null,
      choices: null,
      help,
    })),
    ...command.settings.flatMap(key => {
      const row: Setting = settingsTable[key]
      return row.fileOnly ? [] : [settingFlag(row, key)]
    }),
    {
      name: 'config',
      short: 'c',
      value: 'FILE',
      choices: null,
      help: 'settings file (default /etc/oomloop/oomloop.yaml, where it exists)',
    },
    { name: 'help', short: 'h', value: null, choices: null, help: 'what the command does and takes' },
  ]
}

function settingFlag(row: Setting, key: Parameters<typeof flagOf>[0]): FlagText {
  const standard = row.default === null ? '' : ` (default ${row.default})`
  return {
    // A switch that is on by default is only ever turned off.
    name: row.default === true ? `no-${flagOf(key)}` : flagOf(key),
    short: null,
    value: row.kind === 'boolean' ? null : (row.choices?.join('|') ?? row.kind.toUpperCase()),
    choices: row.choices ?? null,
    help: `${row.help}${standard}; $${environmentOf(key)}`,
  }
}
