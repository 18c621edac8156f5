import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCgroupPath } from '../../src/parse/cgroup/cgroup-path.ts'

// Whole hosts of every layout are in fixtures/hosts; here are the rules that hold across them.

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const uid = fc.tuple(hex(8), hex(4), hex(4), hex(4), hex(12)).map(parts => parts.join('-'))
const qos = fc.constantFrom('burstable' as const, 'besteffort' as const, undefined)
const qosName = { burstable: 'Burstable', besteffort: 'BestEffort' } as const

test('a pod’s container is recognised alike from the paths of both cgroup drivers and all runtimes', () => {
  const runtimes = fc.constantFrom(['cri-containerd', 'containerd'], ['crio', 'cri-o'], ['docker', 'docker'])
  fc.assert(
    fc.property(uid, hex(64), qos, runtimes, (podUid, containerId, level, [prefix, runtime]) => {
      const expected = { level: 'container', podUid, containerId, qos: level ? qosName[level] : 'Guaranteed' }
      const cgroupfs = `/kubepods${level ? `/${level}` : ''}/pod${podUid}/${containerId}`
      const dashed = level ? `kubepods-${level}` : 'kubepods'
      const slices = level ? `/kubepods.slice/${dashed}.slice` : '/kubepods.slice'
      const systemd = `${slices}/${dashed}-pod${podUid.replaceAll('-', '_')}.slice/${prefix}-${containerId}.scope`
      expect(parseCgroupPath(cgroupfs)).toMatchObject({ ...expected, runtime: null })
      expect(parseCgroupPath(systemd)).toMatchObject({ ...expected, runtime })
    }),
  )
})

test('what a container makes below itself does not change whose it is', () => {
  const inner = fc.constantFrom(
    'init.scope',
    'system.slice/sshd.service',
    `docker/${'b'.repeat(64)}`,
    'kubepods/besteffort/pod0',
  )
  fc.assert(
    fc.property(uid, hex(64), inner, (podUid, containerId, below) => {
      const path = `/kubepods/besteffort/pod${podUid}/${containerId}/${below}`
      expect(parseCgroupPath(path)).toMatchObject({ level: 'container', podUid, containerId, inner: below, unit: null })
    }),
  )
})

test('a static pod has 32 digits, and a path that only resembles a pod has none', () => {
  expect(parseCgroupPath(`/kubepods/burstable/pod${'c'.repeat(32)}`)).toMatchObject({
    level: 'pod',
    podUid: 'c'.repeat(32),
  })
  for (const part of [
    `pod${'c'.repeat(31)}`,
    `pod${'g'.repeat(32)}`,
    `xpod${'c'.repeat(32)}`,
    `pod${'C'.repeat(32)}`,
  ]) {
    expect(parseCgroupPath(`/kubepods/burstable/${part}`).podUid).toBeNull()
  }
})

test('a reader in another cgroup namespace sees the same container', () => {
  const path = `/../../docker/${'d'.repeat(64)}`
  expect(parseCgroupPath(path)).toMatchObject({
    level: 'container',
    runtime: 'docker',
    path: `/docker/${'d'.repeat(64)}`,
  })
})

test('an id of another length is no container', () => {
  expect(parseCgroupPath(`/docker/${'d'.repeat(63)}`).containerId).toBeNull()
  expect(parseCgroupPath(`/system.slice/docker-${'d'.repeat(65)}.scope`).containerId).toBeNull()
})

test('conmon is distinguished from the container that it watches', () => {
  expect(parseCgroupPath(`/kubepods/pod${'c'.repeat(32)}/crio-conmon-${'e'.repeat(64)}`).level).toBe('monitor')
  expect(parseCgroupPath(`/kubepods/pod${'c'.repeat(32)}/crio-${'e'.repeat(64)}`).level).toBe('container')
})

test('any text gives an identity and none throws', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'kubepods',
      'kubepods.slice',
      'lxc',
      'docker',
      'buildkit',
      'ecs',
      'system',
      'session-3.scope',
      'x.service',
      '..',
      'a'.repeat(64),
    ),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 80 }), parts => {
      const cgroup = parseCgroupPath(parts.join('/'))
      expect(cgroup.path.startsWith('/')).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('a path of the greatest length is read in time', () => {
  const path = `/${'pod-'.repeat(1100)}`
  const startedAt = performance.now()
  for (let count = 0; count < 100; count++) parseCgroupPath(path)
  expect(performance.now() - startedAt).toBeLessThan(500)
})
