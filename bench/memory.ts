/**
 * What the resident agent occupies, in one run and one table: bare Node.js, node_exporter, and the real program at rest,
 * after one loop, and after an hour of many looping workloads. The hour is compressed: the real process reads the kernel's
 * lines of it in a few minutes, so that it forgets nothing of it meanwhile (more than a real hour would leave).
 *
 *     npm run -s bench -- memory [--program FILE] [--against DIR|FILE] [--rest 20] [--workloads 1000] [--kills 4]
 *         [--modules] [--check] [--write-budget] [--json]
 *
 * `--program`: default the executable of `npm run package`, else dist. `--against`: another build beside it, an executable, a
 * dist/oomloop.mjs, or a checkout whose dist is made first. `--modules`: what each module costs instead. `--check` measures
 * modules and the process built again (200 workloads), and fails where one needs over 10% more than bench/memory/budget.json
 * allows: all of it as a ratio to bare Node.js in the same run.
 */
import { execFileSync, fork } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { engineFlags } from '../packaging/engine-flags.ts'
import type { BenchOptions } from './main.ts'
import { type AgentProcess, startAgentProcess } from './memory/agent-process.ts'
import { overBudget, type Ratios, writeBudget } from './memory/budget.ts'
import { killLines } from './memory/kill-lines.ts'
import { measureModules, measureUnits } from './memory/modules.ts'
import { startBareNode, startNodeExporter } from './memory/others.ts'
import { cpuMsOf, type Occupied, occupiedBy } from './memory/smaps.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist/oomloop.mjs')

interface Row extends Occupied {
  readonly what: string
  /** Processor time since the row before, or since the start, ms. */
  readonly cpuMs: number
  /** And how long that was. */
  readonly seconds: number
  /** Alerts that arrived by then; null for what sends none. */
  readonly alerts: number | null
}

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      program: { type: 'string' },
      against: { type: 'string' },
      rest: { type: 'string', default: '20' },
      workloads: { type: 'string' },
      kills: { type: 'string', default: '4' },
      modules: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      'write-budget': { type: 'boolean', default: false },
    },
  })
  const isBudget = values.check || values['write-budget']
  const workloads = values.workloads ?? (isBudget ? '200' : '1000')
  const show = json ? () => {} : console.log
  const receivers = [await startReceiver(), await startReceiver()]
  try {
    const commands = [
      commandOf(values.program ?? (isBudget ? '.' : undefined)),
      ...(values.against ? [commandOf(values.against)] : []),
    ]
    const rows = values.modules ? [] : await measureProcesses(commands, receivers, { ...values, workloads })
    for (const line of table(rows)) show(line)
    const parts = values.modules || isBudget ? await measureParts(receivers[0]!.url) : undefined
    for (const line of parts?.lines ?? []) show(line)
    const ratios = { ...ratiosOf(rows), ...parts?.ratios }
    if (json) console.log(JSON.stringify({ rows, ratios }))
    if (values['write-budget']) writeBudget(ratios)
    if (!values.check) return
    const over = overBudget(ratios)
    for (const line of over) console.error(line)
    console.error(over.length === 0 ? 'within the memory budget' : `${over.length} over the memory budget`)
    process.exitCode = over.length === 0 ? 0 : 1
  } finally {
    for (const receiver of receivers) receiver.stop()
  }
}

/** A checkout, a bundle or an executable as a command line; a checkout without a build is built. */
function commandOf(given: string | undefined): readonly string[] {
  const path = resolve(root, given ?? globSync('out/release/oomloop-*-linux-x64/oomloop', { cwd: root })[0] ?? dist)
  if (!existsSync(path) && given === undefined) build(root)
  const isCheckout = statSync(path).isDirectory()
  if (isCheckout) build(path)
  const program = isCheckout ? join(path, 'dist/oomloop.mjs') : path
  // The executable brings its flags.
  return program.endsWith('.mjs') ? [process.execPath, ...engineFlags, program] : [program]
}

function build(checkout: string): void {
  execFileSync(process.execPath, [join(checkout, 'scripts/build.ts')], { cwd: checkout })
}

async function measureProcesses(
  commands: readonly (readonly string[])[],
  receivers: readonly { readonly url: string; readonly received: () => number }[],
  options: { readonly rest: string; readonly workloads: string; readonly kills: string },
): Promise<readonly Row[]> {
  const bare = startBareNode()
  const exporter = await startNodeExporter()
  const others = exporter ? [bare, exporter] : [bare]
  const agents: AgentProcess[] = []
  try {
    for (const [index, command] of commands.entries())
      agents.push(await startAgentProcess({ name: command.at(-1)!, command, webhook: receivers[index]!.url }))
    const startedAt = performance.now()
    const rows: Row[] = []
    const cpu = new Map<number, { readonly ms: number; readonly at: number }>()
    const measure = (pid: number, what: string, alerts: number | null = null): void => {
      const [ms, at] = [cpuMsOf(pid), performance.now()]
      const before = cpu.get(pid) ?? { ms: 0, at: startedAt }
      cpu.set(pid, { ms, at })
      rows.push({
        what,
        ...occupiedBy(pid),
        cpuMs: ms - before.ms,
        seconds: Math.round((at - before.at) / 1000),
        alerts,
      })
    }
    await pause(Number(options.rest) * 1000)
    for (const { pid, name } of others) measure(pid, name)
    const each = (what: string): void => {
      for (const [index, { pid, name }] of agents.entries())
        measure(pid, `${name} ${what}`, receivers[index]!.received())
    }
    each('at rest')
    await loop(agents, 1, 2)
    await pause(settleMs)
    each('after one loop')
    await loop(agents, Number(options.workloads), Number(options.kills))
    await allArrived(receivers, Number(options.workloads))
    await pause(settleMs)
    each(`after ${options.workloads} looping workloads`)
    // The other one may be of a time when it sent less.
    if (receivers[0]!.received() < Number(options.workloads))
      throw new Error(`${receivers[0]!.received()} alerts of ${options.workloads} loops arrived`)
    return rows
  } finally {
    for (const { stop } of others) stop()
    for (const agent of agents) {
      await agent.stop()
      agent.remove()
    }
  }
}

/** The agent has a quiet second, and ten seconds later another one. */
const settleMs = 20_000

/** Waits until there is an alert of each workload and none came for five seconds, but four minutes at most. */
async function allArrived(receivers: readonly { readonly received: () => number }[], least: number): Promise<void> {
  let before = -1
  for (let waited = 0; waited < 240_000; waited += 5000) {
    const total = receivers.reduce((sum, { received }) => sum + received(), 0)
    if (receivers[0]!.received() >= least && total === before) return
    before = total
    await pause(5000)
  }
}

/** Each workload is killed so many times, in turns, some hundred kills a second; all agents read the same lines. */
async function loop(agents: readonly AgentProcess[], workloads: number, kills: number): Promise<void> {
  const atOnce = 5
  for (let life = 0; life < kills; life++) {
    for (let workload = 0; workload < workloads; workload += atOnce) {
      const those = Array.from({ length: Math.min(atOnce, workloads - workload) }, (_, index) => workload + index)
      const lines = those.map(each => killLines(workloads * 10 + each, life)).join('')
      for (const agent of agents) agent.write(lines)
      await pause(workloads === 1 ? 1000 : 50)
    }
  }
}

async function measureParts(url: string): Promise<{ readonly lines: readonly string[]; readonly ratios: Ratios }> {
  const { bareKiB, costs } = await measureModules(url)
  const units = await measureUnits()
  return {
    lines: [
      `module, anonymous KiB over an empty program with ${bareKiB}:`,
      ...costs.map(({ module, anonymousKiB }) => `  ${module.padEnd(40)} ${String(anonymousKiB).padStart(6)}`),
      'bytes of heap for each:',
      ...units.map(({ unit, bytes }) => `  ${unit.padEnd(40)} ${String(bytes).padStart(6)}`),
    ],
    ratios: Object.fromEntries([
      ...costs.map(({ module, anonymousKiB }) => [`module ${module}`, round(anonymousKiB / bareKiB)]),
      // Bytes do not depend on the machine; as a ratio to the empty program they follow a change of the engine.
      ...units.map(({ unit, bytes }) => [unit, round((bytes / 1024 / bareKiB) * 1000)]),
    ]),
  }
}

/** Anonymous memory of the program in each row, as a ratio to bare Node.js. */
function ratiosOf(rows: readonly Row[]): Ratios {
  const bare = rows[0]?.anonymousMiB
  if (bare === undefined) return {}
  const own = rows
    .filter(({ what }) => / (at rest|after .*)$/.test(what))
    .filter((_, index, all) => index % (all.length / 3) === 0)
  return Object.fromEntries(
    own.map(({ what, anonymousMiB }) => [/(at rest|after .*)$/.exec(what)![1], round(anonymousMiB / bare)]),
  )
}

function table(rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.map(({ what }) => what.length))
  return [
    `${'MiB'.padEnd(width)}  resident  anonymous   CPU ms (over seconds), alerts`,
    ...rows.map(
      ({ what, residentMiB, anonymousMiB, cpuMs, seconds, alerts }) =>
        `${what.padEnd(width)}  ${residentMiB.toFixed(1).padStart(8)}  ${anonymousMiB.toFixed(1).padStart(9)}   ${cpuMs} (${seconds})${alerts === null ? '' : `, ${alerts}`}`,
    ),
  ]
}

async function startReceiver() {
  const child = fork(join(import.meta.dirname, 'support-receiver.ts'), { execArgv: [] })
  let received = 0
  const port = await new Promise<number>(done =>
    child.on('message', (message: number | object) => {
      if (typeof message === 'number') done(message)
      else received++
    }),
  )
  return { url: `http://127.0.0.1:${port}/`, received: () => received, stop: () => void child.kill() }
}

const round = (value: number): number => Math.round(value * 100) / 100
