import type { Leniency } from '../settings/load.ts'
import type { Settings } from '../settings/settings.ts'
import type { SettingKey } from '../settings/table.ts'
import type { Locale, Messages } from '../text/messages/catalogues.ts'

/** A flag of one command, besides the flags that come from the settings table. */
export interface Flag {
  readonly name: string
  /** Its help in the catalogues (`cli.flags`), where that is not under its name. */
  readonly text?: keyof Messages['cli']['flags']
  /** Placeholder of its value, such as FILE; absent: the flag is a switch. */
  readonly value?: string
  readonly multiple?: boolean
}

/** One command of the command line: help, man page and completion follow; its texts are `cli.commands`. */
export interface Command {
  readonly name: keyof Messages['cli']['commands']
  /** Settings whose flags it takes. */
  readonly settings: readonly SettingKey[]
  readonly flags: readonly Flag[]
  /** How many positional arguments it takes. */
  readonly positionals: readonly [least: number, most: number]
  /** Loads the file of the command, so that the resident agent does not hold the code of other commands in memory. */
  readonly load: () => Promise<CommandRun>
}

/** Runs a command and returns its exit code. Throws an OomloopError if it cannot. */
export type CommandRun = (input: CommandInput) => Promise<number>

export interface CommandInput {
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  /** Loads the effective settings. Commands that do not need them do not load them. */
  readonly settings: (leniency?: Leniency) => Settings
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  /** Language of help and of errors before the settings are known. */
  readonly locale: Locale
}
