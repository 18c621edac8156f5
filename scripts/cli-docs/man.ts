import type { Command } from '../../src/command/command.ts'
import { flagsOf } from '../../src/command/flags.ts'
import { errorCodes } from '../../src/host/errors.ts'
import { environmentOf, flagOf, type Setting, settingKeys, settingsTable } from '../../src/settings/table.ts'

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
      'oomloop watches the kernel log, memory and pressure of one node and sends an alert before kubelet goes NotReady. Over logs, recordings and captures it judges the same way after the fact. It ends no process, and starts none while it watches.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH SETTINGS',
    text(
      'Every setting has a key in the settings file; most have a flag and an environment variable as well. A flag goes before the environment, the environment before the file.',
    ),
    ...settingKeys.flatMap(key => {
      const row: Setting = settingsTable[key]
      const names = row.fileOnly ? '' : ` (\\fB\\-\\-${roff(flagOf(key))}\\fR, \\fB${roff(environmentOf(key))}\\fR)`
      const standard = row.default === null ? '' : ` Default: ${row.default}.`
      return ['.TP', `\\fB${roff(key)}\\fR${names}`, text(`${sentence(row.help)}${standard}`)]
    }),
    '.SH EXIT STATUS',
    ...[
      ['0', 'Fine.'],
      ['1', 'There is a finding: an OOM kill, an alert, something to mend, a webhook that did not take a message.'],
      ['2', 'Wrong use: a flag, an argument or a setting that does not exist or cannot have that value.'],
      ['3', 'A failure. The message ends with one of these codes:'],
    ].flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning!)]),
    '.RS',
    ...Object.entries(errorCodes).flatMap(([code, meaning]) => ['.TP', `.B ${roff(code)}`, text(sentence(meaning))]),
    '.RE',
    '.SH ENVIRONMENT',
    '.TP',
    '.B NO_COLOR',
    text('Where it is set, nothing is coloured.'),
    '.TP',
    '.B NODE_NAME',
    text('The name of this node in alerts, where the settings do not say otherwise.'),
    '.SH FILES',
    ...[
      ['/etc/oomloop/oomloop.yaml', 'Settings.'],
      ['/var/lib/oomloop', 'Outbox, recordings, status and the position in the kernel log.'],
    ].flatMap(([path, meaning]) => ['.TP', `.I ${roff(path!)}`, text(meaning!)]),
    '',
  ].join('\n')
}

function commandLines(command: Command): string[] {
  return [
    `.SS "oomloop ${roff(command.name)} ${roff(command.usage)}"`,
    text(command.help),
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
