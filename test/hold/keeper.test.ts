import { readFileSync, symlinkSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCgroupTree } from '../../src/hold-service/cgroup-tree.ts'
import { createKeeper, type Keeper, leaseMs, mostHeld } from '../../src/hold-service/keeper.ts'
import { createOriginalsFile } from '../../src/hold-service/originals-file.ts'
import { createProcessesOfCgroup } from '../../src/hold-service/processes.ts'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'
import type { ReleasedCgroup } from '../../src/types.ts'
import { containerPath, type ImitatedHost, imitateHost } from './tree.ts'

const [one, two] = [containerPath(1), containerPath(2)]
const limitMs = 600_000
const MiB = 1024 * 1024

let host: ImitatedHost
let released: ReleasedCgroup[]

beforeEach(() => {
  host = imitateHost()
  released = []
})
afterEach(() => host.remove())

async function open(now = 0): Promise<Keeper> {
  const files = createLiveFiles(host.root)
  const tree = createCgroupTree({ mount: join(host.root, 'sys/fs/cgroup'), isCgroup2: () => true })
  await Promise.all([host.stateDir, join(host.root, 'run')].map(path => mkdir(path, { recursive: true })))
  const bootId = files.read('/proc/sys/kernel/random/boot_id')!.trim()
  const originals = createOriginalsFile({ stateDir: host.stateDir, runDir: join(host.root, 'run'), bootId })
  const processes = createProcessesOfCgroup({ tree, files })
  const keeper = createKeeper({ tree, originals, processes, bootId, limitMs, onRelease: each => released.push(each) })
  await keeper.begin(now)
  return keeper
}

const reasons = () => released.map(({ why }) => why)
const wanted = (cgroup: string) => ({ cgroup, growthKiBPerSecond: 1024 })

describe('a container that is held', () => {
  it('gets a memory.high a little above what it uses, with its original on disk before', async () => {
    host.add(one, { 'memory.high': '900000768\n' })
    const keeper = await open()
    expect(await keeper.hold(wanted(one), 1000)).toBeNull()
    expect(host.read(one)).toBe(String(102 * MiB))
    expect(readFileSync(join(host.stateDir, 'hold.json'), 'utf8')).toContain('"original":"900000768"')
    expect(keeper.state().held).toMatchObject([
      { cgroup: one, since: 1000, levelKiB: 102 * 1024, startKiB: 100 * 1024 },
    ])
  })

  it('is raised slowly while it uses all of it, and not while it does not', async () => {
    host.add(one)
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    keeper.renew(10_000)
    keeper.tick(10_000)
    expect(host.read(one)).toBe(String(102 * MiB))
    host.write(one, 'memory.current', String(103 * MiB))
    keeper.renew(20_000)
    keeper.tick(20_000)
    keeper.tick(20_250)
    expect(host.read(one)).toBe(String(102.5 * MiB))
  })

  it.each([
    ['asked', (keeper: Keeper) => keeper.releaseAll('asked', 5000)],
    ['agent-gone', (keeper: Keeper) => keeper.tick(leaseMs)],
    ['stopped', (keeper: Keeper) => keeper.releaseAll('stopped', 5000)],
    ['headroom', (keeper: Keeper) => keeper.release(one, 'headroom', 5000)],
  ] as const)('gets its original back: %s', async (why, act) => {
    host.add(one)
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    act(keeper)
    expect(host.read(one)).toBe('max')
    expect(reasons()).toEqual([why])
    await keeper.settled()
    expect(readFileSync(join(host.stateDir, 'hold.json'), 'utf8')).toContain('"held":[]')
  })

  it('is released at the time limit, and then not held again for as long', async () => {
    host.add(one)
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    keeper.renew(limitMs)
    keeper.tick(limitMs)
    expect([host.read(one), ...reasons()]).toEqual(['max', 'time-limit'])
    expect(await keeper.hold(wanted(one), limitMs + 1000)).toBe('resting')
    await keeper.settled()
    const successor = await open(limitMs + 2000)
    expect(await successor.hold(wanted(one), limitMs + 3000)).toBe('resting')
    successor.tick(2 * limitMs)
    expect(await successor.hold(wanted(one), 2 * limitMs)).toBeNull()
  })

  it('is released as soon as one of its processes has a SIGTERM to take', async () => {
    host.add(one, { 'cgroup.procs': '77\n' })
    host.process(77, { status: 'ShdPnd:\t0000000000000000\n' })
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    keeper.tick(250)
    expect(released).toEqual([])
    host.process(77, { status: 'ShdPnd:\t0000000000004000\n' })
    keeper.tick(500)
    expect([host.read(one), ...reasons()]).toEqual(['max', 'terminating'])
    expect(await keeper.hold(wanted(one), 750)).toBe('terminating')
  })

  it('keeps a value that another program has written meanwhile, and that is reported', async () => {
    host.add(one)
    host.add(two)
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    await keeper.hold(wanted(two), 0)
    host.write(one, 'memory.high', '123456789\n')
    host.write(two, 'memory.high', 'max\n')
    keeper.tick(250)
    expect([host.read(one), host.read(two), ...reasons()]).toEqual(['123456789', 'max', 'changed', 'changed'])
  })

  it('that is gone, or was created again under the same name, is not written to', async () => {
    host.add(one)
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    const path = join(host.root, 'sys/fs/cgroup', one)
    await rename(path, `${path}.old`)
    host.add(one, { 'memory.high': '5000000\n' })
    keeper.tick(250)
    expect([host.read(one), ...reasons()]).toEqual(['5000000', 'gone'])
    await rm(path, { recursive: true })
    keeper.releaseAll('asked', 500)
    expect(reasons()).toEqual(['gone'])
  })

  it('says by how much less it grew', async () => {
    host.add(one)
    const keeper = await open()
    await keeper.hold(wanted(one), 0)
    host.write(one, 'memory.current', String(105 * MiB))
    keeper.release(one, 'headroom', 60_000)
    expect(released[0]!.savedKiB).toBe(60 * 1024 - 5 * 1024)
  })
})

describe('a container that is not held', () => {
  it.each([
    ['its memory.high is lower already', { 'memory.high': String(50 * MiB) }, 'own-limit'],
    ['its memory.max is hit first', { 'memory.max': String(110 * MiB) }, 'own-limit'],
    ['it has no memory.high', { 'memory.current': '' }, 'no-cgroup'],
    ['it is critical for the node', { 'cgroup.procs': '9\n' }, 'node-critical'],
    ['it is oomloop itself', { 'cgroup.procs': `${process.pid}\n` }, 'node-critical'],
  ])('because %s', async (_name, files, why) => {
    host.process(9, { oom_score_adj: '-997\n' })
    host.add(one, files as Record<string, string>)
    if (why === 'no-cgroup') await rm(join(host.root, 'sys/fs/cgroup', one, 'memory.high'))
    const before = why === 'no-cgroup' ? null : host.read(one)
    expect(await (await open()).hold(wanted(one), 0)).toBe(why)
    if (before !== null) expect(host.read(one)).toBe(before)
  })

  it('because its path leads elsewhere', async () => {
    host.add('/system.slice/ssh.service')
    host.add(one)
    const path = join(host.root, 'sys/fs/cgroup', one)
    await rm(path, { recursive: true })
    symlinkSync(join(host.root, 'sys/fs/cgroup/system.slice/ssh.service'), path)
    expect(await (await open()).hold(wanted(one), 0)).toBe('no-cgroup')
    expect(await (await open()).hold(wanted('/system.slice/ssh.service'), 0)).toBe('not-allowed')
    expect(host.read('/system.slice/ssh.service')).toBe('max')
  })

  it('because its memory.high is a link', async () => {
    host.add(one)
    host.add('/system.slice/ssh.service')
    const path = join(host.root, 'sys/fs/cgroup', one, 'memory.high')
    await rm(path)
    symlinkSync(join(host.root, 'sys/fs/cgroup/system.slice/ssh.service/memory.high'), path)
    expect(await (await open()).hold(wanted(one), 0)).toBe('cannot-write')
    expect(host.read('/system.slice/ssh.service')).toBe('max')
  })

  it('because so many are', async () => {
    const keeper = await open()
    for (let number = 1; number <= mostHeld; number++) {
      host.add(containerPath(number))
      expect(await keeper.hold(wanted(containerPath(number)), 0)).toBeNull()
    }
    host.add(containerPath(9))
    expect(await keeper.hold(wanted(containerPath(9)), 0)).toBe('too-many')
  })

  it('because the original cannot be saved', async () => {
    host.add(one)
    const keeper = await open()
    await rm(host.stateDir, { recursive: true })
    expect(await keeper.hold(wanted(one), 0)).toBe('cannot-save')
    expect([host.read(one), keeper.state().held]).toEqual(['max', []])
  })

  it('because the real kernel has no cgroup v2 there', async () => {
    host.add(one)
    const tree = createCgroupTree({ mount: join(host.root, 'sys/fs/cgroup') })
    expect([tree.isUsable(), tree.inode(one)]).toEqual([false, undefined])
    expect(() => tree.writeHigh(one, 1, 'max')).toThrow()
  })
})

describe('what an earlier process left', () => {
  it('is restored, unless another program has changed it', async () => {
    host.add(one, { 'memory.high': '800002048\n' })
    host.add(two)
    const first = await open()
    await first.hold(wanted(one), 0)
    await first.hold(wanted(two), 0)
    host.write(two, 'memory.high', '7340032\n')
    const second = await open(1000)
    expect([host.read(one), host.read(two), ...reasons()]).toEqual(['800002048', '7340032', 'predecessor', 'changed'])
    expect(second.state().held).toEqual([])
  })

  it('before a reboot is no matter of this boot', async () => {
    host.add(one)
    await (await open()).hold(wanted(one), 0)
    host.reboot('second-boot')
    host.write(one, 'memory.high', String(102 * MiB))
    await open(1000)
    expect([host.read(one), released]).toEqual([String(102 * MiB), []])
  })
})
