/**
 * The long runs in the virtual machine.
 *
 *     node test/vm/overnight.ts --loops 100 [--kills 60]             global OOM loops: deaths of the agent, kills missed
 *     node test/vm/overnight.ts --scenarios [--seconds 600] [NAME…]  crises and healthy work, judged
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
if (Number(values.loops) > 0) isWrong = (await loops(Number(values.loops), Number(values.kills))) || isWrong
if (values.scenarios) isWrong = (await scenarios(Number(values.seconds), positionals)) || isWrong
process.exitCode = isWrong ? 1 : 0

/** A machine a loop, so that none begins with what another left. */
async function loops(count: number, kills: number): Promise<boolean> {
  const totals = { loops: 0, failedBoots: 0, kills: 0, missed: 0, deaths: 0, inexact: 0 }
  const gapsMs: number[] = []
  const alertsMs: number[] = []
  for (let n = 1; n <= count; n++) {
    const run = await boot({
      script: `#!/bin/sh\nexec python3 /put/scenario/loop.py loop ${kills}\n`,
      files: { ...bundle(), scenario: join(import.meta.dirname, 'node') },
      seconds: 120 + kills * 6,
    })
    if (run.exitCode !== 0) {
      totals.failedBoots++
      console.log(`${n}: the machine did not finish; its console is in ${run.outDir}/../console`)
      continue
    }
    const loop = await readLoop(join(run.outDir, 'loop'))
    add(loop)
    console.log(`${n}: ${loopTable({ [String(n)]: loop }).split('\n')[2]}`)
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
    if (loop.loopAlertMs !== null) alertsMs.push(loop.loopAlertMs)
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
