/**
 * Crises with and without hold, with the same seeds, in the virtual machine.
 *
 *     node test/vm/hold.ts [--runs growth:1,growth:2,sigterm:4:on] [--seconds 170] [--machine-seconds 890] [--out DIR]
 *
 * A run is CASE:SEED, with and without hold, or CASE:SEED:on alone; the cases are in test/vm/node/hold.py. Each has a boot
 * of its own, with hold first: a kill that an earlier one left in the kernel's log would be an alert from the start. Needs
 * `npm run build` before. Prints one line for each play, and the median of the ratios.
 */
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { boot, whyNoMachine } from './machine.ts'
import { bundle, whyNoBundle } from './program.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: 'growth:1' },
    seconds: { type: 'string', default: '400' },
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
  /** Seconds from the start, MiB available, and what each pod uses, MiB. */
  readonly samples: readonly (readonly [number, number, readonly number[]])[]
  /** Turns of other work that took longer than 2 s: when each began, and how long it took, seconds. */
  readonly stalls: readonly (readonly [number, number])[]
  readonly highsAfter: readonly string[]
}

const runs = values.runs.split(',').map(text => {
  const [name, seed, mode] = text.split(':') as [string, string, string | undefined]
  return { name, seed: Number(seed), modes: mode === undefined ? ['on', 'off'] : [mode] }
})

/** When less than 17.5% of 972 MiB was left for the first time: the same moment of a crisis with and without hold. */
const lowAt = ({ samples }: Result): number => samples.find(([at, leftMiB]) => at > 5 && leftMiB < 170)?.[0] ?? 0

/** Seconds from there until an event; null where it did not happen. */
const after = (result: Result, event: number | null): number | null =>
  event === null ? null : Math.max(0, event - lowAt(result))

/** When other work first stalled after that: the start of the pods is a stall on a slow machine. */
const stalledAt = (result: Result): number | null => {
  const first = result.stalls.find(([at, seconds]) => at + seconds > lowAt(result))
  return first ? Math.max(first[0], lowAt(result)) : null
}

/** How many times as long with hold; a lower bound where nothing happened with it; null where nothing happened without. */
const ratioOf = (pair: { readonly off: Result; readonly on: Result }, event: (result: Result) => number | null) => {
  const without = after(pair.off, event(pair.off))
  const withHold = after(pair.on, event(pair.on))
  if (without === null) return null
  return { times: (withHold ?? after(pair.on, pair.on.end)!) / Math.max(0.5, without), isBound: withHold === null }
}

const text = (ratio: ReturnType<typeof ratioOf>): string =>
  ratio ? `${ratio.isBound ? 'more than ' : ''}×${ratio.times.toFixed(1)}` : 'none without hold'

const ratios: number[] = []
for (const { name, seed, modes } of runs) {
  const plays = modes.map(mode => `python3 /put/scenario/hold.py ${seed} ${mode} ${values.seconds} ${name}`)
  const run = await boot({
    script: ['#!/bin/sh', ...plays, ''].join('\n'),
    files: { ...bundle(), scenario: join(import.meta.dirname, 'node') },
    memMiB: 1024,
    seconds: Number(values['machine-seconds']),
    onConsole: text => process.stderr.write(text),
  })
  if (values.out) cpSync(run.outDir, values.out, { recursive: true })
  const results = new Map(
    modes.flatMap(mode => {
      const path = join(run.outDir, `${name}-${seed}-${mode}`, 'result.json')
      return existsSync(path) ? [[mode, JSON.parse(readFileSync(path, 'utf8')) as Result] as const] : []
    }),
  )
  rmSync(join(run.outDir, '..'), { recursive: true })
  for (const result of results.values())
    console.log(
      JSON.stringify({ ...result, lowAt: lowAt(result), samples: undefined, highs: undefined, pressure: undefined }),
    )
  const [off, on] = [results.get('off'), results.get('on')]
  if (!off || !on) continue
  const kill = ratioOf({ off, on }, ({ firstKill }) => firstKill)
  const stall = ratioOf({ off, on }, stalledAt)
  const times = [kill, stall].flatMap(ratio => (ratio ? [ratio.times] : []))
  if (times.length > 0) ratios.push(Math.min(...times))
  console.log(`seed ${seed}: until the first kill ${text(kill)}, until a stall ${text(stall)}`)
}
if (ratios.length > 0) {
  const sorted = ratios.toSorted((a, b) => a - b)
  console.log(`median of the smaller ratio of ${sorted.length}: ×${sorted[(sorted.length - 1) >> 1]!.toFixed(1)}`)
}
