/**
 * What the sampler costs on a quiet host with many processes, beside a plain scan of the same files in the same run.
 *
 *     npm run -s bench -- sampler [--processes=1000] [--seconds=60] [--json]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createLiveFiles } from '../src/input/sampler/host-files.ts'
import { createSamplerSource } from '../src/input/sampler/sampler-source.ts'
import type { BenchOptions } from './main.ts'

export async function run({ json, args }: BenchOptions): Promise<void> {
  const count = numberIn(args, '--processes', 1000)
  const seconds = numberIn(args, '--seconds', 60)
  const crowd = await spawnCrowd(count)
  try {
    const listed = readdirSync('/proc').filter(name => /^\d+$/.test(name)).length
    const idle = await measureIdle()
    const sampler = await measureSampler(seconds, count)
    const naive = measureNaive(10)
    const result = {
      processes: listed,
      seconds,
      samplerCorePercent: round(sampler.corePercent - idle),
      naiveCorePercent: round(naive),
      ratio: round((sampler.corePercent - idle) / naive),
      idleCorePercent: round(idle),
      killsMeanwhile: sampler.kills,
      forksMeanwhile: sampler.forks,
      observations: sampler.observations,
      observedKiBPerMinute: Math.round((sampler.bytes / 1024 / seconds) * 60),
      heapGrowthKiB: sampler.heapGrowthKiB,
      rssMiB: Math.round(process.memoryUsage().rss / 1024 / 1024),
    }
    console.log(json ? JSON.stringify(result) : describe(result))
  } finally {
    crowd.kill('SIGTERM')
    await once(crowd, 'exit')
  }
}

/** One shell with so many sleeping children, which die with it. */
async function spawnCrowd(count: number): Promise<ChildProcess> {
  const script = `trap 'trap - TERM; kill 0' TERM; i=0; while [ $i -lt ${count} ]; do sleep 100000 & i=$((i+1)); done; echo ready; wait`
  const crowd = spawn('nice', ['-n', '15', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  await once(crowd.stdout!, 'data')
  await wait(2000)
  return crowd
}

/** What this process uses when it does nothing: V8's and libuv's own. */
async function measureIdle(): Promise<number> {
  const before = process.cpuUsage()
  await wait(3000)
  return corePercent(before, 3000)
}

async function measureSampler(seconds: number, count: number) {
  const source = createSamplerSource(createLiveFiles('/'))
  let observations = 0
  let bytes = 0
  let isMeasured = false
  await source.start(observation => {
    observations++
    if (!isMeasured) bytes += JSON.stringify(observation).length
  })
  // The first reading of all processes, 500 a second, is the start and not the quiet tier.
  await wait(Math.ceil(count / 500) * 1000 + 3000)
  bytes = 0
  observations = 0
  isMeasured = true
  const heapBefore = process.memoryUsage().heapUsed
  const before = process.cpuUsage()
  const startedAt = performance.now()
  const [killsBefore, forksBefore] = [counter('/proc/vmstat', 'oom_kill'), counter('/proc/stat', 'processes')]
  await wait(seconds * 1000)
  const kills = counter('/proc/vmstat', 'oom_kill') - killsBefore
  const forks = counter('/proc/stat', 'processes') - forksBefore
  const percent = corePercent(before, performance.now() - startedAt)
  const heapGrowthKiB = Math.round((process.memoryUsage().heapUsed - heapBefore) / 1024)
  // Serialising is the recorder's cost, not the sampler's: its size is taken from ten seconds after.
  isMeasured = false
  await wait(10_000)
  const perRun = (bytes / 10) * seconds
  await source.stop()
  return { corePercent: percent, observations, bytes: perRun, heapGrowthKiB, kills, forks }
}

function counter(path: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? Number.NaN)
}

/** Five files of every process, by readFileSync, once a second. */
function measureNaive(rounds: number): number {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      for (const name of ['stat', 'statm', 'oom_score', 'oom_score_adj', 'cgroup']) {
        try {
          readFileSync(`/proc/${pid}/${name}`, 'utf8')
        } catch {
          // gone since it was listed
        }
      }
    }
  }
  return corePercent(before, rounds * 1000)
}

function corePercent(before: NodeJS.CpuUsage, ms: number): number {
  const { user, system } = process.cpuUsage(before)
  return ((user + system) / 1000 / ms) * 100
}

function describe(result: Record<string, number>): string {
  return [
    `${result.processes} processes, ${result.seconds} s; meanwhile ${result.killsMeanwhile} OOM kills (none = the quiet tier) and ${result.forksMeanwhile} forks`,
    `sampler        ${result.samplerCorePercent} % of a core (idle ${result.idleCorePercent} % taken off)`,
    `readFileSync   ${result.naiveCorePercent} % of a core, five files of each process once a second`,
    `ratio          ${result.ratio} (1/${Math.round(1 / result.ratio!)})`,
    `told           ${result.observations} observations, ${result.observedKiBPerMinute} KiB a minute as JSON`,
    `heap           ${result.heapGrowthKiB} KiB more at the end, ${result.rssMiB} MiB resident`,
  ].join('\n')
}

function numberIn(args: readonly string[], flag: string, otherwise: number): number {
  const given = args.find(arg => arg.startsWith(`${flag}=`))
  return given === undefined ? otherwise : Number(given.slice(flag.length + 1))
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
