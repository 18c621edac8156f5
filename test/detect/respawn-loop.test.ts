import { describe, expect, it } from 'vitest'
import { createRespawnLoop } from '../../src/detect/respawn-loop.ts'
import type { Verdict, World } from '../../src/types.ts'
import { type Death, host, killEvent, startAt, worldAt } from './deaths.ts'

/** Feeds kills one after the other and returns what the detector said last. */
function lastOf(deaths: readonly Death[], changes: Partial<Omit<World, 'now'>> = {}): Verdict | undefined {
  const detect = createRespawnLoop()
  let last: Verdict | undefined
  for (const death of deaths) last = detect(killEvent(death), worldAt(death.seconds, changes))[0] ?? last
  return last
}

const log = { host: { ...host, sight: 'log' as const, bootedAt: null } }
const nameOnly = {
  key: 'comm/java',
  nodeLevel: true,
  workload: { podUid: null, containerId: null, cgroup: null, certainty: 'name-only' as const },
}

describe('a cycle', () => {
  it('a cycle is a kill, a start after it, and the kill of the new process', () => {
    const verdict = lastOf([
      { seconds: 0, pid: 10, born: -100 },
      { seconds: 90, pid: 20, born: 5 },
    ])
    expect(verdict).toMatchObject({ firing: true, severity: 'info', since: startAt })
    expect(verdict?.loop).toMatchObject({
      kills: 2,
      respawns: 1,
      pids: [10, 20],
      medianPeriodSeconds: 90,
      lastLifetimeSeconds: 85,
      certainty: 'seen',
    })
  })

  it('there is no cycle if the second victim was running when the first one was killed', () => {
    expect(
      lastOf([
        { seconds: 0, pid: 10, born: -100 },
        { seconds: 90, pid: 20, born: -50 },
      ]),
    ).toBeUndefined()
  })

  it('there is no cycle if one decision killed both, whatever their start times', () => {
    expect(
      lastOf([
        { seconds: 0, pid: 10, born: -100, event: 'one' },
        { seconds: 0, pid: 20, born: 0, event: 'one' },
      ]),
    ).toBeUndefined()
  })

  it('takes one predecessor: three replicas that were each restarted once are no cycle until one of those is killed', () => {
    const replicas = [10, 11, 12].map((pid, index) => ({ seconds: index * 60, pid, born: -1_000 }))
    expect(lastOf(replicas)).toBeUndefined()
    expect(lastOf([...replicas, { seconds: 300, pid: 30, born: 2 }])?.loop).toMatchObject({ kills: 4, respawns: 1 })
  })

  it('is known by the next container ID of the pod where the start was not seen', () => {
    const verdict = lastOf([
      { seconds: 0, pid: 10 },
      { seconds: 20, pid: 9, workload: { containerId: 'container-2' } },
    ])
    expect(verdict?.loop?.certainty).toBe('same-pod')
  })

  it('the kernel’s task table at the first kill proves or disproves a cycle', () => {
    const tasks = [{ pid: 10, tgid: 10, uid: 0, comm: 'java', rssKiB: 1, swapKiB: 0, oomScoreAdj: 0 }]
    const both = [...tasks, { ...tasks[0]!, pid: 20, tgid: 20 }]
    const second = { ...nameOnly, seconds: 400, pid: 20, kill: { scope: 'global' as const } }
    const first = { ...nameOnly, seconds: 0, pid: 10 }
    expect(lastOf([{ ...first, kill: { tasks } }, second], log)?.loop?.certainty).toBe('name-only')
    expect(lastOf([{ ...first, kill: { tasks: both } }, second], log)).toBeUndefined()
  })

  it('a cycle is seen if the first kill was read late and the replacement started before that', () => {
    // It died at 0, was read at 4; who was started at once was born at 0.1.
    const first = { seconds: 4, pid: 10, born: -100, kill: { stampMs: 1_000_000 } }
    const second = { seconds: 90, pid: 20, kill: { stampMs: 1_090_000 } }
    expect(lastOf([first, { ...second, born: 0.1 }])?.loop).toMatchObject({ kills: 2, certainty: 'seen' })
    // Who lived before that is no heir; nor is anyone where the stamps say that it was read in time, or merely drift.
    expect(lastOf([first, { ...second, born: -1 }])).toBeUndefined()
    expect(lastOf([first, { ...second, born: 0.1, kill: { stampMs: 1_086_000 } }])).toBeUndefined()
    expect(lastOf([first, { ...second, born: 3.85, kill: { stampMs: 1_086_005 } }])).toBeUndefined()
    // A clock that was set back by an hour makes no process younger.
    expect(lastOf([first, { ...second, born: 0.1, kill: { stampMs: 4_690_000 } }])).toBeUndefined()
  })

  it('a clock change between two kills does not change their interval', () => {
    const detect = createRespawnLoop()
    detect(killEvent({ seconds: 0, pid: 10, born: -1_000 }), worldAt(0))
    // The clock was set forward by an hour: boot time, births and deaths all seem later.
    const forward = { host: { ...host, bootedAt: host.bootedAt! + 3_600_000 } }
    const replica = killEvent({ seconds: 3_660, pid: 11, born: 3_600 - 900 })
    if (replica.kind !== 'kill') throw new Error('no kill')
    const kill = { ...replica.kill, startTicks: replica.kill.startTicks! - 360_000 }
    expect(detect({ ...replica, kill }, worldAt(60, forward))).toEqual([])
  })
})

describe('what is no successor', () => {
  it('a victim of another program in the same container', () => {
    const second = { seconds: 600, pid: 20, born: 1, workload: { comm: 'cc1plus' }, kill: { comm: 'cc1plus' } }
    expect(lastOf([{ seconds: 0, pid: 10, born: -100 }, second])).toBeUndefined()
    // Another container is the pod's restart, whatever program of it was killed.
    expect(
      lastOf([
        { seconds: 0, pid: 10, born: -100 },
        { ...second, workload: { comm: 'cc1plus', containerId: 'next' } },
      ]),
    ).toBeDefined()
  })

  it('an entrypoint that was seen as sh is the same program as its successor', () => {
    const first = { seconds: 0, pid: 10, born: -100, workload: { comm: 'sh' } }
    expect(lastOf([first, { seconds: 600, pid: 20, born: 1 }])).toBeDefined()
    // The kernel prints the name of a thread.
    expect(lastOf([first, { seconds: 600, pid: 20, born: 1, kill: { comm: 'sh' } }])).toBeDefined()
  })

  it('the victim itself, though a pid that was given out again is another process', () => {
    const first = { seconds: 0, pid: 10, born: -100 }
    expect(lastOf([first, { seconds: 5, pid: 10, born: -100 }])).toBeUndefined()
    expect(lastOf([first, { seconds: 500, pid: 10, born: 1 }])?.loop).toMatchObject({ certainty: 'seen' })
  })

  it('a victim of the next boot, with whichever pid', () => {
    const first = { ...nameOnly, seconds: 0, pid: 10, kill: { stampMs: 90_000_000 } }
    const next = { ...nameOnly, seconds: 600, pid: 20, kill: { stampMs: 120_000 } }
    expect(lastOf([first, next], log)).toBeUndefined()
    expect(lastOf([first, { ...next, kill: { stampMs: 90_600_000 } }], log)).toBeDefined()
  })

  it('a victim whose workload is a guess makes a loop a warning at most', () => {
    const twice = (certainty: 'guess' | 'cgroup') =>
      lastOf([
        { seconds: 0, pid: 10, born: -100, nodeLevel: true },
        { seconds: 60, pid: 20, born: 1, nodeLevel: true, workload: { certainty } },
      ])
    expect(twice('guess')).toMatchObject({ severity: 'warning', loop: { certainty: 'name-only' } })
    expect(twice('cgroup')).toMatchObject({ severity: 'critical', loop: { certainty: 'seen' } })
  })
})

describe('a loop', () => {
  const twice = (period: number, nodeLevel: boolean): Death[] => [
    { seconds: 0, pid: 10, born: -100, nodeLevel },
    { seconds: period, pid: 20, born: 1, nodeLevel },
  ]

  it('is within an hour where the node ran out, and critical', () => {
    expect(lastOf(twice(3_600, true))?.severity).toBe('critical')
    expect(lastOf(twice(3_601, true))).toBeUndefined()
  })

  it('is within half an hour at its own limit, and information', () => {
    expect(lastOf(twice(1_800, false))?.severity).toBe('info')
    expect(lastOf(twice(1_801, false))).toBeUndefined()
  })

  it('is a warning at its own limit where its period is below a minute', () => {
    expect(lastOf(twice(59, false))?.severity).toBe('warning')
    expect(lastOf(twice(60, false))?.severity).toBe('info')
  })

  it('is not node-level because one of its deaths was', () => {
    const [first, second] = twice(300, false)
    expect(lastOf([first!, { ...second!, nodeLevel: true }])?.severity).toBe('info')
  })

  it('has yielded nothing where as little was available before its second death as before its first', () => {
    const verdict = lastOf([
      { seconds: 0, pid: 10, born: -100, availableKiB: 50_000 },
      { seconds: 90, pid: 20, born: 5, availableKiB: 49_000 },
    ])
    expect(verdict?.loop?.yieldKiB).toBe(-1_000)
  })

  it('says ten seconds after a kill what that regained', () => {
    const detect = createRespawnLoop()
    const memory = { ...worldAt(0).memory, availableKiBAt: () => 80_000 }
    detect(killEvent({ seconds: 0, pid: 10, born: -100, availableKiB: 50_000 }), worldAt(0))
    detect({ kind: 'tick', at: startAt + 20_000 }, worldAt(20, { memory }))
    const [told] = detect(killEvent({ seconds: 90, pid: 20, born: 5, availableKiB: 60_000 }), worldAt(90))
    expect(told?.loop?.regainedKiB).toBe(30_000)
    expect(detect({ kind: 'tick', at: startAt + 99_000 }, worldAt(99, { memory }))).toEqual([])
    const [later] = detect({ kind: 'tick', at: startAt + 100_000 }, worldAt(100, { memory }))
    expect(later?.loop?.regainedKiB).toBe(20_000)
  })

  it('counts each generation of a worker that lives for 200 ms, seen or not', () => {
    const deaths = Array.from({ length: 50 }, (_, life) => ({
      seconds: life / 5,
      pid: 100 + life,
      born: life % 5 === 2 ? (life - 1) / 5 + 0.01 : null,
    }))
    expect(lastOf(deaths)?.loop).toMatchObject({ kills: 50, respawns: 49, medianPeriodSeconds: 0.2, certainty: 'seen' })
  })

  it('a loop keeps its name if the pod was first known by its UID only', () => {
    const verdict = lastOf([
      { seconds: 0, pid: 10, born: -100, key: 'pod/uid-1' },
      { seconds: 90, pid: 20, born: 5 },
    ])
    expect(verdict).toMatchObject({ subject: 'pod/default/app/app', loop: { kills: 2 } })
  })
})

describe('names alone', () => {
  const deaths = (...list: readonly (readonly [seconds: number, pid: number])[]): Death[] =>
    list.map(([seconds, pid]) => ({ ...nameOnly, seconds, pid }))

  it('names alone make a loop of two kills that are far apart, the second with the higher pid', () => {
    expect(lastOf(deaths([0, 3_241], [2_766, 8_437]), log)?.loop?.certainty).toBe('name-only')
    expect(lastOf(deaths([0, 8_437], [2_766, 3_241]), log)).toBeUndefined()
  })

  it('names alone make no loop of two kills in the same second', () => {
    expect(lastOf(deaths([0, 18_271], [1, 21_215]), log)).toBeUndefined()
  })

  it('make none of a pool that is killed in order of its pids', () => {
    expect(lastOf(deaths([0, 100], [20, 101], [40, 102], [60, 103], [80, 104]), log)).toBeUndefined()
  })

  it('make a loop of four within minutes whose pids rise as containers’ do', () => {
    expect(lastOf(deaths([0, 100], [20, 150], [40, 200]), log)).toBeUndefined()
    expect(lastOf(deaths([0, 100], [20, 150], [40, 200], [60, 260]), log)?.loop).toMatchObject({
      kills: 4,
      respawns: 3,
    })
  })
})
