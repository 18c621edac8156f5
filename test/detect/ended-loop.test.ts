import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, Observation, ProcessSample } from '../../src/types.ts'
import { replayAlerts } from '../diagnose/replay.ts'
import { someHost, storyStart } from './node-story.ts'

type Line = readonly [second: number, unit: string, line: string]

interface Told {
  readonly lines: readonly Line[]
  readonly trusted?: boolean
  readonly more?: readonly Observation[]
  readonly locale?: 'en' | 'zh-CN'
}

/** What the whole program says of daemons' log lines on a live host. */
function alertsOf({ lines, trusted = true, more = [], locale = 'en' }: Told): readonly Alert[] {
  const pipeline = createPipeline()
  const at = (second: number) => storyStart + second * 1000
  const last = Math.max(...lines.map(([second]) => second))
  const observations: Observation[] = [
    ...lines.map(([second, unit, line]): Observation => {
      return { kind: 'unit-line', at: at(second), unit, line, ...(trusted && { trusted }) }
    }),
    ...more,
    ...Array.from(
      { length: Math.ceil(last / 10) + 1 },
      (_, index): Observation => ({ kind: 'tick', at: at(index * 10) }),
    ),
  ]
  const host = { ...someHost, bootedAt: storyStart - 1_000_000 }
  return [
    { kind: 'settings', at: at(0), settings: { ...defaultCoreSettings, locale } } as const,
    { kind: 'host', at: at(0), host } as const,
    ...observations.sort((a, b) => (a.at ?? 0) - (b.at ?? 0)),
  ].flatMap(observation => pipeline.observe(observation))
}

function loopsOf(told: Told): readonly Alert[] {
  return alertsOf(told).filter(({ type }) => type === 'respawn-loop')
}

const mustEvict: Line = [
  9,
  'kubelet',
  'I0321 10:00:09.1 812 eviction_manager.go:376] "Eviction manager: must evict pod(s) to reclaim" resourceName="memory"',
]
const evicted = (second: number, pod: string): Line => [
  second,
  'kubelet',
  `I0321 10:00:10.1 812 eviction_manager.go:407] "Eviction manager: pod is evicted successfully" pod="${pod}"`,
]
const added = (second: number, pod: string): Line => [
  second,
  'kubelet',
  `I0321 10:00:20.1 812 kubelet.go:2410] "SyncLoop ADD" source="api" pods=["${pod}"]`,
]

describe('a loop that kubelet drives by evictions', () => {
  const loop = [
    mustEvict,
    evicted(10, 'logging/filebeat-x7k2p'),
    added(25, 'logging/filebeat-9qz4m'),
    evicted(200, 'logging/filebeat-9qz4m'),
  ]

  it('is called at the second eviction of a DaemonSet’s pod, which was created after the first', () => {
    expect(loopsOf({ lines: loop })).toMatchObject([
      {
        severity: 'warning',
        subject: 'pod/logging/filebeat',
        loop: { kills: 2, respawns: 1, medianPeriodSeconds: 190, certainty: 'seen' },
      },
    ])
    const [alert] = loopsOf({ lines: loop })
    expect(alert!.summary).toMatch(
      /filebeat is in a kill loop on node: kubelet evicted it for memory twice, 3m10s apart\. Next step/,
    )
    expect(alert!.summary).toContain('raise its memory request')
    expect(alert!.actions.map(({ command }) => command)).toEqual([
      'kubectl --namespace=logging describe pod filebeat-9qz4m',
      null,
    ])
    expect(loopsOf({ lines: loop, locale: 'zh-CN' })[0]!.summary).toContain('被 kubelet 因内存不足驱逐 2 次')
  })

  it('is none of two runs of a CronJob that were evicted once each, and one of two pods of the same run', () => {
    const pods = (first: string, second: string) => [
      mustEvict,
      evicted(10, `batch/${first}`),
      added(150, `batch/${second}`),
      evicted(200, `batch/${second}`),
    ]
    expect(loopsOf({ lines: pods('report-29123456-x7k2p', 'report-29123486-9qz4m') })).toEqual([])
    expect(loopsOf({ lines: pods('report-29123456-x7k2p', 'report-29123456-9qz4m') })).toHaveLength(1)
  })

  it('is information where any user may have written the lines', () => {
    const [alert] = loopsOf({ lines: loop, trusted: false })
    expect(alert).toMatchObject({ severity: 'info' })
    expect(alert!.actions[0]!.do).toContain('not verified')
  })

  it('is over after ten quiet minutes', () => {
    const ends = loopsOf({ lines: [...loop, [1_000, 'kubelet', 'nothing']] })
    expect(ends.map(({ status }) => status)).toEqual(['firing', 'resolved'])
  })

  it('is read in the form of kubelet before 1.21', () => {
    const lineOf = (pod: string): string =>
      `I0321 10:00:10.1 812 eviction_manager.go:578] eviction manager: pod ${pod}_logging(1b4e28ba-2fa1-11d2-883f-0016d3cca427) is evicted successfully`
    const must = 'W0321 10:00:09.1 812 eviction_manager.go:344] eviction manager: must evict pod(s) to reclaim memory'
    const lines: Line[] = [
      [9, 'kubelet', must],
      [10, 'kubelet', lineOf('redis-0')],
      [120, 'kubelet', lineOf('redis-0')],
    ]
    expect(loopsOf({ lines })).toMatchObject([{ subject: 'pod/logging/redis-0', loop: { kills: 2 } }])
  })

  it.each<readonly [string, readonly Line[]]>([
    [
      'one shortage evicts three replicas that lived together',
      [
        added(1, 'shop/web-5d8f9c7b54-abcde'),
        added(2, 'shop/web-5d8f9c7b54-fghij'),
        added(3, 'shop/web-5d8f9c7b54-klmnp'),
        mustEvict,
        evicted(10, 'shop/web-5d8f9c7b54-abcde'),
        evicted(40, 'shop/web-5d8f9c7b54-fghij'),
        evicted(80, 'shop/web-5d8f9c7b54-klmnp'),
      ],
    ],
    [
      'two pods of one name, of which nothing says when they began',
      [mustEvict, evicted(10, 'shop/web-5d8f9c7b54-abcde'), evicted(100, 'shop/web-5d8f9c7b54-fghij')],
    ],
    [
      'evictions for the disk',
      [
        [9, 'kubelet', '"Eviction manager: must evict pod(s) to reclaim" resourceName="ephemeral-storage"'],
        evicted(10, 'logging/filebeat-x7k2p'),
        added(25, 'logging/filebeat-9qz4m'),
        evicted(200, 'logging/filebeat-9qz4m'),
      ],
    ],
    [
      'a rollout and a drain',
      [
        [10, 'kubelet', '"SyncLoop DELETE" source="api" pods=["shop/web-5d8f9c7b54-abcde"]'],
        added(12, 'shop/web-7f6c4d5b66-fghij'),
        [60, 'kubelet', '"SyncLoop DELETE" source="api" pods=["shop/web-7f6c4d5b66-fghij"]'],
        added(62, 'shop/web-7f6c4d5b66-klmnp'),
        [90, 'kubelet', '"SyncLoop DELETE" source="api" pods=["shop/web-7f6c4d5b66-klmnp"]'],
      ],
    ],
    [
      'a preemption',
      [
        [10, 'kubelet', '"Preempting pod to free resources" pod="shop/web-0"'],
        added(20, 'shop/web-0'),
        [100, 'kubelet', '"Preempting pod to free resources" pod="shop/web-0"'],
      ],
    ],
    ['two evictions a day apart', [mustEvict, evicted(10, 'db/redis-0'), evicted(100_000, 'db/redis-0')]],
  ])('is not called where %s', (_, lines) => {
    expect(loopsOf({ lines })).toEqual([])
  })
})

describe('a loop that a userspace OOM killer drives', () => {
  it('is called where systemd-oomd kills the same unit twice, and not where it kills a slice or two units', () => {
    const killed = (second: number, path: string): Line => [
      second,
      'systemd-oomd',
      `Killed ${path} due to memory pressure for /system.slice being 94.71% > 80.00% for > 20s with reclaim activity`,
    ]
    const worker = '/system.slice/worker.service'
    expect(loopsOf({ lines: [killed(10, worker), killed(90, worker)] })).toMatchObject([
      { severity: 'warning', subject: 'unit/system.slice/worker.service', loop: { kills: 2, certainty: 'seen' } },
    ])
    expect(loopsOf({ lines: [killed(10, worker), killed(11, worker)] })).toEqual([])
    expect(loopsOf({ lines: [killed(10, worker), killed(90, '/system.slice/other.service')] })).toEqual([])
    expect(loopsOf({ lines: [killed(10, '/user.slice'), killed(90, '/user.slice')] })).toEqual([])
  })

  const process = (pid: number, startTicks: number): ProcessSample => ({
    pid,
    startTicks,
    ppid: 1,
    comm: 'hog',
    state: 'S',
    threads: 1,
    majorFaults: 0,
    rssKiB: 400_000,
    oomScore: 900,
    oomScoreAdj: 0,
    cgroup: '/system.slice/hog.service',
  })
  const seen = (second: number, ...processes: ProcessSample[]): Observation => {
    return { kind: 'processes', at: storyStart + second * 1000, seen: processes, gone: [] }
  }
  const gone = (second: number, { pid, startTicks }: ProcessSample): Observation => {
    return { kind: 'processes', at: storyStart + second * 1000, seen: [], gone: [{ pid, startTicks }] }
  }
  const earlyoom = (second: number, pid: number): Line => [
    second,
    'earlyoom',
    `sending SIGTERM to process ${pid} uid 0 "hog": oom_score 823, VmRSS 379 MiB`,
  ]

  it('is called at earlyoom’s second kill of a unit whose process was born after the first', () => {
    const lines = [earlyoom(10, 500), earlyoom(60, 700)]
    const born = (second: number) => (1_000 + second) * 100
    const loop = { lines, more: [seen(5, process(500, born(-100))), seen(30, process(700, born(15)))] }
    expect(loopsOf(loop)).toMatchObject([
      { subject: 'unit/system.slice/hog.service', loop: { kills: 2, pids: [500, 700], certainty: 'seen' } },
    ])
    const pool = { lines, more: [seen(5, process(500, born(-100)), process(700, born(-100)))] }
    expect(loopsOf(pool)).toEqual([])
  })

  it('is a warning by lines of a syslog when the processes that they name end with them, and information when not', () => {
    const lines = [earlyoom(10, 500), earlyoom(60, 700)]
    const born = (second: number) => (1_000 + second) * 100
    const lives = [seen(5, process(500, born(-100))), seen(30, process(700, born(15)))]
    const ends = [gone(12, process(500, born(-100))), gone(63, process(700, born(15)))]
    const severities = (more: readonly Observation[]) =>
      loopsOf({ lines, more, trusted: false }).map(({ severity, status }) => `${status} ${severity}`)
    expect(severities([...lives, ...ends])).toEqual(['firing info', 'firing warning'])
    expect(severities(lives)).toEqual(['firing info'])
    expect(severities([...lives, ends[0]!])).toEqual(['firing info'])
  })

  it('is called by name alone at the third death, and counts SIGTERM and SIGKILL of one process once', () => {
    const kill: Line = [14, 'earlyoom', 'sending SIGKILL to process 500 uid 0 "hog": oom_score 823, VmRSS 379 MiB']
    expect(loopsOf({ lines: [earlyoom(10, 500), kill, earlyoom(60, 700)] })).toEqual([])
    expect(loopsOf({ lines: [earlyoom(10, 500), kill, earlyoom(60, 700), earlyoom(120, 900)] })).toMatchObject([
      { subject: 'comm/hog', loop: { kills: 3, certainty: 'name-only' } },
    ])
  })

  it('reads nohang, whose victim stands on a line before', () => {
    const lines = [10, 60, 120].flatMap((second, index): Line[] => [
      [second, 'nohang', `  PID:       ${500 + index * 100}, name: hog, state: R, EUID: 1000, badness: 800`],
      [second + 1, 'nohang', 'Sending SIGTERM to the victim'],
    ])
    expect(loopsOf({ lines })).toMatchObject([{ subject: 'comm/hog', loop: { kills: 3 } }])
  })
})

it('a log of kubelet’s evictions is called as a live node’s would be', async () => {
  const alerts = await replayAlerts(join(import.meta.dirname, '../../fixtures/killers/eviction-loop.log'))
  expect(alerts.map(({ type, severity, notes }) => [type, severity, notes])).toEqual([
    ['respawn-loop', 'warning', []],
    ['respawn-loop', 'warning', ['open-end']],
  ])
  expect(alerts[0]!.loop).toMatchObject({ kills: 2, respawns: 1, certainty: 'seen', lastLifetimeSeconds: 188 })
  expect(alerts[0]!.actions.map(({ do: what }) => what).join(' ')).not.toContain('verified')
})
