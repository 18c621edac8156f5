import { expect, it } from 'vitest'
import { createKillSizes } from '../../src/diagnose/evidence/reported-sizes.ts'
import { killOf } from '../detect/deaths.ts'

const sized = { totalVmKiB: 9_000, anonRssKiB: 8_000, fileRssKiB: 0, shmemRssKiB: 0 }

/** Two kills within a second, of the very same address space. */
function twoOf(first: string | null, second: string | null) {
  const sizes = createKillSizes()
  const kill = (seconds: number, pid: number, key: string, cgroup: string | null) =>
    sizes.observe(killOf({ seconds, pid, key, kill: sized, workload: { cgroup } }), () => undefined)
  kill(0, 10, 'comm/java', first)
  kill(0.5, 11, 'comm/[main]-pipeline', second)
  return { owner: sizes.ownerOf(11)?.key, victims: sizes.victims(Date.UTC(2026, 2, 2) + 1000, 60_000).length }
}

it('a second kill of the same address space is a thread of the first, where no cgroup says otherwise', () => {
  expect(twoOf(null, null)).toEqual({ owner: 'comm/java', victims: 1 })
  expect(twoOf('/a', '/a')).toEqual({ owner: 'comm/java', victims: 1 })
})

it('two pods that run one program are two', () => {
  expect(twoOf('/a', '/b')).toEqual({ owner: undefined, victims: 2 })
})
