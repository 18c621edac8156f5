/**
 * `npm run -s fuzz -- --runs N [--seconds S] [--seed S]`: fuzzes the log parsers. It begins with the fixtures, changes
 * them, and ends with an error at the first input that throws, hangs or makes up a kill; that input is kept in out/fuzz.
 * Guided by coverage (jazzer.js, which needs glibc 2.38); where that cannot be loaded, or with --plain, unguided.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { fuzzPlainly } from './plain.ts'
import { words } from './words.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    plain: { type: 'boolean', default: false },
  },
})

const root = resolve(import.meta.dirname, '../..')
const work = join(root, 'out/fuzz')
const corpus = join(work, 'corpus')
mkdirSync(corpus, { recursive: true })
const logs = join(root, 'fixtures/logs')
for (const file of readdirSync(logs).filter(name => name.endsWith('.log'))) cpSync(join(logs, file), join(corpus, file))

const why = values.plain ? 'as told' : whyNoJazzer()
if (why !== undefined) {
  console.error(`fuzzing without guidance by coverage: ${why}`)
  fuzzPlainly({
    runs: Number(values.runs),
    seconds: Number(values.seconds ?? Infinity),
    seed: Number(values.seed),
    logs,
    work,
  })
} else {
  process.exit(await fuzzGuided())
}

async function fuzzGuided(): Promise<number> {
  // The fuzzer instruments what is required, and knows no TypeScript.
  const target = join(work, 'oom-log.cjs')
  const entry = join(import.meta.dirname, 'oom-log.ts')
  await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile: target })
  const dictionary = join(work, 'words.dict')
  writeFileSync(
    dictionary,
    words.map(word => `"${word.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\x0A')}"\n`).join(''),
  )
  const fuzzer = ['-max_len=2048', '-timeout=10', `-dict=${dictionary}`, `-artifact_prefix=${work}/`]
  const limits = [`-runs=${values.runs}`, `-seed=${values.seed}`, `-max_total_time=${values.seconds ?? 0}`]
  const cli = join(root, 'node_modules/@jazzer.js/core/dist/cli.js')
  const args = [cli, target, corpus, '--sync', '-i', target, '--', ...fuzzer, ...limits, '-print_final_stats=1']
  return spawnSync(process.execPath, args, { stdio: 'inherit', cwd: work }).status ?? 1
}

function whyNoJazzer(): string | undefined {
  try {
    createRequire(import.meta.url)('@jazzer.js/fuzzer')
    return undefined
  } catch (error) {
    return `jazzer.js cannot be loaded (${(error as Error).message.split('\n')[0]})`
  }
}
