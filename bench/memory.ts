/**
 * What the resident agent holds, beside a bare Node.js: the real program on this real host, in real time, fed with the
 * kernel's lines of loops in a log file. Options: --minutes N (default 2), --program FILE (default: the executable of
 * `npm run package`, else dist), --flags (V8 flags one by one instead, on dist).
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { appendFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import { openReplaySource } from '../src/source/replay.ts'
import type { BenchOptions } from './main.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist/oomloop.mjs')
/** Two kills of a new workload each time: one alert that fires, one that is over. */
const loopEveryMs = 1500

interface Held {
  readonly name: string
  readonly rssMiB: number
  readonly anonymousMiB: number
  /** MiB by what it is. */
  readonly parts: Readonly<Record<string, number>>
  readonly alerts: number
  /** From the start of the process to its first sample of memory, by its own recording, ms; null for what samples nothing. */
  readonly firstSampleMs: number | null
  /** Resident MiB, minute by minute. */
  readonly course: readonly number[]
}

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '2' },
      program: {
        type: 'string',
        default: globSync('out/release/oomloop-*-linux-x64/oomloop', { cwd: root })[0] ?? dist,
      },
      flags: { type: 'boolean', default: false },
    },
  })
  const minutes = Number(values.minutes)
  const rows: Held[] = [await bare()]
  if (values.flags) {
    for (const flags of flagSets)
      rows.push(await agent(flags.join(' ') || 'dist, no flags', [process.execPath, ...flags, dist], minutes))
    rows.push(await agent('dist, MALLOC_ARENA_MAX=1', [process.execPath, dist], minutes, { MALLOC_ARENA_MAX: '1' }))
  } else {
    const program = resolve(root, values.program)
    const command = program.endsWith('.mjs') ? [process.execPath, program] : [program]
    rows.push(await agent(program.endsWith('.mjs') ? 'node dist/oomloop.mjs' : 'the executable', command, minutes))
  }
  if (json) return console.log(JSON.stringify(rows))
  for (const row of rows) console.log(line(row))
}

const flagSets: readonly (readonly string[])[] = [
  [],
  ['--max-semi-space-size=1'],
  ['--optimize-for-size'],
  ['--max-semi-space-size=1', '--optimize-for-size'],
  ['--max-semi-space-size=1', '--lite-mode'],
  ['--max-semi-space-size=1', '--single-threaded'],
]

async function bare(): Promise<Held> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await pause(1500)
  const held = measure(child.pid!)
  child.kill('SIGKILL')
  return { name: 'bare node', ...held, alerts: 0, firstSampleMs: null, course: [] }
}

async function agent(
  name: string,
  command: readonly string[],
  minutes: number,
  env: Record<string, string> = {},
): Promise<Held> {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-memory-'))
  const receiver = fork(join(import.meta.dirname, 'support-receiver.ts'))
  let alerts = 0
  const port = await new Promise<number>(done =>
    receiver.on('message', (message: number | object) => {
      if (typeof message === 'number') done(message)
      else alerts++
    }),
  )
  const log = join(dir, 'kern.log')
  writeFileSync(log, '')
  // Incidents that end quickly: so each loop is told, instead of being gathered with the one before.
  writeFileSync(
    join(dir, 'oomloop.yaml'),
    'quiet: 1s\nrecovery: 1s\nlogQuiet: 1s\nownLimitLoopWindow: 3s\noneVoice: false\n',
  )
  const startedAt = Date.now()
  const child = start(command, env, [
    ...['--config', join(dir, 'oomloop.yaml'), '--state-dir', join(dir, 'state')],
    ...['--source', 'file', '--log-file', log, '--webhook', `http://127.0.0.1:${port}/`],
  ])
  try {
    while (!existsSync(join(dir, 'state/status.json'))) {
      if (child.exitCode !== null || Date.now() - startedAt > 20_000)
        throw new Error(`${command.join(' ')} does not watch`)
      await pause(20)
    }
    await pause(2000) // until it is on record
    const firstSampleMs = (await firstSampleAt(join(dir, 'state/recordings'))) - startedAt
    const course: number[] = []
    const until = startedAt + minutes * 60_000
    for (let loop = 0; Date.now() < until; loop++) {
      for (const round of [0, 1]) {
        appendFileSync(log, killLines(loop, round))
        await pause(loopEveryMs / 2)
      }
      if (Date.now() - startedAt > (course.length + 1) * 60_000) course.push(measure(child.pid!).rssMiB)
    }
    await pause(3000)
    return { name, ...measure(child.pid!), alerts, firstSampleMs, course }
  } finally {
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      await new Promise(done => child.once('exit', done))
    }
    receiver.kill()
    rmSync(dir, { recursive: true })
  }
}

function start(
  [program, ...args]: readonly string[],
  env: Record<string, string>,
  flags: readonly string[],
): ChildProcess {
  const stdio = ['ignore', 'ignore', 'ignore'] as const
  return spawn(program!, [...args, 'run', ...flags], { stdio: [...stdio], env: { PATH: process.env.PATH, ...env } })
}

async function firstSampleAt(recordings: string): Promise<number> {
  for await (const observation of openReplaySource([recordings], { settings: defaultCoreSettings }))
    if (observation.kind === 'memory') return observation.at
  throw new Error('the recording holds no sample')
}

/** An own-limit kill as rsyslog writes it: the same workload in a new container. */
function killLines(loop: number, round: number): string {
  const pid = 4_000_000 + loop * 2 + round
  const uid = `${String(loop).padStart(8, '0')}-98c5-4f6a-9c9e-3d2f2c3d9a01`
  const id = String(loop * 2 + round).padStart(64, '0')
  const pod = `/kubepods/burstable/pod${uid}`
  const stamp = `${new Date().toISOString()} node kernel: [${(Date.now() / 1000 - 1.7e9).toFixed(6)}]`
  return [
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900',
    'memory: usage 65536kB, limit 65536kB, failcnt 80',
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${id},mems_allowed=0,oom_memcg=${pod},task_memcg=${pod}/${id},task=java,pid=${pid},uid=0`,
    `Memory cgroup out of memory: Killed process ${pid} (java) total-vm:82544kB, anon-rss:62320kB, file-rss:6796kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`,
  ]
    .map(text => `${stamp} ${text}\n`)
    .join('')
}

/** From smaps: what is resident, and what of it no file backs, by what the kernel calls the mapping. */
function measure(pid: number): Pick<Held, 'rssMiB' | 'anonymousMiB' | 'parts'> {
  const KiB: Record<string, number> = {}
  let rss = 0
  let anonymous = 0
  let part = ''
  for (const text of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$/.exec(text)
    if (mapping) part = partOf(mapping[1]!)
    const [, name, value] = /^(Rss|Anonymous): +(\d+) kB/.exec(text) ?? []
    if (name === 'Rss') {
      rss += Number(value)
      KiB[part] = (KiB[part] ?? 0) + Number(value)
    } else if (name === 'Anonymous') anonymous += Number(value)
  }
  const mib = (value: number): number => Math.round((value / 1024) * 10) / 10
  return {
    rssMiB: mib(rss),
    anonymousMiB: mib(anonymous),
    parts: Object.fromEntries(Object.entries(KiB).map(([name, value]) => [name, mib(value)])),
  }
}

function partOf(path: string): string {
  if (path === '[heap]') return 'malloc heap'
  if (path.startsWith('[')) return 'stack and kernel pages'
  if (path === '') return 'V8 heap, other anonymous'
  return /\.so(\.|$)/.test(path) ? 'shared libraries' : 'program text and data'
}

function line({ name, rssMiB, anonymousMiB, parts, alerts, firstSampleMs, course }: Held): string {
  const told = firstSampleMs === null ? '' : `   ${alerts} alerts, first sample after ${firstSampleMs} ms`
  const by = Object.entries(parts)
    .map(([part, value]) => `${part} ${value}`)
    .join(', ')
  const over = course.length > 1 ? `\n    minute by minute: ${course.map(Math.round).join(' ')}` : ''
  return `${name.padEnd(50)} ${String(rssMiB).padStart(6)} MiB resident, ${String(anonymousMiB).padStart(5)} anonymous${told}\n    ${by}${over}`
}
