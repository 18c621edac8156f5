import { describe, expect, it } from 'vitest'
import { createEndedLoop } from '../../src/detect/ended-loop.ts'
import { createKilledElsewhere } from '../../src/detect/killed-elsewhere.ts'
import type { Candidate, CoreEvent, ProcessSample, Verdict, Workload, World } from '../../src/types.ts'
import { startAt, worldAt } from './deaths.ts'

const uid = '0a1b2c3d-0000-0000-0000-000000000001'
const slice = `/kubepods/burstable/pod${uid}`
const containerId = 'a'.repeat(64)
const workload = {
  key: 'pod/default/web/main',
  namespace: 'default',
  pod: 'web-1',
  podUid: uid,
  containerId,
  unit: null,
} as Workload
const process = { pid: 42, startTicks: 7, comm: 'java', rssKiB: 4_000_000 } as ProcessSample

/** What is said of a large process that ends in a shortage at second 5, with these events beside it. */
function said(
  events: readonly (readonly [second: number, event: object])[] = [],
  of: Candidate = { process, workload },
) {
  const detect = createKilledElsewhere()
  const at = (second: number): World => {
    const world = worldAt(second, { coverage: { counted: 0, seen: 0, attributed: 0, lostRecords: 0 } })
    return {
      ...world,
      host: { ...world.host, memTotalKiB: 16_000_000 },
      identity: { ...world.identity, candidates: () => [of] },
      memory: { ...world.memory, headroom: { ratio: 0.05 }, signals: { stalledMs: 5_000, depletingSince: null } },
    } as unknown as World
  }
  const story: (readonly [number, object])[] = [
    [1, { kind: 'memory' }],
    [5, { kind: 'processes', seen: [], gone: [{ pid: 42, startTicks: 7 }] }],
    ...events,
    ...Array.from({ length: 60 }, (_, second) => [6 + second, { kind: 'tick' }] as const),
  ]
  const verdicts: Verdict[] = []
  for (const [second, event] of story.sort(([a], [b]) => a - b)) {
    verdicts.push(...detect({ ...event, at: startAt + second * 1000 } as CoreEvent, at(second)))
  }
  return verdicts
}

describe('a large process that ends in a shortage', () => {
  it('is information where the kernel counted no kill and its pod stays', () => {
    expect(said()).toMatchObject([{ severity: 'info', subject: workload.key, facts: { about: 'workload', pid: 42 } }])
  })

  it('is reported after five seconds where it belongs to no pod', () => {
    const unit = { ...workload, podUid: null, containerId: null, namespace: null, pod: null } as Workload
    expect(said([], { process, workload: unit })[0]!.at).toBe(startAt + 10_000)
  })

  it.each<readonly [string, number, object]>([
    ['its pod’s cgroup goes', 14, { kind: 'cgroups', cgroups: [], gone: [`${slice}/${containerId}`, slice] }],
    ['its pod’s folder goes', 20, { kind: 'pods', pods: [], gone: [uid] }],
    [
      'kubelet logs its deletion',
      2,
      { kind: 'unit-line', unit: 'kubelet', line: '"SyncLoop DELETE" source="api" pods=["default/web-1"]' },
    ],
    [
      'the runtime is told to stop its container',
      3,
      {
        kind: 'unit-line',
        unit: 'containerd',
        line: `level=info msg="StopContainer for \\"${containerId}\\" with timeout 30 (s)"`,
      },
    ],
  ])('is nothing where a person deleted it: %s', (_, second, event) => {
    expect(said([[second, event]])).toEqual([])
  })

  it('is not excused by another pod’s deletion', () => {
    expect(said([[8, { kind: 'pods', pods: [], gone: ['0a1b2c3d-0000-0000-0000-000000000009'] }]])).toHaveLength(1)
  })
})

describe('a large process that ends in a shortage, is restarted, and ends again', () => {
  const unit = { ...workload, podUid: null, containerId: null, namespace: null, pod: null } as Workload
  const bootedAt = startAt - 1_000_000

  /** What is said of two ends, the second one of a process that began at this second. */
  function twice(bornSecond: number, ratio = 0.05): readonly Verdict[] {
    const detect = createEndedLoop()
    const first = { ...process, startTicks: 7 }
    const second = { ...process, pid: 50, startTicks: (1_000 + bornSecond) * 100 }
    const story: (readonly [number, object])[] = [
      [1, { kind: 'memory' }],
      [5, { kind: 'processes', seen: [], gone: [first] }],
      [60, { kind: 'memory' }],
      [65, { kind: 'processes', seen: [], gone: [second] }],
      ...Array.from({ length: 80 }, (_, at) => [6 + at, { kind: 'tick' }] as const),
    ]
    return story
      .sort(([a], [b]) => a - b)
      .flatMap(([at, event]) => {
        const world = worldAt(at, { coverage: { counted: 0, seen: 0, attributed: 0, lostRecords: 0 } })
        const living = at < 50 ? first : second
        return detect(
          { ...event, at: startAt + at * 1000 } as CoreEvent,
          {
            ...world,
            host: { ...world.host, memTotalKiB: 16_000_000, bootedAt },
            identity: { ...world.identity, candidates: () => [{ process: living, workload: unit }] },
            memory: { ...world.memory, headroom: { ratio }, signals: { stalledMs: 5_000, depletingSince: null } },
          } as unknown as World,
        )
      })
  }

  it('is a loop, whatever ended it', () => {
    const verdicts = twice(20)
    expect(verdicts.map(({ type, severity }) => [type, severity])).toEqual([
      ['memory-exhaustion', 'info'],
      ['respawn-loop', 'warning'],
    ])
    expect(verdicts[1]).toMatchObject({ facts: { endedBy: 'unknown' }, loop: { kills: 2, certainty: 'seen' } })
  })

  it('no loop is reported if both processes ran at the same time, or if memory is free', () => {
    expect(twice(-100).map(({ type }) => type)).toEqual(['memory-exhaustion', 'memory-exhaustion'])
    expect(twice(20, 0.5)).toEqual([])
  })
})
