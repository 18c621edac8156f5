/** `npm run -s bench -- NAME [--json] [ARGS…]`: one benchmark, with what it is compared to in the same run. */
import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'

export interface BenchOptions {
  readonly json: boolean
  readonly args: readonly string[]
}

const [name, ...rest] = process.argv.slice(2)
const here = import.meta.dirname
const names = readdirSync(here)
  .filter(file => file.endsWith('.ts') && file !== 'main.ts' && !file.startsWith('support'))
  .map(file => basename(file, '.ts'))

if (!name || !existsSync(`${here}/${name}.ts`)) {
  console.error(`usage: npm run -s bench -- NAME [--json]\nbenchmarks: ${names.join(', ')}`)
  process.exit(2)
}
const { run } = (await import(`./${name}.ts`)) as { run: (options: BenchOptions) => Promise<void> }
await run({ json: rest.includes('--json'), args: rest.filter(arg => arg !== '--json') })
