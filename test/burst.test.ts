import { describe, expect, it } from 'vitest'
import { createKmsgFeed } from '../src/input/live/kmsg-feed.ts'
import { createPipeline } from '../src/pipeline.ts'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import type { Alert, AttributedKill, Observation } from '../src/types.ts'
import { hostFacts, process, seen } from './identify/fixtures.ts'

/**
 * 75 processes die within a second; of ten alone does the kernel say in which cgroup, for those lines are limited to ten
 * in five seconds on the whole machine. Records as Linux 6.18 writes them.
 */
describe('75 kills within one second with ten headers', () => {
  it('are 75, each of the cgroup in which its process was seen before, and all that the kernel counted', () => {
    const { kills, coverage } = play({ isSeen: () => true })
    expect(kills).toHaveLength(75)
    expect(kills.filter(({ kill }) => kill.taskMemcg !== null)).toHaveLength(10)
    expect(kills.map(({ workload }) => workload.cgroup)).toEqual(victims.map(({ cgroup }) => cgroup))
    expect(kills.every(({ attributed }) => attributed)).toBe(true)
    expect(new Set(kills.map(({ kill }) => kill.event)).size).toBe(75)
    expect(coverage).toEqual({ counted: 75, seen: 75, attributed: 75, lostRecords: 0 })
  })

  it('75 kills of processes that were not seen before are still 75, and only ten of them have a cgroup', () => {
    const { kills, coverage } = play({ isSeen: () => false })
    expect(kills.flatMap(({ attributed, workload }) => (attributed ? [workload.cgroup] : []))).toEqual(
      victims.slice(0, 10).map(({ cgroup }) => cgroup),
    )
    expect(coverage).toEqual({ counted: 75, seen: 75, attributed: 10, lostRecords: 0 })
  })

  it('make a gap visible where the log lost some of them', () => {
    const { coverage, alerts } = play({ isSeen: () => true, isLost: n => n >= 20 && n < 25 })
    expect(coverage).toEqual({ counted: 75, seen: 70, attributed: 70, lostRecords: 5 })
    const impaired = alerts.filter(({ type }) => type === 'agent-impaired')
    expect(impaired.map(({ status }) => status)).toEqual(['firing'])
    expect(impaired[0]!.coverage).toMatchObject({ seen: 20, lostRecords: 5 })
  })
})

const startedAt = 1_000_000

/** Five of each cgroup in turn, so that no two neighbours in the log share one. */
const victims = Array.from({ length: 75 }, (_, n) =>
  process({ pid: 1000 + n, startTicks: 100 + n, comm: 'worker', cgroup: `/system.slice/app-${n % 15}.service` }),
)

function play({ isSeen, isLost }: { isSeen: () => boolean; isLost?: (n: number) => boolean }) {
  const kills: AttributedKill[] = []
  const alerts: Alert[] = []
  const pipeline = createPipeline({ onEvent: event => event.kind === 'kill' && kills.push(event.kill) })
  const observe = (observation: Observation): void => void alerts.push(...pipeline.observe(observation))
  observe({ kind: 'start', at: startedAt })
  observe({ kind: 'settings', at: startedAt, settings: defaultCoreSettings })
  observe({ kind: 'host', at: startedAt, host: hostFacts() })
  observe(memory(startedAt, 400))
  if (isSeen()) observe(seen(startedAt, ...victims))

  const feed = createKmsgFeed({ opened: { at: startedAt, stampUs: startedAt * 1000 } })
  let seq = 5000
  const write = (n: number, ...records: readonly string[]): void => {
    const at = startedAt + 5000 + n * 13
    for (const record of records) {
      const raw = Buffer.from(record.replace('SEQ,TS', `${++seq},${at * 1000}`))
      if (!isLost?.(n)) for (const observation of feed.push(raw, at)) observe(observation)
    }
  }
  for (const [n, { pid, cgroup }] of victims.entries()) {
    const who = `task=worker,pid=${pid},uid=0`
    const header = `6,SEQ,TS,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},${who}`
    const kill = `3,SEQ,TS,-;Memory cgroup out of memory: Killed process ${pid} (worker) total-vm:82544kB, anon-rss:72320kB, file-rss:6796kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0`
    write(n, ...(n < 10 ? [header] : []), kill)
  }
  observe(memory(startedAt + 7000, 475))
  observe({ kind: 'tick', at: startedAt + 8000 })
  return { kills, alerts, coverage: pipeline.world().coverage }
}

function memory(at: number, oomKill: number): Observation {
  const meminfo = { MemTotal: 1_500_000, MemAvailable: 900_000, MemFree: 500_000 }
  return { kind: 'memory', at, meminfo, vmstat: { oom_kill: oomKill } }
}
