/**
 * Debian's systemd-oomd and earlyoom each drive a loop in a virtual machine, beside the agent as it is shipped.
 *
 *     node test/vm/killers.ts [--deaths 4] [KILLER…]
 *
 * Needs `npm run build` before, and downloads the packages once. Prints a row for each killer; exit 1 where no alert names
 * the workload and the killer at the second death.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Alert } from '../../src/types.ts'
import { vmDir } from './image.ts'
import { boot, whyNoMachine } from './machine.ts'
import { bundle, whyNoBundle } from './program.ts'

const { values, positionals } = parseArgs({
  options: { deaths: { type: 'string', default: '4' } },
  allowPositionals: true,
})
const workloads: Readonly<Record<string, string>> = { 'systemd-oomd': 'leaky.service', earlyoom: 'hog.service' }
const killers = positionals.length > 0 ? positionals : Object.keys(workloads)

const why = whyNoMachine() ?? whyNoBundle()
if (why) {
  console.error(`no virtual machine here: ${why}`)
  process.exit(3)
}
const run = await boot({
  script: `#!/bin/sh -e\nexec python3 /put/killers/killers.py ${Number(values.deaths)} ${killers.join(' ')}\n`,
  files: {
    ...bundle(),
    debs: packages(),
    killers: join(import.meta.dirname, 'killers'),
    scenario: join(import.meta.dirname, 'node'),
  },
  systemd: true,
  seconds: 600 + killers.length * (200 + Number(values.deaths) * 60),
  onConsole: text => process.stderr.write(text),
})
let isWrong = run.exitCode !== 0
if (isWrong) console.error(`the machine did not finish: ${run.outDir}`)
console.log("| killer | deaths in its log | alert | at death | after that death's line | headline |")
console.log('| --- | --- | --- | --- | --- | --- |')
for (const killer of killers) {
  const dir = join(run.outDir, killer)
  const deaths = lines<{ at: number }>(dir, 'killer')
  const loops = lines<{ at: number; body: string }>(dir, 'alerts')
    .map(({ at, body }) => ({ at, alert: JSON.parse(body) as Alert }))
    .filter(({ alert }) => alert.type === 'respawn-loop')
  const first = loops.find(({ alert }) => alert.summary.includes(workloads[killer]!.replace(/\.service$/, '')))
  const atDeath = first ? deaths.filter(({ at }) => at <= first.at).length : 0
  const isRight = atDeath === 2 && JSON.stringify(first!.alert).includes(`"${killer}"`)
  isWrong ||= !isRight
  console.log(
    `| ${killer} | ${deaths.length} | ${first ? `${first.alert.type}, ${first.alert.severity}` : 'none'} | ${atDeath || '–'} | ${first ? `${Math.round(first.at - deaths[atDeath - 1]!.at)} ms` : '–'} | ${first?.alert.summary ?? '–'} |`,
  )
}
if (isWrong) console.error(`what the machine left: ${run.outDir}`)
else rmSync(join(run.outDir, '..'), { recursive: true })
process.exitCode = isWrong ? 1 : 0

/** Debian's packages and what they need, beside the image. */
function packages(): string {
  const dir = join(vmDir, 'killers-debs')
  mkdirSync(dir, { recursive: true })
  const names = ['systemd-oomd', 'earlyoom', 'rsyslog', 'libestr0', 'libfastjson4', 'liblognorm5']
  const missing = names.filter(name => !readdirSync(dir).some(file => file.startsWith(`${name}_`)))
  if (missing.length === 0) return dir
  const { status, stderr } = spawnSync('apt-get', ['download', '-qq', ...missing], { cwd: dir, encoding: 'utf8' })
  if (status !== 0) throw new Error(`apt-get download failed: ${stderr}`)
  return dir
}

function lines<T>(dir: string, name: string): T[] {
  return readFileSync(join(dir, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as T)
}
