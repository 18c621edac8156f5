/** Writes the manual page and the shells' completions into a directory: `node scripts/cli-docs.ts DIR`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../src/cli/commands.ts'
import { version } from '../src/version.ts'
import { bashCompletion, fishCompletion, zshCompletion } from './cli-docs/completion.ts'
import { manPage } from './cli-docs/man.ts'

/** `date`: of the release, as it stands on the page; the same release gives the same bytes. */
export function writeCliDocs(directory: string, date: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'oomloop.1'), manPage(commands, { version, date }))
  writeFileSync(join(directory, 'oomloop.bash'), bashCompletion(commands))
  writeFileSync(join(directory, '_oomloop'), zshCompletion(commands))
  writeFileSync(join(directory, 'oomloop.fish'), fishCompletion(commands))
}

if (import.meta.main) {
  const [directory, date = new Date().toISOString().slice(0, 10)] = process.argv.slice(2)
  if (directory === undefined) {
    console.error('usage: node scripts/cli-docs.ts DIR [DATE]')
    process.exit(2)
  }
  writeCliDocs(directory, date)
}
