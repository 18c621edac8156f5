import { cellsOf } from '../text/cell-width.ts'
import { type Locale, messagesOf } from '../text/messages/catalogues.ts'
import { wrapped } from '../text/wrap.ts'
import type { Command } from './command.ts'
import { flagsOf } from './flags.ts'

/** The overview that `oomloop --help` prints. */
export function overviewText(commands: readonly Command[], locale: Locale = 'en'): string {
  const { cli } = messagesOf(locale)
  const width = Math.max(...commands.map(command => command.name.length))
  return [
    cli.overview.title,
    '',
    cli.overview.usage,
    '',
    ...commands.map(({ name }) => `  ${name.padEnd(width)}  ${cli.commands[name].summary}`),
    '',
    cli.overview.more,
    cli.overview.exitCodes,
  ].join('\n')
}

/** What `oomloop COMMAND --help` prints. */
export function commandText(command: Command, locale: Locale = 'en'): string {
  const t = messagesOf(locale)
  const { usage, help } = t.cli.commands[command.name]
  const flags = flagsOf(command, t)
    .filter(flag => flag.name !== 'help')
    .map(flag => [`--${flag.name}${flag.value ? ` ${flag.value}` : ''}`, flag.help] as const)
  const width = Math.max(...flags.map(([flag]) => cellsOf(flag)))
  return [
    t.cli.usage({ command: command.name, usage }),
    '',
    ...wrapped(help, 100),
    '',
    ...flags.flatMap(([flag, text]) => {
      const [first, ...more] = wrapped(text, 96 - width)
      return [`  ${flag.padEnd(width)}  ${first}`, ...more.map(line => `  ${' '.repeat(width)}  ${line}`)]
    }),
  ].join('\n')
}
