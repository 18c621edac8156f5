import { describe, expect, it } from 'vitest'
import { createEndedLoop } from '../../src/detect/ended-loop.ts'
import type { CgroupSample, CoreEvent, PodName, Verdict, World } from '../../src/types.ts'
import { startAt, worldAt } from './deaths.ts'

const MiB = 1024

interface Life {
  readonly pod: string
  readonly from: number
  /** Second at which its cgroup goes. */
  readonly to: number
  readonly MiB?: number
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
}

interface Story {
  readonly lives: readonly Life[]
  /** Memory that is left at a second, MiB; kubelet evicts below 100. */
  readonly left?: (second: number) => number
  readonly events?: readonly (readonly [second: number, event: object])[]
}

const uidOf = (index: number) => `0a1b2c3d-0000-4000-8000-${String(index).padStart(12, '0')}`
const pathOf = (index: number) => `/kubepods/burstable/pod${uidOf(index)}`

/** What is judged of pods that live and go on a node of 16 GiB whose kubelet's log is not read. */
function judge({ lives, left = () => 60, events = [] }: Story): readonly Verdict[] {
  const detect = createEndedLoop()
  const last = Math.max(...lives.map(({ to }) => to)) + 60
  const verdicts: Verdict[] = []
  for (let second = 0; second <= last; second++) {
    const alive = lives
      .map((life, index) => ({ life, index }))
      .filter(({ life }) => life.from <= second && second < life.to)
    const cgroups = alive.map(
      ({ life, index }): CgroupSample => ({ path: pathOf(index), currentKiB: (life.MiB ?? 2_000) * MiB }),
    )
    const gone = lives.flatMap(({ to }, index) => (to === second ? [pathOf(index)] : []))
    const podByUid = (uid: string): PodName | undefined => {
      const index = lives.findIndex((_, at) => uidOf(at) === uid)
      const { pod, namespace = 'logging', labels } = lives[index]!
      return { uid, namespace, pod, containers: [], ...(labels && { labels }) }
    }
    const world = worldAt(second, { coverage: { counted: 0, seen: 0, attributed: 0, lostRecords: 0 } })
    const view = {
      ...world,
      host: { ...world.host, memTotalKiB: 16_000 * MiB, kubelet: { evictionMemory: '100Mi' } },
      identity: { ...world.identity, candidates: () => [], podByUid },
      memory: {
        ...world.memory,
        headroom: { nodeKiB: left(second) * MiB, ratio: left(second) / 16_000 },
        cgroups: () => cgroups,
      },
    } as unknown as World
    const happened = [
      { kind: 'memory' },
      { kind: 'cgroups', cgroups, gone },
      ...events.filter(([at]) => at === second).map(([, event]) => event),
      { kind: 'tick' },
    ]
    for (const event of happened) verdicts.push(...detect({ ...event, at: startAt + second * 1000 } as CoreEvent, view))
  }
  return verdicts
}

const daemonSet: readonly Life[] = [
  { pod: 'filebeat-x7k2p', from: 0, to: 100 },
  { pod: 'filebeat-9qz4m', from: 110, to: 300 },
]
/** Little is left before each end of a pod, and enough for a while after it. */
const shortBefore =
  (...ends: readonly number[]) =>
  (second: number) =>
    ends.some(end => second >= end - 20 && second <= end) ? 60 : 3_000
const short = shortBefore(100, 300, 500)

describe('evictions without kubelet’s log', () => {
  it('are guessed to be a loop when a DaemonSet’s pod goes in a shortage, is recreated, and goes in a shortage again', () => {
    const loops = judge({ lives: daemonSet, left: short })
    expect(loops).toMatchObject([
      {
        type: 'respawn-loop',
        severity: 'info',
        subject: 'pod/logging/filebeat',
        loop: {
          kills: 2,
          respawns: 1,
          endedBy: 'kubelet-eviction',
          endedByCertainty: 'guess',
          medianPeriodSeconds: 200,
        },
      },
    ])
  })

  it('are guessed for the pods of one ReplicaSet as well', () => {
    const lives = [
      { pod: 'web-5d8f9c7b54-x7k2p', from: 0, to: 100 },
      { pod: 'web-5d8f9c7b54-9qz4m', from: 110, to: 300 },
    ]
    expect(judge({ lives, left: short })).toMatchObject([{ subject: 'pod/logging/web', severity: 'info' }])
  })

  const hash = (name: string, from: number, to: number): Life => ({ pod: name, from, to })
  it.each<readonly [string, Story]>([
    [
      'the pods go with memory to spare (a crash, a preemption, an eviction for the disk)',
      { lives: daemonSet, left: () => 3_000 },
    ],
    [
      'each pod has another ReplicaSet: a rollout in a shortage',
      {
        lives: [
          hash('web-5d8f9c7b54-x7k2p', 0, 100),
          hash('web-7f6c4d5b66-9qz4m', 110, 300),
          hash('web-6c8d7f5b9-bk4zr', 310, 500),
        ],
        left: short,
      },
    ],
    [
      'no pod follows: a drain or a scale-down',
      {
        lives: [hash('filebeat-x7k2p', 0, 100), hash('fluentd-9qz4m', 0, 105), hash('web-5d8f9c7b54-x7k2p', 0, 110)],
        left: () => 60,
      },
    ],
    [
      'two replicas that lived side by side go in one shortage: a scale-down',
      { lives: [hash('web-5d8f9c7b54-x7k2p', 0, 100), hash('web-5d8f9c7b54-9qz4m', 0, 300)], left: short },
    ],
    [
      'a CronJob’s pods come to their end',
      { lives: [hash('report-29012345-x7k2p', 0, 100), hash('report-29012405-9qz4m', 110, 300)], left: short },
    ],
    ['the pods are small', { lives: daemonSet.map(life => ({ ...life, MiB: 40 })), left: short }],
    [
      'the kernel killed in them',
      {
        lives: daemonSet,
        left: short,
        events: [95, 295].map(
          (second, index) =>
            [
              second,
              {
                kind: 'kill',
                kill: { kill: { pid: 1 }, workload: { key: 'pod/logging/filebeat/main', podUid: uidOf(index) } },
              },
            ] as const,
        ),
      },
    ],
    [
      'kubelet’s log is read and does not say it',
      {
        lives: daemonSet,
        left: short,
        events: [
          [
            1,
            { kind: 'unit-line', unit: 'kubelet', line: '"SyncLoop ADD" source="api" pods=["logging/filebeat-x7k2p"]' },
          ],
        ],
      },
    ],
  ])('are not guessed when %s', (_, story) => {
    expect(judge(story).filter(({ type }) => type === 'respawn-loop')).toEqual([])
  })
})
