import { expect, test } from 'vitest'
import type { PodName, ProcessSample } from '../../src/types.ts'
import { containerCgroup, createNode, globalKill, type TestPod } from './node.ts'

const MiB = 1024
const web: TestPod = { n: 1, pod: 'web-6d4b75cb6d-kp9xz', container: 'web', rssKiB: 9000 * MiB }
const database: TestPod = { n: 2, pod: 'db-0', container: 'postgres', rssKiB: 9000 * MiB }
const beat: TestPod = { n: 3, pod: 'filebeat-x7k2p', container: 'filebeat', qos: 'besteffort', rssKiB: 73 * MiB }
const short = () => ({ MemAvailable: 300 * MiB })

/** What is advised when the kernel kills a small bystander. */
function advised(pods: readonly TestPod[], memory: () => object = short) {
  const node = createNode()
  node.pods([...pods, beat])
  node.run(120, memory)
  const [alert] = node.kernel(...globalKill(beat, { comm: 'x', pid: 9 }))
  return { alert: alert!, commands: alert!.actions.map(({ command }) => command ?? '').join('\n') }
}

test('a large pod that its controller recreates elsewhere makes room where nothing grows', () => {
  expect(advised([web]).commands).toContain('delete pod --namespace=shop web-6d4b75cb6d-kp9xz')
})

test('a database that is large and steady is never the target', () => {
  const { commands, alert } = advised([database])
  expect(commands).not.toMatch(/delete|stop|cgroup\.kill/)
  expect(alert.summary).toContain('Next step: find out what is using the memory')
  // Nor in a Deployment.
  expect(advised([{ ...database, pod: 'pg-6d4b75cb6d-kp9xz' }]).commands).not.toContain('delete pod')
})

test('a steady database is spared for a smaller pod that can move', () => {
  const { commands } = advised([database, { ...web, rssKiB: 2000 * MiB }])
  expect(commands).toContain('delete pod --namespace=shop web-')
  expect(commands).not.toContain('db-0')
})

test('a database that grows may be the target, and the text says what that interrupts', () => {
  const node = createNode()
  for (let step = 0; step <= 12; step++) {
    node.pods([{ ...database, rssKiB: (3000 + step * 500) * MiB }, beat])
    node.run(10, short)
  }
  const [alert] = node.kernel(...globalKill(beat, { comm: 'x', pid: 9 }))
  expect(alert!.actions[0]!.command).toContain('delete pod --namespace=shop db-0')
  expect(alert!.actions[0]!.do).toContain('This interrupts the StatefulSet db.')
  expect(alert!.actions[0]!.do).toContain('This interrupts the clients of its database (postgres).')
  expect(alert!.actions.some(({ command }) => /cgroup\.kill|crictl/.test(command ?? ''))).toBe(false)
})

test('once memory has recovered there is nothing to stop', () => {
  const { alert, commands } = advised([web], () => ({ MemAvailable: 6000 * MiB }))
  expect(alert.summary).toContain('Next step: watch the node')
  expect(commands).not.toMatch(/delete|stop/)
})

test('a steady bystander is no target while what grew was just killed', () => {
  const node = createNode()
  for (let step = 0; step <= 12; step++) {
    node.pods([web, { ...beat, rssKiB: (100 + step * 400) * MiB }])
    node.run(10, short)
  }
  const [alert] = node.kernel(...globalKill({ ...beat, rssKiB: 4900 * MiB }, { comm: 'x', pid: 9 }))
  expect(alert!.actions[0]!.do).toMatch(/^Check whether memory recovers before you stop anything\./)
  expect(alert!.actions.map(({ command }) => command ?? '').join()).not.toMatch(/delete|stop/)
})

test('of two pods that grow about as much, the one that is recreated elsewhere goes', () => {
  const node = createNode()
  for (let step = 0; step <= 12; step++) {
    const rssKiB = (1000 + step * 300) * MiB
    node.pods([
      { ...web, rssKiB },
      { ...beat, rssKiB: rssKiB + step * 30 * MiB },
    ])
    node.run(10, short)
  }
  expect(node.examine().actions[0]!.command).toContain('delete pod --namespace=shop web-')
})

test('critical pods are left alone, and Guaranteed ones are not critical', () => {
  const critical: TestPod = { ...web, oomScoreAdj: -997 }
  expect(advised([critical]).commands).not.toContain('delete pod')
  const node = createNode()
  const name: PodName = {
    uid: '0a1b2c3d-0000-4000-8000-000000000001',
    namespace: 'shop',
    pod: web.pod,
    containers: [{ name: 'web' }],
  }
  const sample: ProcessSample = {
    pid: 2001,
    startTicks: 1000,
    ppid: 1,
    comm: 'web',
    state: 'S',
    threads: 1,
    majorFaults: 0,
    rssKiB: web.rssKiB,
    oomScore: 10,
    oomScoreAdj: -997,
    // Guaranteed pods stand directly below kubepods.
    cgroup: containerCgroup(web)
      .replaceAll('/kubepods-burstable.slice', '')
      .replaceAll('kubepods-burstable-', 'kubepods-'),
  }
  node.push({ kind: 'pods', at: node.now(), pods: [name] })
  node.push({ kind: 'processes', at: node.now(), seen: [sample], gone: [] })
  node.run(60, short)
  expect(node.examine().actions[0]!.command).toContain('delete pod --namespace=shop web-')
})

/** A unit that starts after the agent and takes the node's memory within half a minute; `shmem`: of that, files in a tmpfs. */
function adviceOnUnit({ rssKiB, shmem }: { readonly rssKiB: number; readonly shmem: number }) {
  const node = createNode()
  node.pods([{ ...web, rssKiB: 2000 * MiB }], ({ rssKiB }) => ({ currentKiB: rssKiB }))
  node.run(5)
  const startTicks = (node.now() - 1_790_000_000_000) / 10
  const memory = () => ({ MemAvailable: 300 * MiB, Shmem: shmem })
  for (let step = 0; step < 3; step++) {
    node.run(10, memory)
    node.daemons([{ pid: 77, comm: 'export', unit: 'export.service', oomScoreAdj: 0, rssKiB, startTicks }])
    const stat = { shmem }
    node.push({
      kind: 'cgroups',
      at: node.now(),
      cgroups: [{ path: '/system.slice/export.service', currentKiB: 9000 * MiB, stat }],
    })
  }
  return node.examine().actions[0]!
}

test('a unit that took the memory since it started is the target of an agent that has just started, not a steady pod', () => {
  const { do: text, command, expectKiB } = adviceOnUnit({ rssKiB: 9000 * MiB, shmem: 10 * MiB })
  expect(text).toContain('Stop export.service.')
  expect(command).toBe('systemctl stop export.service')
  expect(expectKiB).toBe(9000 * MiB)
})

test('a unit that filled a tmpfs is not stopped, since the files stay', () => {
  const { do: text, command, expectKiB } = adviceOnUnit({ rssKiB: 20 * MiB, shmem: 8900 * MiB })
  expect(text).toContain('Find the tmpfs that uses 8.7 GiB and clear it')
  expect(command).toContain('df -t tmpfs')
  expect(expectKiB).toBe(8900 * MiB)
})

test('a unit whose processes map the shared memory is stopped, since it goes with them', () => {
  expect(adviceOnUnit({ rssKiB: 8950 * MiB, shmem: 8900 * MiB }).command).toBe('systemctl stop export.service')
})
