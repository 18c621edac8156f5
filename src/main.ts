#!/usr/bin/env node
import { readArguments } from './command/arguments.ts'
import { commands } from './command/commands.ts'
import { commandText, overviewText } from './command/help.ts'
import { exitCode, exitCodeOf, OomloopError } from './host/errors.ts'
import { version } from './version.ts'

const out = (line: string): void => void process.stdout.write(`${line}\n`)
const err = (line: string): void => void process.stderr.write(`${line}\n`)

// A reader that goes away (`oomloop replay … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.fine)
  throw error
})

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  err(
    `oomloop: ${error instanceof OomloopError ? `${error.message} [${error.code}]` : ((error as Error).stack ?? error)}`,
  )
  // What had started by then would keep the process alive: half an agent is none.
  process.exit(exitCodeOf(error))
})

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = commands.find(command => command.name === args[0])
    out(about ? commandText(about) : overviewText(commands))
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
      `unknown ${name.startsWith('-') ? 'flag' : 'command'} ${JSON.stringify(name.slice(0, 60))}; see oomloop --help`,
    )
  const { help, ...read } = readArguments(command, args)
  if (help) {
    out(commandText(command))
    return exitCode.fine
  }
  const run = await command.load()
  return run({ ...read, out, err })
}
