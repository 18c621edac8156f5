/**
 * `npm run -s fuzz -- [--runs N] [--seconds S] [--seed S] [--blind]`: fuzzes the log parsers, guided by V8's coverage. It
 * begins with the fixtures and ends with an error at the first input that throws, hangs or makes up a kill; that input is
 * kept in out/fuzz. `--blind` does without coverage. `--input FILE` tries one again.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createCoverage } from './coverage.ts'
import { fuzzGuided } from './guided.ts'
import { createRandom } from './mutate.ts'
import { tryLog } from './oom-log.ts'
import { readSeeds } from './seeds.ts'
import { words } from './words.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    blind: { type: 'boolean', default: false },
    input: { type: 'string' },
  },
})

if (values.input !== undefined) {
  console.log(tryLog(readFileSync(values.input, 'utf8')).join('\n'))
  process.exit()
}

const startedAt = performance.now()
const seconds = (): number => (performance.now() - startedAt) / 1000
const coverage = values.blind ? null : createCoverage(url => /\/src\/(?:parse|input)\//.test(url))
const { seeds, lines } = readSeeds()
let toldAt = 0
const { done, kept, failed } = fuzzGuided({
  target: tryLog,
  seeds,
  material: { words, lines },
  coverage,
  random: createRandom(Number(values.seed)),
  runs: Number(values.runs),
  goOn: (count, size) => {
    if (count - toldAt >= 250_000) {
      toldAt = count
      console.error(`${count} inputs, ${Math.round(count / seconds())} a second, ${size} kept`)
    }
    return seconds() < Number(values.seconds)
  },
})
const { ran, of } = coverage?.total() ?? { ran: 0, of: 0 }
const guidance = coverage ? `, ${Math.round((ran / of) * 100)} % of the functions' code was run` : ''
const summary = `${done} inputs in ${seconds().toFixed(0)} s (seed ${values.seed}), ${kept.length} kept${guidance}`
if (failed) {
  const out = resolve(import.meta.dirname, '../../out/fuzz')
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'failed.log'), failed.input)
  console.error(`${summary}: failed, kept in out/fuzz/failed.log:`, failed.error)
  process.exit(1)
}
console.log(`${summary}: no crash, no kill made up`)
