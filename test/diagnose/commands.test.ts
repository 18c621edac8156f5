import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  cordon,
  cutGracePeriod,
  deletePod,
  killCgroup,
  quoted,
  raiseLimit,
  reboot,
  restartUnit,
  setResources,
  stopContainer,
  stopUnit,
} from '../../src/diagnose/commands/shell-commands.ts'
import { isShared } from '../../src/diagnose/evidence/limit.ts'
import type { HostFacts, Workload, World } from '../../src/types.ts'

const host: HostFacts = {
  name: 'node-7',
  kernel: '6.1.0',
  os: '',
  memTotalKiB: null,
  bootId: null,
  bootedAt: null,
  agentVersion: '',
  cgroupVersion: 'v2',
  sight: 'host',
}

const hostile = [
  '$(touch /tmp/x)',
  '`id`',
  'a;reboot',
  "a'b",
  'a b',
  '"',
  '\\',
  '&&',
  '|',
  '>x',
  '*',
  '~',
  '!',
  '#',
  'a=b',
]

test.each(hostile)('a word %s comes out of a shell as it went in', word => {
  const safe = quoted(word)!
  expect(execFileSync('/bin/sh', ['-c', `printf %s ${safe}`], { encoding: 'utf8' })).toBe(word)
})

test.each(['', '-rf', 'a\nb', 'a\u202eb', 'ä', 'x'.repeat(2000)])(
  'a word that would be shown otherwise gives no command',
  word => {
    expect(quoted(word)).toBeNull()
  },
)

test('names that Kubernetes would not take give no command', () => {
  for (const name of [...hostile, 'unknown', '-x', 'a/b', '']) {
    expect(cordon({ ...host, name })).toBeNull()
    if (name !== 'unknown') expect(deletePod({ namespace: 'shop', pod: name })).toBeNull()
    if (name !== 'unknown') expect(deletePod({ namespace: name, pod: 'web-0' })).toBeNull()
  }
  expect(cordon(host)).toBe('kubectl cordon node-7')
  expect(deletePod({ namespace: 'shop', pod: 'web-0' })).toBe('kubectl delete pod --namespace=shop web-0 --wait=false')
})

test('resources are set on what kubectl can set them on', () => {
  const of = (kind: 'Deployment' | 'Pod') =>
    setResources(
      { namespace: 'shop', container: 'web', owner: { kind, name: 'web', certainty: 'certain' } },
      { requests: '96Mi', limits: '128Mi' },
    )
  expect(of('Deployment')).toBe(
    'kubectl set resources deployment/web --namespace=shop --containers=web --requests=memory=96Mi --limits=memory=128Mi',
  )
  expect(of('Pod')).toBeNull()
})

test('resources are set on one named container, and never on a guessed owner', () => {
  const workload = {
    namespace: 'shop',
    container: 'web',
    owner: { kind: 'DaemonSet', name: 'web', certainty: 'guess' },
  }
  expect(setResources(workload as never, { limits: '1Mi' })).toBeNull()
  const owner = { ...workload.owner, certainty: 'likely' }
  expect(setResources({ ...workload, owner } as never, { limits: '1Mi' })).toContain('--containers=web')
  expect(setResources({ ...workload, owner, container: null } as never, { limits: '1Mi' })).toBeNull()
})

test('a container is killed by a builtin of the shell where the kernel can, and nothing else is', () => {
  const pod =
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0000_4000_8000_000000000001.slice'
  const scope = `${pod}/cri-containerd-${'c'.repeat(64)}.scope`
  expect(killCgroup(scope, host, 'systemd')).toBe(`echo 1 > /sys/fs/cgroup${scope}/cgroup.kill`)
  expect(killCgroup(scope, { ...host, kernel: '5.10.0' }, 'systemd')).toBeNull()
  expect(killCgroup(scope, { ...host, cgroupVersion: 'v1' }, 'systemd')).toBeNull()
  expect(killCgroup(scope, host, 'talos')).toBeNull()
  expect(killCgroup(scope, host, 'container')).toBeNull()
  for (const other of [pod, '/system.slice/kubelet.service', '/', '/kubepods.slice'])
    expect(killCgroup(other, host, 'systemd')).toBeNull()
})

test('units and containers with odd names are quoted', () => {
  expect(restartUnit('dev-disk\\x2dby.service', 'systemd')).toBe("systemctl restart 'dev-disk\\x2dby.service'")
  const docker = { key: 'docker/x', container: 'my app', containerId: null } as Workload
  expect(stopContainer(docker, 'other')).toBe("docker stop 'my app'")
  expect(stopContainer(docker, 'container')).toBeNull()
  expect(stopContainer({ key: 'lxc/x', container: 'x', containerId: null } as Workload, 'systemd')).toBeNull()
})

const plain = { namespace: null, owner: null, container: null, containerId: null, unit: null }
const service = { ...plain, key: 'unit/system.slice/db.service', unit: 'system.slice/db.service' } as Workload
const to = { to: '768Mi', platform: 'systemd' } as const

test('a limit is raised on the object that has it', () => {
  const own = { level: 'unit', path: '/system.slice/db.service' } as const
  expect(raiseLimit(service, own, to)).toBe('systemctl set-property db.service MemoryMax=768M')
  const container = { level: 'container', path: '/docker/x' } as const
  expect(raiseLimit({ ...plain, key: 'docker/web', container: 'web' } as Workload, container, to)).toBe(
    'docker update --memory=768M --memory-swap=768M web',
  )
  expect(raiseLimit({ ...plain, key: 'comm/x' } as Workload, own, to)).toBeNull()
  expect(raiseLimit(service, { level: 'slice', path: '/tenant.slice' }, to)).toBe(
    'systemctl set-property tenant.slice MemoryMax=768M',
  )
})

test('a limit inside a unit or a container is not raised on what is around it', () => {
  expect(raiseLimit(service, { level: 'unit', path: '/system.slice/db.service/worker' }, to)).toBeNull()
  const inner = `/docker/${'a'.repeat(64)}/build`
  const docker = { ...plain, key: 'docker/web', container: 'web' } as Workload
  expect(raiseLimit(docker, { level: 'container', path: inner }, to)).toBeNull()
})

test.each(['talos', 'bottlerocket', 'container', 'other'] as const)('on %s no command uses systemctl', platform => {
  expect(raiseLimit(service, { level: 'unit', path: '/system.slice/db.service' }, { ...to, platform })).toBeNull()
  expect(stopUnit(service, platform)).toBeNull()
  expect(restartUnit('kubelet', platform)).toBeNull()
})

test.each([
  ['pod', 1000, 1000, false],
  ['pod', 4000, 500, true],
  ['pod', 4000, null, false],
  ['container', 4000, 500, false],
] as const)(
  'a limit of level %s, %s KiB, beside the victim’s own of %s: shared by the pod: %s',
  (level, limitKiB, own, is) => {
    const limit = { level, limitKiB, scope: 'memcg', path: '/kubepods/podx', usageKiB: null } as const
    const world = { memory: { cgroup: () => ({ path: '', limitKiB: own }) } } as unknown as World
    expect(isShared(limit, { cgroup: '/kubepods/podx/y' } as Workload, world)).toBe(is)
  },
)

test.each([
  ['lxc/web', 'system.slice/nginx.service'],
  ['unit/x', 'machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service'],
  ['unit/x', 'user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service'],
  ['unit/x', 'system.slice/slurmstepd.scope'],
  ['unit/x', 'user.slice/user-1000.slice/session-3.scope'],
  ['unit/x', 'system.slice/cron.service'],
  ['unit/x', 'system.slice/ssh.service'],
])('a guest’s unit, a scope, or a unit that runs jobs of others is never stopped or limited: %s %s', (key, unit) => {
  const workload = { ...plain, key, unit } as Workload
  expect(stopUnit(workload, 'systemd')).toBeNull()
  expect(raiseLimit(workload, { level: 'unit', path: `/${unit}` }, to)).toBeNull()
})

test.each([
  [{}, 'node-7'],
  [{ name: 'Node-7' }, 'node-7'],
  [{ kubelet: { source: 'flags', nodeName: 'ip-10-0-0-7.ec2.internal' } }, 'ip-10-0-0-7.ec2.internal'],
  [{ name: 'worker-3', hostname: 'node-7' }, 'worker-3'],
  [{ kubelet: { source: 'flags', cloudProvider: 'external' } }, 'node-7'],
  [{ kubelet: { source: 'flags', cloudProvider: 'aws' } }, null],
  [{ sight: 'log' }, null],
  [{ name: 'unknown' }, null],
] as const)('the node of kubectl is the one that Kubernetes knows: %j is %s', (facts, name) => {
  expect(cordon({ ...host, ...facts } as HostFacts)).toBe(name && `kubectl cordon ${name}`)
})

test('a reboot names its machine, and does nothing in a shell on another', () => {
  expect(reboot(host, 'systemd')).toBe('[ "$(uname -n)" = node-7 ] && systemctl reboot')
  expect(reboot({ ...host, name: 'unknown' }, 'systemd')).toBeNull()
  expect(reboot(host, 'talos')).toBe('talosctl --nodes node-7 reboot')
  expect(reboot(host, 'bottlerocket')).toBeNull()
})

test('the grace period is cut short only if the API server says that the pod is terminating', () => {
  expect(cutGracePeriod({ namespace: 'shop', pod: 'web-0' })).toMatch(
    /^kubectl get pod --namespace=shop web-0 --output=jsonpath='\{\.metadata\.deletionTimestamp\}' \| grep -q \. && kubectl delete pod /,
  )
})
