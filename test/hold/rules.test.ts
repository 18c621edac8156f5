import { describe, expect, it } from 'vitest'
import { isHoldable } from '../../src/hold/allow-list.ts'
import { isOurs, levelAt, levelsOf, savedKiB } from '../../src/hold/level.ts'
import { longestRequest, parseAnswer, parseRequest, requestLine } from '../../src/hold/protocol.ts'
import { originalsText, parseOriginals, type SavedOriginals } from '../../src/hold/saved-originals.ts'
import { hasPendingSigterm } from '../../src/hold-service/processes.ts'
import { containerPath } from './tree.ts'

const container = containerPath(1)

describe('cgroups that may be held', () => {
  it.each([
    container,
    `/kubepods/burstable/pod00000000-0000-4000-8000-000000000001/${'a'.repeat(64)}`,
    '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope',
    `/machine.slice/libpod-${'b'.repeat(64)}.scope`,
  ])('%s may be held', path => {
    expect(isHoldable(path)).toBe(true)
  })

  it.each([
    ['the root', '/'],
    ['kubepods', '/kubepods.slice'],
    ['a QoS level', '/kubepods.slice/kubepods-burstable.slice'],
    ['a whole pod', container.slice(0, container.lastIndexOf('/'))],
    ['a part of a container', `${container}/init.scope`],
    ['a static pod', `/kubepods/burstable/pod${'0'.repeat(32)}/${'a'.repeat(64)}`],
    ['kubelet', '/system.slice/kubelet.service'],
    ['the runtime', '/system.slice/containerd.service'],
    ['sshd', '/system.slice/ssh.service'],
    ['a login', '/user.slice/user-0.slice/session-1.scope'],
    ['machine.slice itself', '/machine.slice'],
    ['a slice below it', '/machine.slice/a.slice'],
    ['what hangs below a machine', '/machine.slice/a.scope/b.scope'],
    ['a way out', `/kubepods.slice/../system.slice/ssh.service`],
    ['a way out at the end', `${container}/..`],
    ['a dot', `/kubepods.slice/./${container.slice(16)}`],
    ['a doubled slash', container.replace('/kubepods-', '//kubepods-')],
    ['a relative path', container.slice(1)],
    ['a newline', `${container}\n`],
    ['a NUL', `${container}\0`],
    ['a container in a container', `/system.slice/docker-${'c'.repeat(64)}.scope${container}`],
    ['a lookalike', container.replace('/kubepods.slice', '/kubepods.slice.evil')],
    ['nothing', ''],
  ])('%s may not', (_name, path) => {
    expect(isHoldable(path)).toBe(false)
  })
})

describe('levels', () => {
  const levels = levelsOf({ currentBytes: 100 * 1024 * 1024, growthKiBPerSecond: 1024, limitMs: 600_000 })

  it('begin a little above what is used, and rise by a twentieth of the growth', () => {
    expect(levelAt(levels, 0)).toBe(102 * 1024 * 1024)
    expect(levelAt(levels, 1) - levelAt(levels, 0)).toBe(512 * 1024)
    expect(levelAt(levels, 1000)).toBe(levelAt(levels, 60))
  })

  it('are whole pages of every kernel, also of a slow and small container', () => {
    for (const [currentBytes, growthKiBPerSecond] of [
      [12_345, 1],
      [999_999_999, 7777],
    ] as const) {
      const { startBytes, stepBytes } = levelsOf({ currentBytes, growthKiBPerSecond, limitMs: 10_000 })
      expect([startBytes % 65_536, stepBytes % 65_536, stepBytes > 0]).toEqual([0, 0, true])
    }
  })

  it('are recognised, and nothing else is', () => {
    for (const raises of [0, 1, 59, 60]) expect(isOurs(levels, String(levelAt(levels, raises)))).toBe(true)
    for (const other of [
      'max',
      '0',
      '',
      String(levels.startBytes + 4096),
      String(levels.startBytes - levels.stepBytes),
    ])
      expect(isOurs(levels, other)).toBe(false)
    expect(isOurs(levels, String(levelAt(levels, 60) + levels.stepBytes))).toBe(false)
  })

  it('save what the container did not grow by, and never less than nothing', () => {
    expect(savedKiB({ seconds: 60, growthKiBPerSecond: 100, grewKiB: 1000 })).toBe(5000)
    expect(savedKiB({ seconds: 60, growthKiBPerSecond: 100, grewKiB: -1000 })).toBe(6000)
    expect(savedKiB({ seconds: 1, growthKiBPerSecond: 100, grewKiB: 1000 })).toBe(0)
  })
})

describe('requests', () => {
  it('are read as they are written', () => {
    for (const request of [
      { do: 'hold', cgroup: container, growthKiBPerSecond: 512 },
      { do: 'release', cgroup: container, why: 'terminating' },
      { do: 'release-all' },
      { do: 'renew' },
      { do: 'state' },
    ] as const)
      expect(parseRequest(requestLine(request))).toEqual(request)
    expect(requestLine({ do: 'hold', cgroup: container, growthKiBPerSecond: 1 }).length).toBeLessThan(longestRequest)
  })

  it.each([
    '',
    'hold',
    `hold ${container}`,
    `hold 0 ${container}`,
    `hold -5 ${container}`,
    `hold 1e9 ${container}`,
    `hold 999999999 ${container}`,
    `hold 5 ${container} extra`,
    `hold 5 ${container}\tmemory.max`,
    'release',
    `release changed ${container}`,
    'release everything',
    'renew now',
    'write /sys/fs/cgroup/memory.high 0',
    'RENEW',
    '{"do":"renew"}',
  ])('%j is none', line => {
    expect(parseRequest(line)).toBeUndefined()
  })

  it('an answer that is no answer is not taken', () => {
    const answer = { refused: null, held: [], released: [] }
    expect(parseAnswer(JSON.stringify(answer))).toEqual(answer)
    for (const wrong of ['', '{', 'null', '[]', '{"refused":null}', '{"refused":1,"held":[],"released":[]}'])
      expect(parseAnswer(wrong)).toBeUndefined()
    const held = { cgroup: '/system.slice/ssh.service', since: 1, levelKiB: 1, startKiB: 1, currentKiB: 1 }
    expect(parseAnswer(JSON.stringify({ ...answer, held: [held] }))).toBeUndefined()
  })
})

describe('the file of originals', () => {
  const saved: SavedOriginals = {
    bootId: 'a-boot',
    held: [
      {
        cgroup: container,
        inode: 42,
        original: 'max',
        levels: { startBytes: 65_536, stepBytes: 65_536, steps: 60 },
        since: 1,
        startKiB: 10,
        growthKiBPerSecond: 5,
      },
    ],
    resting: { [container]: 5 },
  }
  const text = originalsText(saved)

  it('is read as it was written', () => {
    expect(parseOriginals(text)).toEqual(saved)
  })

  it('that was cut anywhere, or in which one byte changed, is not acted upon', () => {
    for (let length = 0; length < text.length - 1; length++)
      expect(parseOriginals(text.slice(0, length))).toBeUndefined()
    for (let at = 0; at < text.length - 1; at++)
      expect(parseOriginals(`${text.slice(0, at)}~${text.slice(at + 1)}`)).toBeUndefined()
  })

  it('names no cgroup that may not be held', () => {
    const held = [{ ...saved.held[0]!, cgroup: '/system.slice/ssh.service' }]
    expect(parseOriginals(originalsText({ ...saved, held }))).toBeUndefined()
  })
})

it('a SIGTERM that a process has not taken yet shows in its status', () => {
  expect(hasPendingSigterm('Name:\tjava\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000004000\n')).toBe(true)
  expect(hasPendingSigterm('SigPnd:\t0000000000000000\nShdPnd:\t0000000000000100\nSigCgt:\t0000000000004000\n')).toBe(
    false,
  )
  expect(hasPendingSigterm('')).toBe(false)
})
