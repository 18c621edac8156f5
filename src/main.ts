#!/usr/bin/env node
import { readArguments } from './cli/arguments.ts'
import { commands } from './cli/commands.ts'
import { commandText, overviewText } from './cli/help.ts'
import { localeOf } from './cli/locale.ts'
import { exitCode, exitCodeOf, OomloopError } from './errors.ts'
import { nearest } from './settings/problems.ts'
import { messagesOf } from './text/messages/catalogues.ts'
import { version } from './version.ts'

const out = (line: string): void => void process.stdout.write(`${line}\n`)
const err = (line: string): void => void process.stderr.write(`${line}\n`)

// A reader that exits early (`oomloop replay … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.fine)
  throw error
})

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  err(`oomloop: ${error instanceof OomloopError ? withCode(error) : ((error as Error).stack ?? error)}`)
  // Parts that have started would keep a broken agent alive.
  process.exit(exitCodeOf(error))
})

/** The code ends the first line: a list of errors follows it. */
function withCode({ message, code }: OomloopError): string {
  return message.replace(/(?=\n|$)/, ` [${code}]`)
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const locale = localeOf(args, process.env)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = commands.find(command => command.name === args[0])
    out(about ? commandText(about, locale) : overviewText(commands, locale))
    return name === undefined ? exitCode.wrongUse : exitCode.fine
  }
  if (name === '--version' || name === '-V') {
    out(`oomloop ${version}`)
    return exitCode.fine
  }
  const command = commands.find(known => known.name === name)
  if (!command)
    throw new OomloopError(
      'OOMLOOP_USAGE',
      messagesOf(locale).cli.unknownCommand({
        kind: name.startsWith('-') ? 'flag' : 'command',
        name: JSON.stringify(name.slice(0, 60)),
        near:
          nearest(
            name,
            commands.map(known => known.name),
          ) ?? null,
      }),
    )
  const { help, ...read } = readArguments(command, args)
  if (help) {
    out(commandText(command, locale))
    return exitCode.fine
  }
  const run = await command.load()
  return run({ ...read, out, err })
}
