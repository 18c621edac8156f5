import { expect, test } from 'vitest'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { createIdentity } from '../../src/identify/identity.ts'
import type { PodNames } from '../../src/types.ts'
import { hostFacts, kill, process, seen } from './fixtures.ts'

const host = hostFacts()
const uid = (digit: string) => `${digit.repeat(8)}-1111-2222-3333-${digit.repeat(12)}`
const id = (digit: string) => digit.repeat(64)
const container = (pod: string, of: string) => `/kubepods/burstable/pod${uid(pod)}/${id(of)}`

function create() {
  return createIdentity(createMemoryView())
}

function pods(...named: readonly (readonly [uid: string, pod: string, container: string, id: string])[]): PodNames {
  return {
    kind: 'pods',
    at: 1000,
    pods: named.map(([podUid, pod, name, containerId]) => ({
      uid: uid(podUid),
      namespace: 'shop',
      pod,
      containers: [{ name, id: id(containerId) }],
    })),
  }
}

test('members of a group kill belong to the workload that the kernel chose, whatever their own lines name', () => {
  const identity = create()
  const group = container('a', 'b')
  const first = kill({ pid: 10, comm: 'java', scope: 'memcg', taskMemcg: group, oomMemcg: group, event: 'e1' })
  const member = kill({ pid: 11, comm: 'nginx', scope: 'memcg', group, event: 'e1' })
  const chosen = identity.attribute(first, 1000, host)
  expect(identity.attribute(member, 1010, host)).toMatchObject({ workload: chosen.workload, attributed: true })
})

test('a member in another container of the pod that is killed as a whole is the same workload', () => {
  const identity = create()
  identity.observe(
    seen(
      1000,
      process({ pid: 10, comm: 'java', cgroup: container('a', 'b') }),
      process({ pid: 11, comm: 'envoy', cgroup: container('a', 'c') }),
    ),
    host,
  )
  const chosen = identity.attribute(kill({ pid: 10, comm: 'java', event: 'e1' }), 2000, host)
  const group = `/kubepods/burstable/pod${uid('a')}`
  const other = identity.attribute(kill({ pid: 11, comm: 'envoy', group, event: 'e1' }), 2010, host)
  expect(other.workload.key).toBe(chosen.workload.key)
})

test('a member whose group’s first line was lost belongs to the killed cgroup, and two events stay two', () => {
  const identity = create()
  const member = kill({ pid: 11, comm: 'nginx', scope: 'memcg', group: container('a', 'b'), event: 'e1' })
  expect(identity.attribute(member, 1000, host).workload).toMatchObject({ podUid: uid('a'), certainty: 'cgroup' })
  const apart = kill({ pid: 12, comm: 'nginx', scope: 'memcg', taskMemcg: container('d', 'e'), event: 'e2' })
  expect(identity.attribute(apart, 1010, host).workload.podUid).toBe(uid('d'))
})

test('a workload that only a kill counter names is a guess, and the kill does not count as attributed', () => {
  const identity = create()
  const path = '/system.slice/app.service'
  const counted = (at: number, oom_kill: number) =>
    ({ kind: 'cgroups', at, cgroups: [{ path, events: { oom: 1, oom_kill } }] }) as const
  identity.observe(counted(1000, 0), host)
  identity.observe(counted(5000, 1), host)
  expect(identity.attribute(kill({ pid: 77, comm: 'hog', scope: 'memcg' }), 5001, host)).toMatchObject({
    attributed: false,
    workload: { key: 'unit/system.slice/app.service', certainty: 'guess' },
  })
})

test('one pod of a name is a DaemonSet’s at a guess, and two on one node are a ReplicaSet’s', () => {
  const identity = create()
  const owner = (pod: string, of: string) => identity.view.workloadOfCgroup(container(pod, of))?.owner
  identity.observe(pods(['a', 'etl-x7k2p', 'etl', 'b']), host)
  expect(owner('a', 'b')).toEqual({ kind: 'DaemonSet', name: 'etl', certainty: 'guess' })
  identity.observe(pods(['c', 'etl-b9d4f', 'etl', 'd'], ['e', 'etl-big-b9d4f', 'etl', 'f']), host)
  expect(owner('a', 'b')).toEqual({ kind: 'ReplicaSet', name: 'etl', certainty: 'guess' })
  expect(owner('e', 'f')).toEqual({ kind: 'DaemonSet', name: 'etl-big', certainty: 'guess' })
})

test('a connection’s sshd is no daemon of the node, and its listener is one', () => {
  const identity = create()
  const sshd = { comm: 'sshd', cgroup: '/system.slice/ssh.service' }
  identity.observe(seen(1000, process({ pid: 20, ppid: 1, ...sshd }), process({ pid: 21, ppid: 20, ...sshd })), host)
  expect(identity.attribute(kill({ pid: 20, comm: 'sshd' }), 2000, host).workload.nodeDaemon).toBe(true)
  expect(identity.attribute(kill({ pid: 21, comm: 'sshd' }), 2000, host).workload.nodeDaemon).toBe(false)
})

test('whom the kernel has killed uses no memory any more', () => {
  const identity = create()
  identity.observe(seen(1000, process({ pid: 30 })), host)
  expect(identity.view.usage()).toHaveLength(1)
  identity.attribute(kill({ pid: 30, comm: 'java' }), 2000, host)
  expect(identity.view.usage()).toEqual([])
})
