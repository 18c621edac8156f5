/**
 * The DaemonSet's container at start, on a calm node and in a crisis of 100 looping workloads, beside node_exporter in
 * the same run: each in a memory cgroup of its own (v1) with the limit that is named, both scraped every second, real OOM
 * kills by the kernel. The executable's pages are dropped from the page cache before, so that they are charged to its
 * cgroup as in a container. `--limits 96,112,128` in MiB (default: the manifest's), `--seconds 20` for each phase, `--crisis 240` for the last,
 * `--program FILE` (default: the executable of `npm run package`). Needs root.
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parseAllDocuments } from 'yaml'
import type { BenchOptions } from './main.ts'

const root = resolve(import.meta.dirname, '..')
const memoryCgroups = '/sys/fs/cgroup/memory'
const workloads = 100
const phases = ['start', 'calm', 'crisis'] as const

interface Figures {
  readonly phase: (typeof phases)[number]
  /** Highest in the phase, of readings once a second. */
  /** Of its cgroup, without inactive page cache, as kubelet counts a working set. */
  readonly workingSetMiB: number
  readonly rssMiB: number
  /** Share of one core. */
  readonly cpu: number
}

interface Container {
  readonly name: string
  readonly limitMiB: number | null
  readonly figures: readonly Figures[]
  readonly isAlive: boolean
  /** How often the limit was hit and the kernel reclaimed within the cgroup; null without a limit. */
  readonly limitHits: number
  readonly majorFaults: number
}

interface Run {
  readonly limitMiB: number
  readonly kills: number
  readonly alerts: number
  readonly containers: readonly Container[]
}

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      limits: { type: 'string', default: String(limitOfManifest()) },
      seconds: { type: 'string', default: '20' },
      crisis: { type: 'string' },
      program: { type: 'string', default: globSync('out/release/oomloop-*-linux-x64/oomloop', { cwd: root })[0] ?? '' },
    },
  })
  if (!existsSync(`${memoryCgroups}/memory.limit_in_bytes`)) throw new Error('needs root and cgroup v1')
  if (!values.program) throw new Error('needs the executable: npm run -s package -- --arch x64 --only folder')
  const runs: Run[] = []
  for (const limit of values.limits.split(','))
    runs.push(
      await runWith({
        limitMiB: Number(limit),
        seconds: Number(values.seconds),
        crisisSeconds: Number(values.crisis ?? values.seconds),
        program: values.program,
      }),
    )
  if (json) return console.log(JSON.stringify(runs))
  for (const one of runs) print(one)
}

async function runWith(options: {
  limitMiB: number
  seconds: number
  crisisSeconds: number
  program: string
}): Promise<Run> {
  const { limitMiB, seconds, program } = options
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-daemonset-'))
  execFileSync('dd', [`if=${resolve(root, program)}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  const receiver = fork(join(import.meta.dirname, 'support-receiver.ts'))
  const [port] = (await once(receiver, 'message')) as [number]
  let alerts = 0
  receiver.on('message', () => alerts++)
  const ports = [20_000 + (process.pid % 10_000), 30_000 + (process.pid % 10_000)] as const
  const agent = startIn('agent', limitMiB, [
    resolve(root, program),
    'run',
    ...[
      '--state-dir',
      join(dir, 'state'),
      '--listen',
      `127.0.0.1:${ports[0]}`,
      '--webhook',
      `http://127.0.0.1:${port}`,
    ],
  ])
  const exporter = startIn('node_exporter', null, [
    'prometheus-node-exporter',
    `--web.listen-address=127.0.0.1:${ports[1]}`,
  ])
  const started = [agent, exporter]
  const figures = new Map(started.map(({ name }) => [name, [] as Figures[]]))
  let kills = 0
  try {
    for (const phase of phases) {
      const crisis = phase === 'crisis' ? startCrisis() : null
      const before = started.map(({ pid }) => cpuSeconds(pid))
      const from = performance.now()
      const highest = started.map(() => ({ workingSetMiB: 0, rssMiB: 0 }))
      const phaseSeconds = phase === 'crisis' ? options.crisisSeconds : seconds
      while (performance.now() - from < phaseSeconds * 1000) {
        await pause(1000)
        for (const [index, one] of started.entries()) {
          await fetch(`http://127.0.0.1:${ports[index]}/metrics`)
            .then(answer => answer.text())
            .catch(() => {}) // not yet, or no longer
          highest[index]!.workingSetMiB = Math.max(highest[index]!.workingSetMiB, one.workingSetMiB())
          highest[index]!.rssMiB = Math.max(highest[index]!.rssMiB, rssMiB(one.pid))
        }
      }
      const wallSeconds = (performance.now() - from) / 1000
      for (const [index, one] of started.entries())
        figures.get(one.name)!.push({
          phase,
          workingSetMiB: round(highest[index]!.workingSetMiB),
          rssMiB: round(highest[index]!.rssMiB),
          cpu: round((cpuSeconds(one.pid) - before[index]!) / wallSeconds, 3),
        })
      if (crisis) kills = await crisis.stop()
    }
    const containers = started.map(one => ({
      name: one.name,
      limitMiB: one.limitMiB,
      figures: figures.get(one.name)!,
      isAlive: existsSync(`/proc/${one.pid}/maps`) && one.process.exitCode === null,
      limitHits: one.limitHits(),
      majorFaults: majorFaults(one.pid),
    }))
    return { limitMiB, kills, alerts, containers }
  } finally {
    for (const one of started) await one.stop()
    receiver.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Started {
  readonly name: string
  readonly limitMiB: number | null
  readonly pid: number
  readonly process: ChildProcess
  readonly workingSetMiB: () => number
  readonly limitHits: () => number
  readonly stop: () => Promise<void>
}

/** Starts a command in a memory cgroup of its own: the shell enters it, and becomes the command. */
function startIn(name: string, limitMiB: number | null, command: readonly string[]): Started {
  const cgroup = join(memoryCgroups, `oomloop-bench-${process.pid}-${name}`)
  mkdirSync(cgroup)
  if (limitMiB !== null) writeFileSync(join(cgroup, 'memory.limit_in_bytes'), `${limitMiB}M`)
  const child = spawn('sh', ['-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', cgroup, ...command], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH!, NODE_NAME: 'node-1', OOMLOOP_SINGLE_INSTANCE: 'false' },
  })
  const read = (file: string): number => Number(readFileSync(join(cgroup, file), 'utf8'))
  return {
    name,
    limitMiB,
    pid: child.pid!,
    process: child,
    workingSetMiB: () => {
      const stat = readFileSync(join(cgroup, 'memory.stat'), 'utf8')
      const inactive = Number(/^total_inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0)
      return (read('memory.usage_in_bytes') - inactive) / 1024 / 1024
    },
    limitHits: () => read('memory.failcnt'),
    stop: async () => {
      const ended = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGKILL')) await ended
      await pause(200)
      rmdirSync(cgroup)
    },
  }
}

/** Hogs in cgroups with 8 MiB each: the kernel kills each, and it is restarted, four at a time. */
function startCrisis(): { readonly stop: () => Promise<number> } {
  const cgroups = Array.from({ length: workloads }, (_, index) =>
    join(memoryCgroups, `oomloop-bench-${process.pid}-loop-${index}`),
  )
  for (const cgroup of cgroups) {
    mkdirSync(cgroup)
    writeFileSync(join(cgroup, 'memory.limit_in_bytes'), '8M')
  }
  let kills = 0
  let next = 0
  let isOver = false
  const worker = async (): Promise<void> => {
    while (!isOver) {
      const cgroup = cgroups[next++ % workloads]!
      const hog = spawn('sh', ['-c', 'echo $$ >"$0/cgroup.procs" && exec tail /dev/zero', cgroup], { stdio: 'ignore' })
      const [, signal] = await once(hog, 'exit')
      if (signal === 'SIGKILL') kills++
    }
  }
  const workers = [1, 2, 3, 4].map(worker)
  return {
    stop: async () => {
      isOver = true
      await Promise.all(workers)
      for (const cgroup of cgroups) rmdirSync(cgroup)
      return kills
    },
  }
}

function print({ limitMiB, kills, alerts, containers }: Run): void {
  console.log(`limit ${limitMiB} MiB: ${kills} OOM kills in ${workloads} workloads, ${alerts} alerts delivered`)
  for (const { name, figures, isAlive, limitHits, majorFaults } of containers) {
    const state = isAlive ? 'alive' : 'KILLED'
    console.log(`  ${name}: ${state}, limit hit ${limitHits} times, ${majorFaults} major faults`)
    for (const { phase, workingSetMiB, rssMiB, cpu } of figures)
      console.log(
        `    ${phase.padEnd(7)} working set ${workingSetMiB} MiB, resident ${rssMiB} MiB, CPU ${Math.round(cpu * 1000)}m`,
      )
  }
}

function limitOfManifest(): number {
  const text = readFileSync(join(root, 'deploy/kustomize/base/daemonset.yaml'), 'utf8')
  const { spec } = parseAllDocuments(text)[0]!.toJS().spec.template
  return Number.parseInt(spec.containers[0].resources.limits.memory, 10)
}

function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFile(`/proc/${pid}/status`))?.[1] ?? 0) / 1024
}

/** utime and stime, fields 14 and 15 of proc(5), in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const fields = readFile(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100
}

function majorFaults(pid: number): number {
  return Number(readFile(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[9] ?? 0)
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const round = (value: number, digits = 1): number => Number(value.toFixed(digits))
