import { describe, expect, test } from 'vitest'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, HostFacts, Locale } from '../../src/types.ts'
import {
  createSimulatedNode,
  type Place,
  type PodOptions,
  type Process,
  type SimulatedNode,
  startOfTime,
} from '../scenarios/simulated-node.ts'

const kubelet = { source: '/var/lib/kubelet/config.yaml', evictionMemory: '100Mi' }

function alertsOf(happens: (node: SimulatedNode) => void, host: Partial<HostFacts> = {}, locale: Locale = 'en') {
  const alerts: Alert[] = []
  const pipeline = createPipeline()
  const node = createSimulatedNode({ host, sink: observation => alerts.push(...pipeline.observe(observation)) })
  pipeline.observe({ kind: 'settings', at: startOfTime, settings: { ...defaultCoreSettings, locale } })
  pipeline.observe({ kind: 'host', at: startOfTime, host: (node.header() as { host: HostFacts }).host })
  happens(node)
  return alerts
}

const loopsOf = (happens: (node: SimulatedNode) => void) =>
  alertsOf(happens).filter(({ type }) => type === 'respawn-loop')

/** Grows until the node is stalled, beside a database that is larger at first and steady. */
function exhausted(placeOf: (node: SimulatedNode) => Place, comm: string, host: Partial<HostFacts> = {}) {
  const alerts = alertsOf(node => {
    node.start(node.unit('mysql.service'), { comm: 'mysqld', rssMiB: 6_000 })
    const grower = node.start(placeOf(node), { comm, rssMiB: 500 })
    node.wait(600)
    for (let MiB = 500; MiB < 8_600; MiB += 150) {
      node.resize(grower, MiB)
      if (MiB > 6_500) node.reclaim({ readBackMiBPerSecond: 60, fullRatio: 0.4 })
      node.wait(5, 1)
    }
  }, host)
  return alerts.findLast(({ type }) => type === 'memory-exhaustion')!
}

/** Lives for some time, and is killed at its own limit. */
function dies(node: SimulatedNode, place: Place, comm: string, MiB = 500): Process {
  node.emit({ kind: 'cgroups', cgroups: [{ path: place.cgroup, limitKiB: MiB * 1024, currentKiB: MiB * 1024 }] })
  const process = node.start(place, { comm, rssMiB: MiB })
  node.wait(100)
  node.kill(process, { by: 'own' })
  node.wait(100)
  return process
}

const pod =
  (name: string, options: Partial<PodOptions> = {}) =>
  (node: SimulatedNode) =>
    node.pod({ name, namespace: 'shop', container: 'main', qos: 'burstable', ...options })

describe('the summary names the first action', () => {
  test.each([
    ['a login', '/user.slice/user-1000.slice/session-3.scope', 'python3', 'python3', 'ps -C python3 '],
    ['a job of cron', '/system.slice/cron.service', 'backup', 'backup', 'ps -C backup '],
    ['a Slurm job', '/system.slice/slurmstepd.scope/job_7/step_0/user/task_0', 'R', 'slurm/7/R', 'ps -C R '],
    ['an unknown cgroup', '/grid/abc', 'python3', 'grid/abc', 'ps -eo '],
    [
      'docker in an LXC container',
      `/lxc.payload.web/docker/${'b'.repeat(64)}`,
      'java',
      'lxc/web/docker/bbbbbbbbbbbb',
      'ps -eo ',
    ],
    [
      'a unit inside a container of docker',
      `/docker/${'a'.repeat(64)}/system.slice/web.service`,
      'java',
      'aaaaaaaaaaaa/system.slice/web.service',
      'ps -eo ',
    ],
    [
      'a virtual machine',
      '/machine.slice/machine-qemu\\x2d3\\x2dweb01.scope/libvirt/emulator',
      'qemu-kvm',
      'libvirt/web01',
      'ps -eo ',
    ],
  ])('%s that grows and that no command stops is to be found, in both', (_, cgroup, comm, name, command) => {
    const { summary, actions } = exhausted(node => node.cgroup(cgroup), comm)
    expect(summary).toContain(`Next step: find the process that grows in ${name}, and ask its owner to stop it.`)
    expect(actions[0]!.do).toContain(`Find the process that grows in ${name}`)
    expect(actions[0]!.command).toContain(command)
    expect(JSON.stringify(actions)).not.toMatch(/systemctl stop|docker stop|mysql/)
  })

  test('a quadlet is stopped by its unit', () => {
    const { summary, actions } = exhausted(
      node => node.cgroup(`/system.slice/web.service/libpod-payload-${'c'.repeat(64)}`),
      'node',
    )
    expect(summary).toContain('Next step: stop web.service')
    expect(actions[0]!.command).toBe('systemctl stop web.service')
  })

  test('a shim that grows is part of the node', () => {
    const { summary, actions } = exhausted(node => node.unit('containerd.service'), 'containerd-shim')
    expect(summary).toContain('Next step: find out why containerd.service grows')
    expect(JSON.stringify(actions)).not.toMatch(/stop (?!it)/)
  })

  test('a pod is deleted without a cordon, where the name of the node is not known, in both', () => {
    const cloud = { kubelet: { ...kubelet, cloudProvider: 'aws' } }
    const { summary, actions } = exhausted(pod('web-6d4b75cb6d-kp9xz'), 'web', cloud)
    expect(summary).toContain('Next step: delete pod shop/web-6d4b75cb6d-kp9xz')
    expect(summary).not.toContain('cordon')
    expect(actions[0]!.command).toBe('kubectl delete pod --namespace=shop web-6d4b75cb6d-kp9xz --wait=false')
    expect(actions[1]!.command).toBe('kubectl get nodes --output=wide')
  })
})

describe('what a delete interrupts', () => {
  test.each([
    ['import-x7k2p', { labels: { 'job-name': 'import' } }, 'This loses the work of its Job so far'],
    ['report-29123456-x7k2p', {}, 'This loses the work of its CronJob so far'],
    ['runner-t1-project-7-concurrent-0-x7k2p', {}, 'It probably runs a job of a CI system, which then fails'],
    ['web-6d4b75cb6d-kp9xz', {}, 'Its Deployment probably recreates it on another node'],
  ] as const)('of the pod %s is stated', (name, options, text) => {
    expect(exhausted(pod(name, options), 'main', { kubelet }).actions[0]!.do).toContain(text)
  })
})

describe('runs of a CronJob', () => {
  const run = (number: number) => pod(`report-${29_123_456 + number * 5}-x7k2p`)

  test('two that were killed once each are no loop', () => {
    expect(
      loopsOf(node => {
        for (const number of [1, 2]) dies(node, run(number)(node), 'report')
      }),
    ).toEqual([])
  })

  test('three in a row are a loop by their name', () => {
    const loops = loopsOf(node => {
      for (const number of [1, 2, 3]) dies(node, run(number)(node), 'report')
    })
    expect(loops).toMatchObject([{ loop: { kills: 3, certainty: 'name-only' } }])
  })

  test('one whose container is restarted and killed again is a loop', () => {
    const loops = loopsOf(node => {
      const place = run(1)(node)
      dies(node, place, 'report')
      dies(node, node.restarted(place), 'report')
    })
    expect(loops).toMatchObject([{ loop: { kills: 2, certainty: 'seen' } }])
  })
})

test('the limit that the containers of a pod share is that of the pod, in both languages', () => {
  const loop = (locale: Locale) =>
    alertsOf(
      node => {
        const place = pod('web-6d4b75cb6d-kp9xz')(node)
        const path = place.cgroup.replace(/\/cri-.*/, '')
        const limits = [
          { path, limitKiB: 1024 * 1024, currentKiB: 1023 * 1024 },
          { path: place.cgroup, limitKiB: 512 * 1024, currentKiB: 300 * 1024 },
        ]
        for (let life = 0; life < 2; life++) {
          node.emit({ kind: 'cgroups', cgroups: limits })
          const process = node.start(place, { comm: 'java', rssMiB: 300 })
          node.wait(100)
          node.kill(process, { by: { limit: path } })
        }
      },
      {},
      locale,
    ).findLast(({ type }) => type === 'respawn-loop')!.summary
  expect(loop('en')).toContain('shop/web (main) keeps reaching the 1.0 GiB memory limit of its pod')
  expect(loop('zh-CN')).toContain('反复达到所在 Pod 的内存 limit 1.0 GiB')
})

test('children of sshd that are killed are no loop of it, and its listener counts as protected', () => {
  const alerts = alertsOf(node => {
    const listener = node.start(node.unit('ssh.service'), { comm: 'sshd', rssMiB: 8, adj: -1000 })
    for (let child = 0; child < 3; child++) {
      const process = node.start(node.unit('ssh.service'), { comm: 'sshd', rssMiB: 12, ppid: listener.pid })
      node.wait(100)
      node.kill(process)
    }
    node.start(node.unit('ssh.service'), { comm: 'sshd', rssMiB: 12, ppid: listener.pid })
    node.wait(20)
  })
  expect(alerts.filter(({ type }) => type === 'respawn-loop' || type === 'node-daemon-killed')).toEqual([])
  expect(alerts.flatMap(({ diagnosis }) => diagnosis.map(({ code }) => code))).not.toContain('unprotected-daemons')
})

test('a victim that was large is not said to have freed almost nothing, and a daemon that was killed is named once', () => {
  const alert = alertsOf(
    node => {
      const killed = node.start(node.unit('kubelet.service'), { comm: 'kubelet', rssMiB: 900, adj: 0 })
      node.start(pod('web-6d4b75cb6d-kp9xz')(node), { comm: 'web', rssMiB: 12_000 })
      node.wait(200)
      node.kill(killed)
    },
    { kubelet },
  ).find(({ type }) => type === 'node-daemon-killed')!
  expect(alert.diagnosis.map(({ code }) => code)).not.toContain('futile-victim')
  expect(alert.diagnosis.find(({ code }) => code === 'unprotected-daemons')!.evidence).toBe(
    'The kernel killed kubelet.service, with oom_score_adj 0.',
  )
})

test('of two that grow alike, the summary names the one that the next step removes', () => {
  const alert = alertsOf(
    node => {
      const web = node.start(pod('web-6d4b75cb6d-kp9xz')(node), { comm: 'web', rssMiB: 500 })
      const labels = { 'pod-template-generation': '1', 'controller-revision-hash': '5b4bc4cc46' }
      const agent = node.start(pod('agent-x7k2p', { labels })(node), { comm: 'agent', rssMiB: 500 })
      node.wait(300)
      for (let MiB = 500; MiB < 7_400; MiB += 200) {
        node.resize(web, MiB)
        node.resize(agent, MiB + 300)
        if (MiB > 6_000) node.reclaim({ readBackMiBPerSecond: 60, fullRatio: 0.4 })
        node.wait(3, 1)
      }
    },
    { kubelet },
  ).findLast(({ type }) => type === 'memory-exhaustion')!
  expect(alert.summary).toMatch(/shop\/web \(main\) grew by .* delete pod shop\/web-6d4b75cb6d-kp9xz/)
})

test('what grows and is part of the node gets no limit', () => {
  const remedy = (placeOf: (node: SimulatedNode) => Place, comm: string) =>
    exhausted(placeOf, comm, { kubelet }).diagnosis.find(({ code }) => code === 'growing-workload')!.remedy
  expect(remedy(pod('coredns-6d4b75cb6d-kp9xz', { namespace: 'kube-system' }), 'coredns')).toContain(
    'the node depends on it',
  )
  expect(remedy(node => node.unit('containerd.service'), 'containerd-shim')).toContain('the node depends on it')
  expect(remedy(pod('web-6d4b75cb6d-kp9xz'), 'web')).toContain('kubectl set resources deployment/web')
})

test('a host that runs a cluster in a container is no node of it', () => {
  const uid = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'
  const cgroup = `/docker/${'a'.repeat(64)}/kubelet/kubepods/pod${uid}/${'b'.repeat(64)}`
  const { actions } = exhausted(node => node.cgroup(cgroup), 'java')
  expect(JSON.stringify(actions)).not.toMatch(/kubectl cordon|systemctl restart kubelet/)
})
