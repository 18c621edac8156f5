/**
 * Crises with and without hold, with the same seeds, in the virtual machine.
 *
 *     node test/vm/hold.ts [--runs growth:1,growth:2,sigterm:4:on] [--seconds 170] [--machine-seconds 890] [--out DIR]
 *
 * A run is CASE:SEED, with and without hold, or CASE:SEED:on alone; the cases are in test/vm/node/hold.py. Needs
 * `npm run build` before. Prints one line for each run, and the median of the ratios.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boot, whyNoMachine } from './machine.ts'
import { bundle, whyNoBundle } from './program.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: 'growth:1' },
    seconds: { type: 'string', default: '170' },
    'machine-seconds': { type: 'string', default: '890' },
    out: { type: 'string' },
  },
})
const why = whyNoMachine() ?? whyNoBundle()
if (why) {
  console.error(why)
  process.exit(3)
}

interface Result {
  readonly case: string
  readonly seed: number
  readonly mode: 'off' | 'on'
  readonly started: number
  readonly end: number
  readonly heldAt: number | null
  readonly firstAlert: string | null
  readonly firstKill: number | null
  readonly firstStall: number | null
  readonly highsAfter: readonly string[]
}

const runs = values.runs.split(',').map(text => {
  const [name, seed, mode] = text.split(':') as [string, string, string | undefined]
  return { name, seed: Number(seed), modes: mode === undefined ? ['off', 'on'] : [mode] }
})
const plays = runs.flatMap(({ name, seed, modes }) => modes.map(mode => [seed, mode, values.seconds, name].join(' ')))
const run = await boot({
  script: ['#!/bin/sh', ...plays.map(args => `python3 /put/scenario/hold.py ${args}`), ''].join('\n'),
  files: { ...bundle(), scenario: join(import.meta.dirname, 'node') },
  memMiB: 1024,
  seconds: Number(values['machine-seconds']),
  onConsole: text => process.stderr.write(text),
})
const results = readdirSync(run.outDir)
  .map(name => join(run.outDir, name, 'result.json'))
  .filter(path => existsSync(path))
  .map(path => JSON.parse(readFileSync(path, 'utf8')) as Result)
if (values.out) cpSync(run.outDir, values.out, { recursive: true })
rmSync(join(run.outDir, '..'), { recursive: true })

/** Seconds from the first alert until an event; the whole run where it did not happen. */
const after = (result: Result, event: number | null): number => {
  const alert = result.firstAlert === null ? 0 : Date.parse(result.firstAlert) / 1000 - result.started
  return Math.max(0, (event ?? result.end) - alert)
}
const ratios: number[] = []
for (const { name, seed } of runs) {
  const [off, on] = ['off', 'on'].map(mode =>
    results.find(each => each.case === name && each.seed === seed && each.mode === mode),
  )
  for (const each of [off, on])
    if (each) console.log(JSON.stringify({ ...each, samples: undefined, highs: undefined, pressure: undefined }))
  if (!off || !on) continue
  const ratio = {
    kill: after(on, on.firstKill) / after(off, off.firstKill),
    stall: after(on, on.firstStall) / after(off, off.firstStall),
  }
  ratios.push(Math.min(ratio.kill, ratio.stall))
  console.log(`seed ${seed}: until the first kill ×${ratio.kill.toFixed(1)}, until a stall ×${ratio.stall.toFixed(1)}`)
}
if (ratios.length > 0) {
  const sorted = ratios.toSorted((a, b) => a - b)
  console.log(`median of the smaller ratio: ×${sorted[Math.floor(sorted.length / 2)]!.toFixed(1)}`)
}
