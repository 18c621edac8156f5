/**
 * What the agent needs from its start to its first sample: wall time and processor time, free and under a CPU quota of 200m
 * (20 ms in each 100 ms, as Kubernetes sets it for a limit of 200m). Needs root and the cpu controller for the quota.
 *
 *     npm run -s bench -- start [--program FILE] [--runs 5] [--json]
 */
import { globSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { engineFlags } from '../packaging/engine-flags.ts'
import type { BenchOptions } from './main.ts'
import { startAgentProcess } from './memory/agent-process.ts'

const root = resolve(import.meta.dirname, '..')

interface Start {
  readonly wallMs: number
  /** By the kernel's count of the cgroup; null without one. */
  readonly cpuMs: number | null
}

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { program: { type: 'string' }, runs: { type: 'string', default: '5' } },
  })
  const program = resolve(
    root,
    values.program ?? globSync('out/release/oomloop-*-linux-x64/oomloop', { cwd: root })[0] ?? 'dist/oomloop.mjs',
  )
  const command = program.endsWith('.mjs') ? [process.execPath, ...engineFlags, program] : [program]
  const result: Record<string, Start> = {}
  for (const [name, quotaMs] of [
    ['free', null],
    ['quota of 200m', 20],
  ] as const) {
    const starts: Start[] = []
    for (let n = 0; n < Number(values.runs); n++) starts.push(await measureStart(command, quotaMs))
    result[name] = starts.sort((a, b) => (a.cpuMs ?? a.wallMs) - (b.cpuMs ?? b.wallMs))[starts.length >> 1]!
  }
  if (json) return console.log(JSON.stringify(result))
  for (const [name, { wallMs, cpuMs }] of Object.entries(result))
    console.log(`${name.padEnd(14)} first sample after ${wallMs} ms, ${cpuMs ?? 'unknown'} ms of CPU (median)`)
}

/** A shell that has moved to the cgroup becomes the agent: all of its time is counted there. */
async function measureStart(command: readonly string[], quotaMs: number | null): Promise<Start> {
  const cgroup = makeCgroup(quotaMs)
  const inside = ['sh', '-c', `for file in ${cgroup.procs}; do echo $$ > $file; done; exec "$@"`, 'sh', ...command]
  const used: { readonly at: number; readonly ms: number }[] = []
  const timer = setInterval(() => used.push({ at: Date.now(), ms: cgroup.cpuMs() }), 5)
  const startedAt = Date.now()
  try {
    const agent = await startAgentProcess({ name: 'start', command: inside, webhook: 'http://127.0.0.1:9/' })
    await pause(1500)
    await agent.stop()
    const wallMs = await agent.firstSampleMs()
    agent.remove()
    const until = used.findLast(({ at }) => at <= startedAt + wallMs)
    return { wallMs, cpuMs: until ? Math.round(until.ms) : null }
  } finally {
    clearInterval(timer)
    for (let tries = 0; tries < 50 && !cgroup.remove(); tries++) await pause(100)
  }
}

function makeCgroup(quotaMs: number | null) {
  const isV1 = globSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us').length > 0
  const name = `oomloop-start-${process.pid}`
  const dir = join(isV1 ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup', name)
  const account = isV1 ? join('/sys/fs/cgroup/cpuacct', name) : dir
  for (const path of new Set([dir, account])) mkdirSync(path, { recursive: true })
  if (quotaMs !== null) {
    if (isV1) writeFileSync(join(dir, 'cpu.cfs_quota_us'), String(quotaMs * 1000))
    else writeFileSync(join(dir, 'cpu.max'), `${quotaMs * 1000} 100000`)
  }
  return {
    /** One in each hierarchy, parted by blanks. */
    procs: [...new Set([dir, account])].map(path => join(path, 'cgroup.procs')).join(' '),
    cpuMs: () =>
      isV1
        ? Number(readFileSync(join(account, 'cpuacct.usage'), 'utf8')) / 1e6
        : Number(/^usage_usec (\d+)/.exec(readFileSync(join(dir, 'cpu.stat'), 'utf8'))?.[1]) / 1000,
    remove: (): boolean => {
      try {
        for (const path of new Set([dir, account])) rmdirSync(path)
        return true
      } catch {
        return false // the agent is still in it
      }
    },
  }
}
