import type { Leniency } from '../settings/load.ts'
import type { Settings } from '../settings/settings.ts'
import type { SettingKey } from '../settings/table.ts'

/** A flag of one command, beside the flags that come from the settings table. */
export interface Flag {
  readonly name: string
  /** Placeholder of its value, as FILE; absent: the flag is a switch. */
  readonly value?: string
  readonly multiple?: boolean
  readonly help: string
}

/** One command of the command line: help, man page and completion are made from these fields. */
export interface Command {
  readonly name: string
  /** What follows the name in the usage line. */
  readonly usage: string
  readonly summary: string
  readonly help: string
  /** Settings whose flags it takes. */
  readonly settings: readonly SettingKey[]
  readonly flags: readonly Flag[]
  /** How many positional arguments it takes. */
  readonly positionals: readonly [least: number, most: number]
  /** Loads the command's own file, so that the resident agent carries no other. */
  readonly load: () => Promise<CommandRun>
}

/** Carries a command out and returns its exit code; throws an OomloopError where it cannot. */
export type CommandRun = (input: CommandInput) => Promise<number>

export interface CommandInput {
  readonly positionals: readonly string[]
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  /** Loads the effective settings; only those who need them pay for them. */
  readonly settings: (leniency?: Leniency) => Settings
  readonly out: (line: string) => void
  readonly err: (line: string) => void
}
