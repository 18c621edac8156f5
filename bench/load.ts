/**
 * `load [--seconds=600] [--processes=10000] [--cgroups=10000] [--forks=2000] [--records=20000]`: the agent as it is shipped
 * on a node where everything happens at once: that many records a second in the kernel's log, sleeping processes, cgroups,
 * and processes a second that exit at once. Every ten seconds the kernel kills a process at the limit of a cgroup of ours.
 * What the machine allows is stated: where it gives less than was asked, the figures are those of what it gave.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { bundle } from '../scripts/build.ts'
import type { AgentStatus } from '../src/agent/agent-status.ts'
import { recordingFiles } from '../src/input/playback/recording-files.ts'
import { readRecording } from '../src/input/playback/replay.ts'
import { makeStateDir } from '../test/support/live-agent.ts'
import { makeOomCgroup, whyNoKills } from '../test/support/oom-cgroup.ts'
import type { BenchOptions } from './main.ts'
import { letUserspaceWrite, writeFlood } from './support-flood.ts'

export async function run({ json, args }: BenchOptions): Promise<void> {
  const why = whyNoKills()
  if (why) throw new Error(`no load and no kills here: this machine ${why}`)
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '600' },
      processes: { type: 'string', default: '10000' },
      cgroups: { type: 'string', default: '10000' },
      forks: { type: 'string', default: '2000' },
      records: { type: 'string', default: '20000' },
    },
  })
  const asked: Asked = {
    seconds: Number(values.seconds),
    processes: Number(values.processes),
    cgroups: Number(values.cgroups),
    forks: Number(values.forks),
    records: Number(values.records),
  }
  await build(bundle) // what runs on nodes is emitted JavaScript
  const restrain = letUserspaceWrite()
  const receiver = await startReceiver()
  const stateDir = makeStateDir()
  const crowd = await startCrowd(asked)
  const agent = await startAgent(receiver.url, stateDir)
  try {
    await pause((asked.processes / 500) * 1000 + 5000) // new processes are read 500 a second
    const figures = await measure({ asked, agent, stateDir, received: receiver.received })
    const result = { ...asked, ...crowd.got(), cores: availableParallelism(), load1: loadavg()[0], ...figures }
    console.log(json ? JSON.stringify(result) : JSON.stringify(result, null, 2))
  } finally {
    agent.kill('SIGTERM')
    await once(agent, 'exit')
    await crowd.stop()
    receiver.close()
    restrain()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

interface Asked {
  readonly seconds: number
  readonly processes: number
  readonly cgroups: number
  readonly forks: number
  readonly records: number
}

async function measure(options: {
  readonly asked: Asked
  readonly agent: ChildProcess
  readonly stateDir: string
  readonly received: readonly Received[]
}) {
  const { asked, agent, stateDir, received } = options
  const victim = makeOomCgroup('load')
  const before = usageOf(agent.pid!)
  const coverage = statusIn(stateDir).coverage
  const forksBefore = forksSoFar()
  const startedAt = performance.now()
  let peakMiB = 0
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, usageOf(agent.pid!).residentMiB)
  }, 1000)
  const flood = writeFlood(asked.records, asked.seconds)
  const kills: { pid: number; at: number }[] = []
  while (performance.now() - startedAt < asked.seconds * 1000) {
    kills.push({ pid: await victim.kill('loadhog'), at: Date.now() })
    await pause(10_000)
  }
  const written = await flood
  clearInterval(watch)
  const seconds = (performance.now() - startedAt) / 1000
  const after = usageOf(agent.pid!)
  await pause(11_000) // the status is written every five seconds
  victim.remove()
  const status = statusIn(stateDir)
  const recorded = await killsIn(join(stateDir, 'recordings'))
  const first = received.find(({ body }) => body.includes('loadhog') && body.includes('respawn-loop'))
  return {
    secondsMeasured: Math.round(seconds),
    recordsWritten: written,
    recordsASecond: Math.round(written / seconds),
    forksASecond: Math.round((forksSoFar() - forksBefore) / seconds),
    agentCorePercent: Math.round(((after.cpuSeconds - before.cpuSeconds) / seconds) * 1000) / 10,
    residentMiB: { before: before.residentMiB, after: after.residentMiB, peak: peakMiB },
    longestGapMs: Math.round(status.longestGapMs),
    kills: kills.length,
    killsRecorded: kills.filter(({ pid }) => recorded.has(pid)).length,
    kernelCounted: (status.coverage.counted ?? 0) - (coverage.counted ?? 0),
    agentSaw: status.coverage.seen - coverage.seen,
    lostKernelRecords: status.coverage.lostRecords - coverage.lostRecords,
    droppedObservations: status.droppedObservations,
    alertAfterSecondKillMs: first && kills[1] ? first.at - kills[1].at : null,
  }
}

function statusIn(stateDir: string): AgentStatus {
  return JSON.parse(readFileSync(join(stateDir, 'status.json'), 'utf8')) as AgentStatus
}

async function killsIn(dir: string): Promise<ReadonlySet<number>> {
  const pids = new Set<number>()
  for await (const observation of readRecording(await recordingFiles(dir))) {
    const found = observation.kind === 'kernel' ? /Killed process (\d+) \(loadhog\)/.exec(observation.text) : null
    if (found) pids.add(Number(found[1]))
  }
  return pids
}

function usageOf(pid: number) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return {
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
    residentMiB: Math.round((Number(stat[21]) * 4) / 1024),
  }
}

function forksSoFar(): number {
  return Number(/^processes (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1])
}

/** Compiles the helper and starts it; resolves when all its processes and cgroups are there. */
async function startCrowd({ cgroups, processes, forks }: Asked) {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-load-'))
  const program = join(folder, 'load')
  execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'support-load.c')])
  const root = existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes') ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup'
  const crowd = spawn(
    'nice',
    ['-n', '5', program, `${root}/oomloop-load-${process.pid}`, `${cgroups}`, `${processes}`, `${forks}`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const [said] = (await once(crowd.stdout!, 'data')) as [Buffer]
  const [, gotCgroups, gotProcesses] = said.toString().split(/\s/).map(Number)
  return {
    got: () => ({ cgroups: gotCgroups, processes: gotProcesses }),
    stop: async () => {
      crowd.stdin!.end()
      await once(crowd, 'exit')
      rmSync(folder, { recursive: true })
    },
  }
}

async function startAgent(url: string, stateDir: string): Promise<ChildProcess> {
  const args = ['run', '--webhook', url, '--state-dir', stateDir, '--no-one-voice', '--source', 'kmsg']
  const program = join(import.meta.dirname, '../dist/oomloop.mjs')
  const agent = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  agent.stderr!.on('data', chunk => {
    said = `${said}${chunk}`.slice(-5000)
  })
  while (!said.includes('"watching"')) {
    if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}: ${said}`)
    await pause(50)
  }
  return agent
}

interface Received {
  readonly at: number
  readonly body: string
}

async function startReceiver() {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      received.push({ at: Date.now(), body })
      response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received, close: () => server.close() }
}
