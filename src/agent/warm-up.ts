import { setImmediate as nextTurn } from 'node:timers/promises'
import { createPipeline } from '../pipeline.ts'
import { defaultCoreSettings } from '../settings/core-settings.ts'
import type { HostFacts, Observation, ProcessSample } from '../types.ts'

/**
 * Runs invented loops through a separate core, so that the code is compiled before the first real loop. Without this,
 * the first one took three times as long as the fiftieth. Gives the event loop a turn after each kill. Nothing that it
 * evaluates is sent; resolves with the number of alerts.
 */
export async function warmCore(host: HostFacts, rounds = 60): Promise<number> {
  let judged = 0
  const pipeline = createPipeline()
  for (const observation of [
    { kind: 'start', at: 0 },
    { kind: 'settings', at: 0, settings: defaultCoreSettings },
    { kind: 'host', at: 0, host: { ...host, bootedAt: 0 } },
  ] satisfies Observation[])
    pipeline.observe(observation)
  for (let round = 0; round < rounds; round++) {
    for (const observation of oneKill(round)) judged += pipeline.observe(observation).length
    await nextTurn()
  }
  return judged
}

function oneKill(round: number): readonly Observation[] {
  const at = 3_600_000 * (1 + Math.floor(round / 3)) + round * 60_000
  const pid = 20_000 + round * 3
  const cgroup = `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${'a'.repeat(64)}.scope`
  const process: ProcessSample = {
    pid,
    startTicks: Math.floor(at / 10) - 500,
    ppid: 1,
    comm: 'warm',
    state: 'S',
    threads: 4,
    majorFaults: round,
    rssKiB: 60_000,
    oomScore: 1335,
    oomScoreAdj: 1000,
    cgroup,
  }
  const texts = [
    'warm invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=1000',
    'memory: usage 65536kB, limit 65536kB, failcnt 80',
    '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
    `[   ${pid}]     0 ${pid}    20636    15000    14000     1000         0   204800        0          1000 warm`,
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${cgroup},task=warm,pid=${pid},uid=0`,
    `Out of memory: Killed process ${pid} (warm) total-vm:82544kB, anon-rss:56000kB, file-rss:4000kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:1000`,
  ]
  return [
    {
      kind: 'memory',
      at: at - 1000,
      meminfo: { ...meminfo, MemAvailable: 90_000 + round },
      vmstat: { oom_kill: round },
    },
    {
      kind: 'pods',
      at: at - 900,
      pods: [{ uid, namespace: 'warm', pod: 'warm-x7k2p', containers: [{ name: 'warm' }] }],
    },
    { kind: 'processes', at: at - 900, seen: [process], gone: [] },
    ...texts.map((text, line): Observation => ({ kind: 'kernel', at, text, seq: round * 10 + line, level: 4 })),
    { kind: 'processes', at: at + 100, seen: [], gone: [{ pid, startTicks: process.startTicks }] },
    { kind: 'tick', at: at + 1000 },
  ]
}

const uid = '6f2d0c1e-7a51-4c0b-9f6d-0c6a54a01234'

const meminfo = {
  MemTotal: 4_000_000,
  MemFree: 60_000,
  'Active(file)': 20_000,
  'Inactive(file)': 20_000,
  AnonPages: 3_500_000,
  Shmem: 10_000,
}
