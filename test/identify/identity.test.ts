import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { createIdentity, type Identity } from '../../src/identify/identity.ts'
import type { Birth, CoreEvent, Death, Observation, PodName, ProcessSample } from '../../src/types.ts'
import { gone, hostFacts, kill, process, seen } from './fixtures.ts'

const host = hostFacts()
const uid = '37ab7c6e-08d5-482d-9f69-de131666713d'
const uid2 = '47ab7c6e-08d5-482d-9f69-de131666713d'
const idOf = (digit: string): string => digit.repeat(64)
const cgroupOf = (podUid: string, digit: string): string => `/kubepods/besteffort/pod${podUid}/${idOf(digit)}`

function create(): Identity {
  return createIdentity(createMemoryView())
}

function births(events: readonly CoreEvent[]): Birth[] {
  return events.flatMap(event => (event.kind === 'birth' ? [event.birth] : []))
}

function deaths(events: readonly CoreEvent[]): Death[] {
  return events.flatMap(event => (event.kind === 'death' ? [event.death] : []))
}

function pods(...named: readonly PodName[]): Observation {
  return { kind: 'pods', at: 0, pods: named }
}

const filebeat = (fields: Partial<ProcessSample> & Pick<ProcessSample, 'pid'>): ProcessSample =>
  process({ comm: 'filebeat', oomScoreAdj: 1000, cgroup: cgroupOf(uid, 'a'), ...fields })

test('a victim is known by what was seen of its pid before it died, though it is gone when the kill is read', () => {
  const identity = create()
  const victim = process({ pid: 50, startTicks: 100, ppid: 7, rssKiB: 4096 })
  identity.observe(seen(2000, victim), host)
  identity.observe(gone(3000, victim), host)
  expect(identity.attribute(kill({ pid: 50, comm: 'java' }), 3001, host)).toMatchObject({
    workload: { key: 'unit/system.slice/app.service', certainty: 'cgroup' },
    attributed: true,
    bornAt: 1000,
    startTicks: 100,
    lastRssKiB: 4096,
    ppid: 7,
    at: 3001,
  })
})

test('growth is the difference between the size of the victim when it was first seen and at its kill', () => {
  const identity = create()
  identity.observe(seen(2000, process({ pid: 50, rssKiB: 10_000 }), process({ pid: 51 })), host)
  const sizes = { anonRssKiB: 60_000, fileRssKiB: 1000, shmemRssKiB: 0 }
  expect(identity.attribute(kill({ pid: 50, comm: 'java', ...sizes }), 12_000, host).growthKiBPerSecond).toBe(5100)
  expect(identity.attribute(kill({ pid: 51, comm: 'java', ...sizes }), 2500, host).growthKiBPerSecond).toBeNull()
})

test('a pid that was never seen is known by its name alone, and counts as not attributed', () => {
  expect(create().attribute(kill({ pid: 50, comm: 'java' }), 5000, host)).toMatchObject({
    workload: { key: 'comm/java', certainty: 'name-only', cgroup: null },
    attributed: false,
    bornAt: null,
  })
})

test('the cgroup that the kernel names is used if the pid was never seen', () => {
  const attributed = create().attribute(kill({ pid: 50, comm: 'x', taskMemcg: '/system.slice/a.service' }), 5000, host)
  expect(attributed).toMatchObject({ workload: { key: 'unit/system.slice/a.service' }, attributed: true })
})

test('a pid that another program got since is not taken for its former owner', () => {
  const identity = create()
  identity.observe(seen(2000, process({ pid: 50, comm: 'innocent' })), host)
  const attributed = identity.attribute(kill({ pid: 50, comm: 'guilty' }), 2900, host)
  expect(attributed).toMatchObject({ workload: { key: 'comm/guilty' }, attributed: false, bornAt: null })
})

test('a process that started after the kill is not its victim', () => {
  const identity = create()
  identity.observe(seen(90_000, process({ pid: 50, startTicks: 8900 })), host)
  expect(identity.attribute(kill({ pid: 50, comm: 'java', at: 10_000 }), 90_001, host).attributed).toBe(false)
})

test('a name with escapes or foreign bytes fits the one that was seen', () => {
  const identity = create()
  identity.observe(seen(2000, process({ pid: 50, comm: 'bad\nname\u0001)x' })), host)
  expect(identity.attribute(kill({ pid: 50, comm: 'bad\\x0aname\\x01)x' }), 2500, host).attributed).toBe(true)
})

test('our own cgroup is kept where the kernel’s is a level above it, and given up where the process has moved', () => {
  const identity = create()
  identity.observe(seen(2000, process({ pid: 50 })), host)
  const at = (taskMemcg: string) =>
    identity.attribute(kill({ pid: 50, comm: 'java', taskMemcg }), 2500, host).workload.key
  expect(at('/')).toBe('unit/system.slice/app.service')
  expect(at('/system.slice')).toBe('unit/system.slice/app.service')
  expect(at('/system.slice/other.service')).toBe('unit/system.slice/other.service')
})

test('a cgroup whose name imitates another one does not move a kill to another workload', () => {
  const identity = create()
  identity.observe(seen(2000, process({ pid: 50 })), host)
  const forged = '/x,task_memcg=/system.slice/sshd.service'
  expect(identity.attribute(kill({ pid: 50, comm: 'java', taskMemcg: forged }), 2500, host).workload.key).toBe(
    'unit/system.slice/app.service',
  )
  expect(identity.attribute(kill({ pid: 51, comm: 'java', taskMemcg: forged }), 2500, host)).toMatchObject({
    attributed: false,
  })
})

test('a kill whose cgroup line was suppressed joins the one workload that just lost others of its name', () => {
  const identity = create()
  const fields = { comm: 'hog', scope: 'memcg', oomScoreAdj: 0 } as const
  identity.attribute(kill({ pid: 1001, ...fields, taskMemcg: '/a' }), 1000, host)
  expect(identity.attribute(kill({ pid: 1002, ...fields }), 2000, host)).toMatchObject({
    workload: { key: 'cgroup/a', certainty: 'guess' },
    attributed: false,
  })
  identity.attribute(kill({ pid: 1003, ...fields, taskMemcg: '/b' }), 3000, host)
  // Now two have victims of that name: it could be either's.
  expect(identity.attribute(kill({ pid: 1004, ...fields }), 4000, host).workload.key).toBe('comm/hog')
})

test('a container that kubelet starts again is the next generation of the same workload', () => {
  const identity = create()
  const pod = { uid, namespace: 'ns', pod: 'filebeat-x7k2p', containers: [{ name: 'filebeat', id: idOf('a') }] }
  identity.observe(pods(pod), host)
  const victim = filebeat({ pid: 50, startTicks: 100 })
  identity.observe(seen(2000, victim), host)
  const dead = identity.attribute(kill({ pid: 50, comm: 'filebeat' }), 10_000, host)
  expect(deaths(identity.observe(gone(10_100, victim), host))).toMatchObject([
    { killed: { at: 10_000 }, process: { pid: 50 } },
  ])
  identity.observe(pods({ ...pod, containers: [{ name: 'filebeat', id: idOf('b') }] }), host)
  const heir = filebeat({ pid: 90, startTicks: 1100, cgroup: cgroupOf(uid, 'b') })
  expect(births(identity.observe(seen(12_000, heir), host))).toEqual([
    {
      process: heir,
      workload: expect.objectContaining({ key: 'pod/ns/filebeat/filebeat', containerId: idOf('b') }),
      bornAt: 11_000,
      replaces: dead,
      respawnedBy: 'kubelet',
      certainty: 'seen',
    },
  ])
  expect(identity.view.respawns(dead.workload)).toBe(true)
})

test('a pod that its controller recreates is the next generation too, under a new uid and name', () => {
  const identity = create()
  identity.observe(
    pods(
      { uid, namespace: 'ns', pod: 'filebeat-x7k2p', containers: [{ name: 'filebeat', id: idOf('a') }] },
      { uid: uid2, namespace: 'ns', pod: 'filebeat-9fk2w', containers: [{ name: 'filebeat', id: idOf('b') }] },
    ),
    host,
  )
  identity.observe(seen(2000, filebeat({ pid: 50 })), host)
  identity.attribute(kill({ pid: 50, comm: 'filebeat' }), 10_000, host)
  const heir = filebeat({ pid: 90, startTicks: 1100, cgroup: cgroupOf(uid2, 'b') })
  expect(births(identity.observe(seen(12_000, heir), host))).toMatchObject([
    { respawnedBy: 'controller', replaces: { kill: { pid: 50 } } },
  ])
})

test('a worker that its own supervisor restarts is recognised, and its elder sibling is not taken for it', () => {
  const identity = create()
  const master = process({ pid: 40, comm: 'master', ppid: 1, startTicks: 50 })
  const worker = (pid: number, startTicks: number): ProcessSample =>
    process({ pid, comm: 'worker', ppid: 40, startTicks })
  identity.observe(seen(2000, master, worker(50, 100)), host)
  identity.attribute(kill({ pid: 50, comm: 'worker' }), 10_000, host)
  expect(births(identity.observe(seen(10_500, worker(51, 99)), host))).toMatchObject([{ replaces: null }])
  expect(births(identity.observe(seen(10_600, worker(52, 1010)), host))).toMatchObject([
    { respawnedBy: 'supervisor', replaces: { kill: { pid: 50 } }, certainty: 'seen' },
  ])
  // One was killed, one was restarted: the next is an additional worker.
  expect(births(identity.observe(seen(10_700, worker(53, 1020)), host))).toMatchObject([{ replaces: null }])
})

test('a service that systemd restarts is recognised as such', () => {
  const identity = create()
  identity.observe(seen(2000, process({ pid: 50, ppid: 1 })), host)
  identity.attribute(kill({ pid: 50, comm: 'java' }), 10_000, host)
  expect(births(identity.observe(seen(12_000, process({ pid: 90, ppid: 1, startTicks: 1100 })), host))).toMatchObject([
    { respawnedBy: 'systemd' },
  ])
})

test('a replacement that first shows under its runtime’s name is found when it takes its own', () => {
  const identity = create()
  identity.observe(seen(2000, filebeat({ pid: 50 })), host)
  identity.attribute(kill({ pid: 50, comm: 'filebeat' }), 10_000, host)
  const heir = filebeat({ pid: 90, startTicks: 1100, comm: 'runc:[2:INIT]', cgroup: cgroupOf(uid, 'b') })
  expect(births(identity.observe(seen(12_000, heir), host))).toMatchObject([{ replaces: null }])
  expect(births(identity.observe(seen(13_000, { ...heir, comm: 'filebeat' }), host))).toMatchObject([
    { replaces: { kill: { pid: 50 } } },
  ])
  expect(births(identity.observe(seen(14_000, { ...heir, comm: 'filebeat', rssKiB: 99_000 }), host))).toEqual([])
})

test('a replacement that was seen before the kill was read is reported right after it', () => {
  const identity = create()
  const victim = process({ pid: 50, ppid: 40 })
  identity.observe(seen(2000, victim), host)
  const heir = process({ pid: 51, ppid: 40, startTicks: 999 })
  identity.observe({ kind: 'processes', at: 10_000, seen: [heir], gone: [victim] }, host)
  identity.attribute(kill({ pid: 50, comm: 'java' }), 10_005, host)
  expect(births(identity.observe({ kind: 'tick', at: 10_006 }, host))).toMatchObject([
    { process: { pid: 51 }, replaces: { kill: { pid: 50 } } },
  ])
})

test('starts and exits without a kill are not reported', () => {
  const identity = create()
  const first = process({ pid: 50 })
  expect(identity.observe(seen(2000, first), host)).toEqual([])
  expect(identity.observe(gone(3000, first), host)).toEqual([])
  expect(identity.observe(seen(4000, process({ pid: 51, startTicks: 300 })), host)).toEqual([])
})

test('a process that is missing in one partial listing is not a new process', () => {
  const identity = create()
  const other = process({ pid: 60 })
  identity.observe(seen(2000, process({ pid: 50 }), other), host)
  identity.attribute(kill({ pid: 50, comm: 'java' }), 10_000, host)
  identity.observe(gone(11_000, other), host)
  expect(births(identity.observe(seen(12_000, other), host))).toEqual([])
})

test('the next victims are those that the kernel would choose: by score, then by size, and never the exempt', () => {
  const identity = create()
  identity.observe(
    seen(
      2000,
      process({ pid: 1, oomScore: 2000 }),
      process({ pid: 10, oomScore: 700, rssKiB: 300_000 }),
      process({ pid: 11, oomScore: 700, rssKiB: 400_000 }),
      process({ pid: 12, oomScore: 1336, oomScoreAdj: 1000, rssKiB: 75_000 }),
      process({ pid: 13, oomScore: 0, oomScoreAdj: -1000, rssKiB: 900_000 }),
      process({ pid: 14, oomScore: 900, state: 'Z' }),
    ),
    host,
  )
  expect(identity.view.candidates(5).map(candidate => candidate.process.pid)).toEqual([12, 11, 10])
  expect(identity.view.candidates(1).map(candidate => candidate.process.pid)).toEqual([12])
  identity.attribute(kill({ pid: 12, comm: 'java' }), 2500, host)
  expect(identity.view.candidates(1).map(candidate => candidate.process.pid)).toEqual([11])
})

test('the choice of the first few is the start of the whole order', () => {
  const any = fc.record({
    oomScore: fc.integer({ min: 0, max: 1400 }),
    rssKiB: fc.nat(9),
    oomScoreAdj: fc.constantFrom(-1000, 0, 500),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (processes, limit) => {
      const identity = create()
      identity.observe(seen(1000, ...processes.map((fields, index) => process({ pid: index + 2, ...fields }))), host)
      const order = identity.view.candidates(1000).map(candidate => candidate.process)
      const scores = order.map(({ oomScore }) => oomScore)
      expect(scores).toEqual([...scores].sort((a, b) => b - a))
      expect(identity.view.candidates(limit).map(candidate => candidate.process)).toEqual(order.slice(0, limit))
    }),
  )
})

test('what a workload holds is its cgroups’ working set where that is known, else its processes’ sizes', () => {
  const memory = createMemoryView()
  const identity = createIdentity(memory)
  const cgroups: Observation = {
    kind: 'cgroups',
    at: 1000,
    cgroups: [{ path: cgroupOf(uid, 'a'), currentKiB: 5000, stat: { inactive_file: 1000 } }],
  }
  memory.observe(cgroups, host)
  identity.observe(
    pods({ uid, namespace: 'ns', pod: 'filebeat-x7k2p', containers: [{ name: 'filebeat', id: idOf('a') }] }),
    host,
  )
  identity.observe(
    seen(
      1000,
      filebeat({ pid: 50, rssKiB: 9000 }),
      filebeat({ pid: 51, rssKiB: 100 }),
      process({ pid: 52, rssKiB: 700 }),
    ),
    host,
  )
  expect(
    identity.view.usage().map(({ workload, KiB, processes, from }) => ({ key: workload.key, KiB, processes, from })),
  ).toEqual([
    { key: 'pod/ns/filebeat/filebeat', KiB: 4000, processes: 2, from: 'cgroup' },
    { key: 'unit/system.slice/app.service', KiB: 700, processes: 1, from: 'processes' },
  ])
})

test('whether a workload is restarted is known by its owner, by its restarts, or not at all', () => {
  const identity = create()
  identity.observe(
    pods(
      { uid, namespace: 'ns', pod: 'web-6bcfcb667b-dpbff', containers: [{ name: 'web' }] },
      { uid: uid2, namespace: 'ns', pod: 'lonely', containers: [{ name: 'c', restarts: 2 }] },
    ),
    host,
  )
  const respawns = (cgroup: string): boolean | null => identity.view.respawns(identity.view.workloadOfCgroup(cgroup)!)
  expect(respawns(cgroupOf(uid, 'a'))).toBe(true)
  expect(respawns(cgroupOf(uid2, 'b'))).toBe(true)
  expect(respawns('/system.slice/kubelet.service')).toBe(true)
  expect(respawns('/system.slice/backup.service')).toBeNull()
})

test.each([
  ['global', {}, 'node', true],
  ['memcg', { oomMemcg: '/kubepods.slice' }, 'kubepods', true],
  ['memcg', { oomMemcg: '/' }, 'node', true],
  ['memcg', { oomMemcg: `/kubepods/besteffort/pod${uid}` }, 'pod', false],
  ['memcg', {}, 'unknown', false],
  ['cpuset', {}, 'node', true],
  [
    'mempolicy',
    { tasks: [{ pid: 50, tgid: 50, uid: 0, comm: 'a', rssKiB: 1, swapKiB: 0, oomScoreAdj: 0 }] },
    'node',
    false,
  ],
  ['sysrq', {}, 'unknown', false],
  ['unknown', {}, 'unknown', false],
] as const)('a kill of scope %s with %j is of level %s', (scope, fields, level, nodeLevel) => {
  expect(create().attribute(kill({ pid: 50, scope, ...fields }), 1000, host)).toMatchObject({
    limitLevel: level,
    nodeLevel,
  })
})

test('if the kernel’s line is missing, the level at its limit is taken as the one that was reached', () => {
  const memory = createMemoryView()
  const identity = createIdentity(memory)
  const sample = (path: string, currentKiB: number, limitKiB: number | null) => ({ path, currentKiB, limitKiB })
  memory.observe(
    { kind: 'cgroups', at: 1, cgroups: [sample(cgroupOf(uid, 'a'), 100, 5000), sample('/kubepods', 9900, 10_000)] },
    host,
  )
  identity.observe(seen(1000, filebeat({ pid: 50 })), host)
  expect(identity.attribute(kill({ pid: 50, comm: 'filebeat', scope: 'memcg' }), 2000, host)).toMatchObject({
    limitLevel: 'kubepods',
    nodeLevel: true,
  })
})

test('inside a nested container the kernel’s paths are read from where our own tree begins', () => {
  const nested = hostFacts({ ownSubtree: `/docker/${idOf('d')}` })
  const attributed = create().attribute(
    kill({
      pid: 50,
      scope: 'memcg',
      oomMemcg: `/docker/${idOf('d')}/kubelet/kubepods`,
      taskMemcg: `/docker/${idOf('d')}/system.slice/kubelet.service`,
    }),
    1000,
    nested,
  )
  expect(attributed).toMatchObject({ limitLevel: 'kubepods', nodeLevel: true, workload: { nodeDaemon: true } })
  // Seen from its host the same kill is the container's, whatever runs in it.
  const outside = create().attribute(
    kill({ pid: 50, scope: 'memcg', oomMemcg: `/docker/${idOf('d')}/kubelet/kubepods` }),
    1000,
    host,
  )
  expect(outside.nodeLevel).toBe(false)
})

test('inside a nested container a process ID of the kernel’s log is not looked up among our own', () => {
  const nested = hostFacts({ ownSubtree: `/docker/${idOf('d')}` })
  const identity = create()
  // By chance a neighbour of the same name had, on the host, the number that our filebeat has in here.
  identity.observe(seen(1000, filebeat({ pid: 50 })), nested)
  const neighbour = identity.attribute(kill({ pid: 50, comm: 'filebeat', taskMemcg: null }), 2000, nested)
  expect(neighbour).toMatchObject({ attributed: false, workload: { cgroup: null } })
  // A path is the same in both.
  const taskMemcg = `/docker/${idOf('d')}${cgroupOf(uid, 'a')}`
  expect(identity.attribute(kill({ pid: 50, comm: 'filebeat', taskMemcg }), 3000, nested)).toMatchObject({
    attributed: true,
    workload: { podUid: uid },
  })
})

test('a pod that was killed before it had a name keeps its followers when it gets one', () => {
  const identity = create()
  identity.observe(seen(2000, filebeat({ pid: 50 })), host)
  expect(identity.attribute(kill({ pid: 50, comm: 'filebeat' }), 10_000, host).workload.key).toBe(`pod/${uid}`)
  identity.observe(pods({ uid, namespace: 'ns', pod: 'filebeat-x7k2p', containers: [{ name: 'filebeat' }] }), host)
  const heir = filebeat({ pid: 90, startTicks: 1100, cgroup: cgroupOf(uid, 'b') })
  expect(births(identity.observe(seen(12_000, heir), host))).toMatchObject([
    { workload: { key: 'pod/ns/filebeat/filebeat' }, replaces: { kill: { pid: 50 } } },
  ])
})

test('a respawn every 200 ms for five minutes is one workload, every generation counted, in bounded memory', () => {
  const identity = create()
  const keys = new Set<string>()
  let replaced = 0
  let attributed = 0
  let heapAfterOne = 0
  const generations = 1500
  for (let generation = 0; generation < generations; generation++) {
    const at = 100_000 + generation * 200
    const one = process({ pid: 1000 + generation, comm: 'worker', ppid: 40, startTicks: Math.floor((at - 150) / 10) })
    replaced += births(identity.observe(seen(at - 100, one), host)).filter(birth => birth.replaces !== null).length
    const dead = identity.attribute(kill({ pid: one.pid, comm: 'worker' }), at, host)
    keys.add(dead.workload.key)
    if (dead.attributed) attributed++
    identity.observe(gone(at + 20, one), host)
    if (generation === 300) heapAfterOne = heapUsed()
  }
  expect(keys).toEqual(new Set(['unit/system.slice/app.service']))
  expect(attributed).toBe(generations)
  expect(replaced).toBe(generations - 1)
  // 1200 generations more than then: what is remembered of them is bounded, and small until it is.
  expect(heapUsed() - heapAfterOne).toBeLessThan(4 * 1024 * 1024)
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return globalThis.process.memoryUsage().heapUsed
}

test('no order of hostile observations makes it throw', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 })
  const sample = fc
    .record({ pid: fc.integer({ min: 1, max: 5 }), startTicks: fc.nat(3), comm: text, cgroup: text, ppid: fc.nat(5) })
    .map(fields => process(fields))
  const step = fc.oneof(
    fc
      .record({ seen: fc.array(sample, { maxLength: 3 }), gone: fc.array(sample, { maxLength: 3 }) })
      .map(({ seen: living, gone: dead }) => ({
        kind: 'processes' as const,
        at: 1000,
        seen: living,
        gone: dead,
      })),
    fc
      .record({
        pid: fc.integer({ min: 1, max: 5 }),
        comm: fc.option(text),
        taskMemcg: fc.option(text),
        scope: fc.constantFrom('global', 'memcg', 'cpuset'),
      })
      .map(fields => kill(fields as never)),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      const identity = create()
      for (const one of steps) {
        if ('kind' in one) identity.observe(one, host)
        else identity.attribute(one, 1000, host)
      }
      identity.view.usage()
      identity.view.candidates(5)
    }),
    { numRuns: 300 },
  )
})
