import { expect, test } from 'vitest'
import { createSampler, type Sampler } from '../../src/input/sampler/sampler.ts'
import type { CgroupSamples, MemorySample, Observation, PodNames, ProcessSamples } from '../../src/types.ts'
import { createScriptedHost, meminfo } from './scripted-host.ts'

const of = <K extends Observation['kind']>(observations: readonly Observation[], kind: K) =>
  observations.find((observation): observation is Extract<Observation, { kind: K }> => observation.kind === kind)

const pidsIn = (observations: readonly Observation[]): number[] =>
  (of(observations, 'processes')?.seen ?? []).map(({ pid }) => pid)
const goneIn = (observations: readonly Observation[]): number[] =>
  (of(observations, 'processes')?.gone ?? []).map(({ pid }) => pid)

/** Samples as the live source does, until a time; returns all that was emitted. */
function sampleUntil(sampler: Sampler, from: number, until: number): Observation[] {
  const told: Observation[] = []
  for (let at = from; at < until; at += sampler.nextDelayMs()) told.push(...sampler.sample(at))
  return told
}

test('a new process is emitted at the next sample, complete, and once', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  sampler.sample(0)
  host.born({ pid: 77, comm: 'web', oomScoreAdj: 900, oomScore: 1200, rssPages: 10 })
  expect(of(sampler.sample(1000), 'processes')).toEqual({
    kind: 'processes',
    at: 1000,
    seen: [
      {
        pid: 77,
        startTicks: 770,
        ppid: 1,
        comm: 'web',
        state: 'S',
        threads: 1,
        majorFaults: 3,
        rssKiB: 40,
        oomScore: 1200,
        oomScoreAdj: 900,
        cgroup: '/system.slice/app.service',
      },
    ],
    gone: [],
  } satisfies ProcessSamples)
  expect(pidsIn(sampleUntil(sampler, 2000, 20_000))).toEqual([])
})

test('of other processes only stat, oom_score, oom_score_adj and cgroup are read, whatever happens', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  for (let pid = 10; pid < 60; pid++) host.born({ pid, oomScore: pid })
  for (let at = 0; at < 120_000; at += 1000) {
    host.set('/proc/meminfo', meminfo(12_000_000 - at * 100))
    host.set('/proc/vmstat', `oom_kill ${at % 7000 === 0 ? at : at - 1}\n`)
    sampler.sample(at)
    sampler.look(10, at)
  }
  const names = new Set(
    [...host.asked].map(path => /^\/proc\/\d+\/(.*)/.exec(path)?.[1]).filter(name => name !== undefined),
  )
  expect([...names].sort()).toEqual(['cgroup', 'oom_score', 'oom_score_adj', 'stat'])
})

test('a process that vanishes at any moment of being read is left out, and its neighbour is emitted', () => {
  for (const file of ['stat', 'cgroup', 'oom_score', 'oom_score_adj']) {
    const host = createScriptedHost()
    const sampler = createSampler({ files: host.files })
    host.born({ pid: 50 })
    host.born({ pid: 51 })
    host.onRead = path => {
      if (path === `/proc/50/${file}`) host.died(50)
    }
    expect(pidsIn(sampler.sample(0))).toContain(51)
    host.born({ pid: 52 })
    const next = sampler.sample(1000)
    expect(pidsIn(next)).toEqual([52])
    sampleUntil(sampler, 2000, 10_000)
  }
})

test('a pid that another program got within a second is emitted as gone and new, with the new name', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 50, comm: 'old', startTicks: 100 })
  host.born({ pid: 51 })
  sampler.sample(0)
  host.died(50)
  host.born({ pid: 50, comm: 'new', startTicks: 190, cgroup: ['0::/system.slice/new.service'] })
  const observations = sampler.look(50, 500)
  expect(of(observations, 'processes')).toMatchObject({
    seen: [{ pid: 50, comm: 'new', startTicks: 190, cgroup: '/system.slice/new.service' }],
    gone: [{ pid: 50, startTicks: 100 }],
  })
})

test('a pod that started since the folders were listed has a name when the kernel kills in it', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  const uid = '0c35f5d4-98c5-4f6a-9c9e-3d2f2c3d9a01'
  const id = 'a'.repeat(64)
  const cgroup = `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`
  host.set('/proc/meminfo', meminfo(300_000))
  host.born({ pid: 50 })
  sampleUntil(sampler, 0, 20_000)
  host.set(`/var/log/pods/kube-system_filebeat-x7k2p_${uid}/filebeat/0.log`, '')
  host.set(`/var/log/containers/filebeat-x7k2p_kube-system_filebeat-${id}.log`, '')
  host.born({ pid: 51, cgroup: [`0::${cgroup}`] })
  expect(of(sampler.look(51, 20_100, cgroup), 'pods')).toEqual({
    kind: 'pods',
    at: 20_100,
    pods: [
      {
        uid,
        namespace: 'kube-system',
        pod: 'filebeat-x7k2p',
        containers: [{ name: 'filebeat', id, restarts: 0 }],
      },
    ],
  })
  // What is known is not read again, and a folder that kubelet has not made yet is no name.
  expect(of(sampler.look(51, 21_000, cgroup), 'pods')).toBeUndefined()
  expect(of(sampler.look(51, 22_000, cgroup.replaceAll('3d2f', '3d2e')), 'pods')).toBeUndefined()
})

test('the candidates are read every second, so that a pid used again is noticed at the next sample', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 50, comm: 'old', startTicks: 100, oomScore: 1300 })
  sampler.sample(0)
  host.born({ pid: 50, comm: 'new', startTicks: 190, oomScore: 1300 })
  expect(of(sampler.sample(1000), 'processes')).toMatchObject({ seen: [{ comm: 'new' }], gone: [{ startTicks: 100 }] })
})

test('a hidden process is no error: with hidepid only what may be seen is emitted', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 50 })
  host.born({ pid: 51 })
  host.onRead = path => {
    if (path.startsWith('/proc/50/')) host.set(path, '')
  }
  expect(pidsIn(sampler.sample(0))).toEqual([51])
  // What was hidden once is not read at every listing, and is emitted when it may be seen.
  host.asked.clear()
  host.born({ pid: 52 })
  sampler.sample(1000)
  expect(host.asked.has('/proc/50/stat')).toBe(false)
  host.onRead = () => {}
  host.born({ pid: 50 })
  expect(pidsIn(sampleUntil(sampler, 2000, 14_000))).toContain(50)
})

test('every process has its turn within a minute while the host is quiet', () => {
  const host = createScriptedHost()
  for (let pid = 100; pid < 1100; pid++) host.born({ pid, oomScore: 1 })
  const sampler = createSampler({ files: host.files })
  sampleUntil(sampler, 0, 70_000)
  host.asked.clear()
  sampleUntil(sampler, 70_000, 131_000)
  const visited = [...host.asked].filter(path => path.endsWith('/stat')).length
  expect(visited).toBeGreaterThanOrEqual(1000)
})

test('a quiet second of a thousand processes costs a hundred and fifty reads, where a scan takes five thousand', () => {
  const host = createScriptedHost()
  for (let pid = 100; pid < 1100; pid++) host.born({ pid })
  const sampler = createSampler({ files: host.files })
  sampleUntil(sampler, 0, 70_000)
  const before = host.reads()
  sampleUntil(sampler, 70_000, 130_000)
  expect((host.reads() - before) / 60).toBeLessThan(150)
})

test('a growing process is emitted again, an unchanged one is not', () => {
  const host = createScriptedHost()
  host.born({ pid: 50, comm: 'grows', rssPages: 10_000 })
  host.born({ pid: 51, comm: 'still' })
  const sampler = createSampler({ files: host.files })
  sampler.sample(0)
  host.born({ pid: 50, comm: 'grows', rssPages: 20_000 })
  expect(pidsIn(sampleUntil(sampler, 1000, 5000))).toEqual([50])
})

test('the less memory is left the more often it looks, and never less than twenty times a second after a kill', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  const delayAt = (at: number, availableKiB: number): number => {
    host.set('/proc/meminfo', meminfo(availableKiB))
    sampler.sample(at)
    return sampler.nextDelayMs()
  }
  expect(delayAt(0, 12_000_000)).toBe(1000)
  expect(delayAt(600_000, 2_000_000)).toBe(500)
  expect(delayAt(1_200_000, 500_000)).toBe(250)
  host.set('/proc/vmstat', 'oom_kill 1\n')
  expect(delayAt(1_201_000, 500_000)).toBe(50)
  expect(delayAt(1_300_000, 12_000_000)).toBe(1000)
})

test('memory that will be gone within a minute at its slope is looked at more closely, though much is left', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  for (let at = 0; at <= 10_000; at += 1000) {
    host.set('/proc/meminfo', meminfo(12_000_000 - at * 250))
    sampler.sample(at)
  }
  expect(sampler.nextDelayMs()).toBeLessThan(1000)
})

test('between two readings of memory only new processes are looked for', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  sampler.sample(0)
  host.set('/proc/vmstat', 'oom_kill 1\n')
  sampler.sample(1000)
  host.born({ pid: 99 })
  const between = sampler.sample(1100)
  expect(between.map(({ kind }) => kind)).toEqual(['processes'])
  expect(pidsIn(between)).toEqual([99])
  expect(sampler.sample(1200)).toEqual([])
})

test('a process that enters its cgroup after it was seen is emitted there a moment later', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 50, comm: 'sh', cgroup: ['0::/'] })
  sampler.sample(0)
  host.born({ pid: 50, comm: 'hog', cgroup: ['0::/system.slice/hog.service'] })
  expect(of(sampler.sample(1000), 'processes')?.seen).toMatchObject([
    { comm: 'hog', cgroup: '/system.slice/hog.service' },
  ])
})

test('at a kill the counters of the cgroups are read, so that an unseen victim is attributed', () => {
  const host = createScriptedHost()
  const events = (path: string, kills: number): void =>
    host.set(`/sys/fs/cgroup${path}/memory.events`, `oom 1\noom_kill ${kills}\n`)
  for (const path of ['/a', '/b']) {
    host.set(`/sys/fs/cgroup${path}/memory.current`, '4096\n')
    events(path, 0)
  }
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 50, cgroup: ['0::/a'] })
  host.born({ pid: 51, cgroup: ['0::/b'] })
  sampleUntil(sampler, 0, 3000)
  events('/b', 1)
  expect(of(sampler.look(999, 3100), 'cgroups')?.cgroups).toMatchObject([
    { path: '/b', currentKiB: 4, events: { oom_kill: 1 } },
  ])
  expect(sampler.look(998, 3200)).toEqual([])
})

test('processes that exited are emitted when the listing lacks them, though no pid was given out since', () => {
  const host = createScriptedHost()
  host.born({ pid: 50, oomScore: 0 })
  host.born({ pid: 51 })
  const sampler = createSampler({ files: host.files })
  sampler.sample(0)
  host.died(50)
  expect(goneIn(sampleUntil(sampler, 1000, 7000))).toEqual([50])
})

test('where the last pid is of another namespace, new processes are found all the same, at each sample once that is seen', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.onRead = path => {
    if (path === '/proc/loadavg') host.set(path, '0.1 0.1 0.1 1/100 7\n')
  }
  sampler.sample(0)
  host.born({ pid: 50 })
  expect(pidsIn(sampleUntil(sampler, 1000, 7000))).toEqual([50])
  host.born({ pid: 51 })
  expect(pidsIn(sampler.sample(7000))).toEqual([51])
})

test('kernel threads are never emitted', () => {
  const host = createScriptedHost()
  host.born({ pid: 2, ppid: 0, comm: 'kthreadd' })
  host.born({ pid: 12, ppid: 2, comm: 'kswapd0' })
  host.born({ pid: 50 })
  expect(pidsIn(createSampler({ files: host.files }).sample(0))).toEqual([50])
})

test('a pid that a kernel thread had before is emitted when a program has it', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 12, ppid: 2, comm: 'kworker/0:1' })
  sampler.sample(0)
  host.died(12)
  host.born({ pid: 60 })
  sampler.sample(1000)
  host.born({ pid: 12, comm: 'web' })
  expect(pidsIn(sampler.sample(2000))).toEqual([12])
})

test('a zombie keeps the cgroup in which it lived', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.born({ pid: 50, cgroup: ['4:memory:/docker/x'], oomScore: 1300 })
  sampler.sample(0)
  host.born({ pid: 50, state: 'Z', cgroup: ['4:memory:/'], rssPages: 0, oomScore: 0 })
  expect(of(sampler.sample(1000), 'processes')?.seen).toMatchObject([{ state: 'Z', cgroup: '/docker/x' }])
})

test('a pod’s name is known with the first sample of its first process, not ten seconds later', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  sampleUntil(sampler, 0, 4000)
  const uid = '37ab7c6e-08d5-482d-9f69-de131666713d'
  const id = 'a'.repeat(64)
  host.set(`/var/log/pods/ns_web-0_${uid}/web/3.log`, '')
  host.set(`/var/log/containers/web-0_ns_web-${id}.log`, '')
  host.born({ pid: 60, cgroup: [`0::/kubepods/pod${uid}/${id}`] })
  const observations = sampler.sample(4000)
  expect(observations.map(({ kind }) => kind)).toEqual(['memory', 'pods', 'processes'])
  expect(of(observations, 'pods')).toEqual({
    kind: 'pods',
    at: 4000,
    pods: [{ uid, namespace: 'ns', pod: 'web-0', containers: [{ name: 'web', id, restarts: 3 }] }],
  } satisfies PodNames)
})

test('a pod whose folder is removed is emitted as gone', () => {
  const host = createScriptedHost()
  const listed = { isThere: true }
  const files = {
    ...host.files,
    list: (path: string) => (path.startsWith('/var/log/pods') && !listed.isThere ? undefined : host.files.list(path)),
  }
  host.set('/var/log/pods/ns_web-0_u1/web/0.log', '')
  const sampler = createSampler({ files })
  expect(of(sampler.sample(0), 'pods')?.pods).toHaveLength(1)
  listed.isThere = false
  expect(of(sampleUntil(sampler, 1000, 12_000), 'pods')).toMatchObject({ pods: [], gone: ['u1'] })
})

test('the node’s own cgroups are emitted with limit, usage, stall and kills, and a container’s in its turn', () => {
  const host = createScriptedHost()
  const at = '/sys/fs/cgroup/kubepods.slice'
  const pod = `${at}/kubepods-pod${'a'.repeat(32)}.slice`
  host.set(`${at}/memory.current`, '1048576\n')
  host.set(`${at}/memory.max`, '2097152\n')
  host.set(`${at}/memory.stat`, 'anon 4096\ninactive_file 8192\n')
  host.set(`${at}/memory.events`, 'oom_kill 3\n')
  host.set(`${at}/memory.pressure`, 'some avg10=0 avg60=0 avg300=0 total=5\nfull avg10=0 avg60=0 avg300=0 total=4\n')
  host.set(`${pod}/memory.current`, '524288\n')
  host.born({ pid: 50, cgroup: [`0::/kubepods.slice/kubepods-pod${'a'.repeat(32)}.slice/x`] })
  const told = sampleUntil(createSampler({ files: host.files }), 0, 12_000)
  const cgroups = told.filter((o): o is CgroupSamples => o.kind === 'cgroups').flatMap(o => o.cgroups)
  expect(cgroups.find(({ path }) => path === '/kubepods.slice')).toEqual({
    path: '/kubepods.slice',
    currentKiB: 1024,
    limitKiB: 2048,
    stat: { anon: 4, inactive_file: 8 },
    events: { oom_kill: 3 },
    memoryPressure: { someUs: 5, fullUs: 4 },
  })
  expect(
    cgroups.filter(({ path }) => path.endsWith('.slice') && path.includes('pod')).map(({ currentKiB }) => currentKiB),
  ).toContain(512)
})

test('cgroup v1 is emitted in the terms of v2', () => {
  const host = createScriptedHost()
  const at = '/sys/fs/cgroup/memory'
  host.set(`${at}/memory.stat`, 'total_rss 4096\n')
  host.set(`${at}/kubepods/memory.usage_in_bytes`, '1048576\n')
  host.set(`${at}/kubepods/memory.limit_in_bytes`, '9223372036854771712\n')
  host.set(`${at}/kubepods/memory.stat`, 'total_rss 4096\ntotal_inactive_file 8192\n')
  host.set(`${at}/kubepods/memory.oom_control`, 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n')
  const cgroups = of(createSampler({ files: host.files }).sample(0), 'cgroups')!.cgroups
  expect(cgroups.find(({ path }) => path === '/kubepods')).toMatchObject({
    currentKiB: 1024,
    limitKiB: null,
    stat: { anon: 4, inactive_file: 8 },
    events: { oom_kill: 2 },
  })
})

test('what the kernel does not have is absent, not zero', () => {
  const host = createScriptedHost()
  const sample = of(createSampler({ files: host.files }).sample(0), 'memory') as MemorySample
  expect(Object.keys(sample).sort()).toEqual(['at', 'kind', 'load1', 'meminfo', 'vmstat'])
})

test('slow reading and a late timer are reported where there is a clock, and never in a capture', () => {
  const host = createScriptedHost()
  let now = 0
  const sampler = createSampler({ files: host.files, clock: () => now++ * 40 })
  sampler.sample(0)
  expect(of(sampler.sample(1700), 'memory')).toMatchObject({ lateMs: 700, readMs: 40 })
})

test('a clock that is set back by an hour keeps no new process unseen, and dates what is read as the host does', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  const hour = 3_600_000
  sampleUntil(sampler, hour, hour + 60_000)
  host.born({ pid: 77 })
  const told = sampleUntil(sampler, 60_000, 63_000)
  expect(pidsIn(told)).toEqual([77])
  expect(of(told, 'processes')!.at).toBeLessThan(hour)
  expect(told.filter(({ kind }) => kind === 'memory').every(({ at }) => at !== null && at < hour)).toBe(true)
  host.died(77)
  expect(goneIn(sampleUntil(sampler, 63_000, 75_000))).toEqual([77])
})

test('where the kernel named the cgroup of its victim, the counters of other cgroups are not read', () => {
  const host = createScriptedHost()
  const sampler = createSampler({ files: host.files })
  host.set('/sys/fs/cgroup/memory.stat', 'anon 1\n')
  for (let pid = 10; pid < 40; pid++) {
    const path = `/sys/fs/cgroup/system.slice/app-${pid}.service`
    host.set(`${path}/memory.current`, '4096\n')
    host.set(`${path}/memory.events`, 'oom_kill 0\n')
    host.born({ pid, cgroup: [`0::/system.slice/app-${pid}.service`] })
  }
  for (let at = 0; at < 60_000; at += 1000) sampler.sample(at)
  const counted = (cgroup?: string): number => {
    host.asked.clear()
    sampler.look(9999, 60_000, cgroup)
    return [...host.asked].filter(path => path.endsWith('/memory.events')).length
  }
  expect(counted('/system.slice/app-12.service')).toBe(1)
  expect(counted()).toBeGreaterThan(20)
})
