import type { Command } from './command.ts'
import { flagsOf } from './flags.ts'

/** The overview that `oomloop --help` prints. */
export function overviewText(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(command => command.name.length))
  return [
    'oomloop: sees OOM kill-respawn loops, and the memory exhaustion before them, on this node',
    '',
    'usage: oomloop COMMAND [FLAGS]',
    '',
    ...commands.map(command => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'oomloop COMMAND --help says more. Every command takes --config FILE.',
    'exit codes: 0 fine, 1 there is a finding, 2 wrong use, 3 a failure',
  ].join('\n')
}

/** What `oomloop COMMAND --help` prints. */
export function commandText(command: Command): string {
  const flags = flagsOf(command)
    .filter(flag => flag.name !== 'help')
    .map(flag => [`--${flag.name}${flag.value ? ` ${flag.value}` : ''}`, flag.help] as const)
  const width = Math.max(...flags.map(([flag]) => flag.length))
  return [
    `usage: oomloop ${command.name} ${command.usage}`,
    '',
    ...wrap(command.help, 100),
    '',
    ...flags.flatMap(([flag, help]) => {
      const [first, ...more] = wrap(help, 96 - width)
      return [`  ${flag.padEnd(width)}  ${first}`, ...more.map(line => `  ${' '.repeat(width)}  ${line}`)]
    }),
  ].join('\n')
}

/** Breaks a text at blanks into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1]!
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
