import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judgeFounding } from './founding-figures.ts'
import { keepRecording } from './keep-recording.ts'
import { boot, whyNoMachine } from './machine.ts'
import { bundle, whyNoBundle } from './program.ts'
import { judgeAction, judgeRelief, loopAlertsMs, type ReliefCase, readCase } from './relief-figures.ts'

/**
 * Real exhaustion in a virtual machine, with the agent beside it.
 *
 *     node test/vm/reliefs.ts [--machines N] [--keep FOLDER] [CASE,CASE… …]
 *
 * one machine for each list of cases, or N for all reliefs. --keep: recordings of what is judged right.
 * Cases: the load is taken away in the middle of a stall; the first action of an alert is carried out; the founding
 * incident; workloads that loop while everything stalls. See docs/evidence/measured.md.
 */
export const reliefs = [
  'delete',
  'kill',
  'cgroup-kill',
  'limit-raised',
  'cache-dropped',
  'tmpfs-emptied',
  'scaled-down',
  'rolled-out',
  'swap-added',
  'freed',
  'readers-stopped',
  'unit-stopped',
]

const { values, positionals } = parseArgs({
  options: {
    machines: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0' },
    keep: { type: 'string' },
  },
  allowPositionals: true,
})
const why = whyNoMachine() ?? whyNoBundle()
if (why) {
  console.error(`no virtual machine here: ${why}`)
  process.exit(3)
}

const machines =
  positionals.length > 0
    ? positionals.map(each => each.split(','))
    : Array.from({ length: Number(values.machines) }, (_, index) =>
        reliefs.filter((_name, at) => at % Number(values.machines) === index),
      )
const names = machines.flat()
const rows = (await Promise.all(machines.map(play))).flat()
for (const each of rows) console.log(JSON.stringify(each))
process.exitCode = rows.length === names.length && rows.every(each => !('isRight' in each) || each.isRight) ? 0 : 1

async function play(of: readonly string[], index: number) {
  // The stalls of two machines are not to fall together: each leaves the cores of the host idle between them.
  const script = `#!/bin/sh\nsleep ${index * 70}\nexec python3 /put/scenario/reliefs.py ${of.join(' ')}\n`
  const run = await boot({
    script,
    files: { ...bundle(), scenario: join(import.meta.dirname, 'node') },
    seconds: Number(values.seconds) || 120 + of.length * 640,
    onConsole: text => process.stderr.write(text),
  })
  console.log(`${of.join(' ')}: ${run.exitCode === 0 ? 'played' : 'the machine did not finish'}, ${run.outDir}`)
  return of.flatMap(name => {
    try {
      const played = readCase(run.outDir, name)
      if (values.keep) keepRecording(played, run.outDir, values.keep)
      return [row(played, run.outDir)]
    } catch {
      return []
    }
  })
}

function row(played: ReliefCase, outDir: string) {
  switch (played.kind) {
    case 'relief':
      return judgeRelief(played)
    case 'action':
      return judgeAction(played)
    case 'founding':
      return judgeFounding(played, outDir)
    default: {
      const delays = loopAlertsMs(played)
      const sorted = delays.map(({ ms }) => ms).sort((a, b) => a - b)
      return { name: played.name, median: sorted[sorted.length >> 1], delays, lateMs: Math.max(...played.lateMs) }
    }
  }
}
