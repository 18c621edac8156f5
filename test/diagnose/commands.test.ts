import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  cordon,
  deletePod,
  killCgroup,
  quoted,
  raiseLimit,
  restartUnit,
  setResources,
  stopContainer,
  stopUnit,
} from '../../src/diagnose/commands.ts'
import { isShared } from '../../src/diagnose/limit.ts'
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
  for (const name of [...hostile, 'unknown', 'UPPER', '-x', 'a/b', '']) {
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

test('a cgroup is ended by a builtin of the shell where the kernel can, and never one that is no container', () => {
  const pod =
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0000_4000_8000_000000000001.slice'
  const scope = `${pod}/cri-containerd-${'c'.repeat(64)}.scope`
  expect(killCgroup(scope, host)).toBe(`echo 1 > /sys/fs/cgroup${scope}/cgroup.kill`)
  expect(killCgroup(scope, { ...host, kernel: '5.10.0' })).toBeNull()
  expect(killCgroup(scope, { ...host, cgroupVersion: 'v1' })).toBeNull()
  expect(killCgroup('/system.slice/kubelet.service', host)).toBeNull()
  expect(killCgroup('/', host)).toBeNull()
})

test('units and containers with odd names are quoted', () => {
  expect(restartUnit('dev-disk\\x2dby.service')).toBe("systemctl restart 'dev-disk\\x2dby.service'")
  expect(stopContainer({ key: 'docker/x', container: 'my app', containerId: null } as Workload)).toBe(
    "docker stop 'my app'",
  )
  expect(stopContainer({ key: 'lxc/x', container: 'x', containerId: null } as Workload)).toBeNull()
})

test('a limit is raised by whatever keeps it', () => {
  const workload = { namespace: null, owner: null, container: null, containerId: null, unit: null }
  const own = { level: 'unit', path: '/system.slice/db.service' } as const
  const unit = { ...workload, key: 'unit/system.slice/db.service', unit: 'system.slice/db.service' } as Workload
  expect(raiseLimit(unit, own, '768Mi')).toBe('systemctl set-property db.service MemoryMax=768M')
  const container = { level: 'container', path: '/docker/x' } as const
  expect(raiseLimit({ ...workload, key: 'docker/web', container: 'web' } as Workload, container, '768Mi')).toBe(
    'docker update --memory=768M --memory-swap=768M web',
  )
  expect(raiseLimit({ ...workload, key: 'comm/x' } as Workload, own, '768Mi')).toBeNull()
})

test('the limit of a slice is not put on the unit in it', () => {
  const unit = { key: 'unit/tenant.slice/web.service', unit: 'tenant.slice/web.service' } as Workload
  expect(raiseLimit(unit, { level: 'slice', path: '/tenant.slice' }, '768Mi')).toBe(
    'systemctl set-property tenant.slice MemoryMax=768M',
  )
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
])('a unit of a guest or of a user is none of the host’s: %s %s', (key, unit) => {
  const workload = { key, unit, namespace: null, owner: null, container: null, containerId: null } as Workload
  expect(stopUnit(workload)).toBeNull()
  expect(raiseLimit(workload, { level: 'unit', path: unit }, '768Mi')).toBeNull()
})
