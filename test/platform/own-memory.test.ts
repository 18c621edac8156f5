import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { watchOwnMemory } from '../../src/platform/own-memory.ts'
import type { SourceState } from '../../src/types.ts'
import { tempDir } from '../deliver/samples.ts'

const mib = 1024 * 1024
const layouts = {
  v2: {
    cgroup: '0::/system.slice/oomloop.service\n',
    dir: 'sys/fs/cgroup/system.slice/oomloop.service',
    usage: 'memory.current',
    limit: 'memory.max',
    inactive: 'inactive_file',
  },
  'v2 with a cgroup namespace': {
    cgroup: '0::/\n',
    dir: 'sys/fs/cgroup',
    usage: 'memory.current',
    limit: 'memory.max',
    inactive: 'inactive_file',
  },
  v1: {
    cgroup: '5:cpu:/x\n4:memory:/kubepods/pod1/abc\n',
    dir: 'sys/fs/cgroup/memory/kubepods/pod1/abc',
    usage: 'memory.usage_in_bytes',
    limit: 'memory.limit_in_bytes',
    inactive: 'total_inactive_file',
  },
} as const

describe.each(Object.entries(layouts))('its own memory limit, cgroup %s', (_, layout) => {
  const start = () => {
    const root = tempDir()
    const dir = join(root, layout.dir)
    mkdirSync(dir, { recursive: true })
    mkdirSync(join(root, 'proc/self'), { recursive: true })
    writeFileSync(join(root, 'proc/self/cgroup'), layout.cgroup)
    const hold = (usageMiB: number, inactiveMiB = 0, limit: string = String(256 * mib)): void => {
      writeFileSync(join(dir, layout.usage), `${usageMiB * mib}\n`)
      writeFileSync(join(dir, layout.limit), `${limit}\n`)
      writeFileSync(join(dir, 'memory.stat'), `anon 1\n${layout.inactive} ${inactiveMiB * mib}\n`)
    }
    const said: SourceState[] = []
    hold(64)
    const { look, stop } = watchOwnMemory({ emit: state => said.push(state), now: () => 7, root })
    stop()
    return { hold, look, said }
  }

  it('coming near it is said once, and so is being clear of it', () => {
    const { hold, look, said } = start()
    for (const usage of [64, 235, 240, 220, 180]) {
      hold(usage)
      look()
    }
    expect(said.map(({ state, why }) => [state, why])).toEqual([
      ['blind', 'oomloop holds 235 of the 256 MiB that its own cgroup may'],
      ['sighted', 'oomloop holds 180 of the 256 MiB that its own cgroup may'],
    ])
  })

  it('file pages that the kernel would free do not count', () => {
    const { hold, look, said } = start()
    hold(250, 100)
    look()
    expect(said).toEqual([])
  })

  it('without a limit there is nothing to say', () => {
    const { hold, look, said } = start()
    hold(5000, 0, layout.limit === 'memory.max' ? 'max' : '9223372036854771712')
    look()
    expect(said).toEqual([])
  })
})
