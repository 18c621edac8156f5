/**
 * The long runs in the virtual machine.
 *
 *     node test/vm/overnight.ts --loops 100 [--kills 60] [--a-machine 1]   global OOM loops: deaths, kills missed
 *     node test/vm/overnight.ts --scenarios [--seconds 600] [NAME…]        crises and healthy work, judged
 *
 * Both need `npm run build` before. Exit 1 where the agent died, missed a kill, or judged wrongly.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type LoopFigures, table as loopTable, quantile, readLoop } from './loop-figures.ts'
import { boot, whyNoMachine } from './machine.ts'
import { bundle, whyNoBundle } from './program.ts'
import { type Called, crises, healthy, play, table } from './scenarios.ts'

const { values, positionals } = parseArgs({
  options: {
    loops: { type: 'string', default: '0' },
    kills: { type: 'string', default: '60' },
    'a-machine': { type: 'string', default: '1' },
    scenarios: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '600' },
  },
  allowPositionals: true,
})

const why = whyNoMachine() ?? whyNoBundle()
if (why) {
  console.error(`no virtual machine here: ${why}`)
  process.exit(3)
}
let isWrong = false
if (Number(values.loops) > 0)
  isWrong =
    (await loops(Number(values.loops), { kills: Number(values.kills), aMachine: Number(values['a-machine']) })) ||
    isWrong
if (values.scenarios) isWrong = (await scenarios(Number(values.seconds), positionals)) || isWrong
process.exitCode = isWrong ? 1 : 0

/**
 * So many loops a machine, each with an agent and a state of its own. With one, none begins with what another left; with
 * more, later agents find the loops before them in the kernel's ring, and how soon they report theirs is not counted.
 */
async function loops(count: number, { kills, aMachine }: { kills: number; aMachine: number }): Promise<boolean> {
  const totals = { loops: 0, failedBoots: 0, kills: 0, missed: 0, deaths: 0, inexact: 0 }
  const gapsMs: number[] = []
  const alertsMs: number[] = []
  for (let done = 0; done < count; done += aMachine) {
    const names = Array.from({ length: Math.min(aMachine, count - done) }, (_, index) => `loop-${done + index + 1}`)
    const play = names.map(name => `python3 /put/scenario/loop.py ${name} ${kills}`)
    const run = await boot({
      script: ['#!/bin/sh -e', ...play, ''].join('\n'),
      files: { ...bundle(), scenario: join(import.meta.dirname, 'node') },
      seconds: 120 + names.length * (60 + kills * 6),
    })
    if (run.exitCode !== 0) {
      totals.failedBoots++
      console.log(`${names.join()}: the machine did not finish; its console is in ${run.outDir}/../console`)
      continue
    }
    for (const [index, name] of names.entries()) {
      const loop = await readLoop(join(run.outDir, name))
      add(loop)
      if (index === 0 && loop.loopAlertMs !== null) alertsMs.push(loop.loopAlertMs)
      console.log(loopTable({ [name]: loop }).split('\n')[2])
    }
    rmSync(join(run.outDir, '..'), { recursive: true })
  }

  function add(loop: LoopFigures): void {
    totals.loops++
    totals.kills += loop.kills.length
    totals.missed += loop.kills.filter(({ pid }) => !loop.recordedPids.includes(pid)).length
    if (!loop.agentAlive) totals.deaths++
    if (loop.replayed.map(text => (JSON.parse(text) as { id: string }).id).join() !== loop.judged.join())
      totals.inexact++
    gapsMs.push(...loop.gapsMs)
  }
  console.log(JSON.stringify(totals))
  console.log(
    `gaps p99 ${quantile(gapsMs, 0.99)} ms, longest ${Math.max(...gapsMs)} ms; second kill to webhook median ${Math.round(quantile(alertsMs, 0.5))} ms, worst ${Math.round(Math.max(...alertsMs))} ms`,
  )
  return totals.missed > 0 || totals.deaths > 0 || totals.inexact > 0 || totals.failedBoots > 0
}

/** A machine a scenario: what one leaves in the page cache is not the next one's. */
async function scenarios(seconds: number, chosen: readonly string[]): Promise<boolean> {
  const called: Called[] = []
  for (const name of chosen.length > 0 ? chosen : [...crises, ...healthy]) {
    const played = await play({ names: [name], healthySeconds: seconds, seconds: Math.max(seconds, 300) + 300 })
    called.push(...played.called)
    console.log(
      played.called.length > 0 ? table(played.called).split('\n').at(-1) : `${name}: the machine did not finish`,
    )
    if (played.called.length > 0) rmSync(join(played.run.outDir, '..'), { recursive: true })
    else isWrong = true
  }
  console.log(table(called))
  const late = called.filter(
    ({ crisis, warning, firstKill }) => crisis && (warning === null || warning >= (firstKill ?? 0)),
  )
  const calm = called.filter(({ crisis }) => !crisis)
  const loud = calm.filter(({ warning }) => warning !== null)
  return late.length > 0 || loud.length > 1 || calm.some(({ critical }) => critical !== null)
}
