import type { Command } from '../../src/cli/command.ts'
import { flagsOf, helpOf } from '../../src/cli/flags.ts'
import { errorCodes } from '../../src/errors.ts'
import {
  environmentOf,
  hasFlag,
  type Setting,
  settingKeys,
  settingsTable,
  writtenFlagOf,
} from '../../src/settings/table.ts'
import { messagesOf } from '../../src/text/messages/catalogues.ts'

/** The manual page oomloop(1) from the tables that --help is made from. */
export function manPage(commands: readonly Command[], { version, date }: { version: string; date: string }): string {
  return [
    `.TH OOMLOOP 1 "${roff(date)}" "oomloop ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'oomloop \\- sees OOM kill\\-respawn loops, and the memory exhaustion before them, on a Linux node',
    '.SH SYNOPSIS',
    '.B oomloop',
    '.I COMMAND',
    '[\\fIFLAGS\\fR]',
    '.SH DESCRIPTION',
    text(
      'oomloop monitors the kernel log, memory and pressure of one node and sends an alert before kubelet goes NotReady. It analyses logs, recordings and captures with the same rules. It kills no process, and the agent starts none.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH SETTINGS',
    text(
      'Every setting has a key in the settings file; most also have a flag and an environment variable. A flag overrides the environment, and the environment overrides the file.',
    ),
    ...settingKeys.flatMap(key => {
      const row: Setting = settingsTable[key]
      const names = hasFlag(key)
        ? ` (\\fB\\-\\-${roff(writtenFlagOf(key))}\\fR, \\fB${roff(environmentOf(key))}\\fR)`
        : ''
      const standard = row.default === null ? '' : ` Default: ${row.default}.`
      return ['.TP', `\\fB${roff(key)}\\fR${names}`, text(`${sentence(helpOf(key))}${standard}`)]
    }),
    '.SH EXIT STATUS',
    ...[
      ['0', 'Success.'],
      ['1', 'There are findings: an OOM kill, an alert, an issue to fix, or a webhook that did not accept a message.'],
      ['2', 'Usage error: a flag, an argument or a setting that does not exist or cannot have that value.'],
      ['3', 'A failure. The message ends with one of these codes:'],
    ].flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning!)]),
    '.RS',
    ...errorCodes.flatMap(code => ['.TP', `.B ${roff(code)}`, text(sentence(messagesOf('en').cli.errors[code]))]),
    '.RE',
    '.SH ENVIRONMENT',
    '.TP',
    '.B NO_COLOR',
    text('If set, the output has no colours.'),
    '.TP',
    '.B NODE_NAME',
    text('The name of this node in alerts, unless the settings name one.'),
    '.SH FILES',
    ...[
      ['/etc/oomloop/oomloop.yaml', 'Settings.'],
      ['/var/lib/oomloop', 'Outbox, recordings, status and the position in the kernel log.'],
    ].flatMap(([path, meaning]) => ['.TP', `.I ${roff(path!)}`, text(meaning!)]),
    '',
  ].join('\n')
}

function commandLines(command: Command): string[] {
  const { usage, help } = messagesOf('en').cli.commands[command.name]
  return [
    `.SS "oomloop ${roff(command.name)} ${roff(usage)}"`,
    text(help),
    ...flagsOf(command).flatMap(({ name, short, value, help }) => [
      '.TP',
      `${short ? `\\fB\\-${short}\\fR, ` : ''}\\fB\\-\\-${roff(name)}\\fR${value ? ` \\fI${roff(value)}\\fR` : ''}`,
      text(sentence(help)),
    ]),
  ]
}

function sentence(help: string): string {
  return `${help.charAt(0).toUpperCase()}${help.slice(1)}.`
}

/** One line of running text: a dot or a quote at its start would be a command. */
function text(words: string): string {
  return roff(words).replace(/^[.']/, '\\&$&')
}

function roff(words: string): string {
  return words.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/"/g, '\\(dq').replace(/…/g, '...')
}
