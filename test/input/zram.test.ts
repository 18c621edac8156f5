import { describe, expect, it } from 'vitest'
import { readZramRatio } from '../../src/input/sampler/zram.ts'
import type { HostFiles } from '../../src/types.ts'

const header = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'
const zram0 = '/dev/zram0                              partition\t524284\t\t1024\t\t100\n'
const disk = '/dev/vdc                                partition\t524284\t\t0\t\t-2\n'

function hostWith(texts: Readonly<Record<string, string>>): HostFiles {
  const read = (path: string) => texts[path]
  return {
    read,
    reread: read,
    list: () => undefined,
    pids: () => [],
    link: () => undefined,
    forget: () => {},
    close: () => {},
  }
}

describe('the cost of compressed swap', () => {
  it('the cost of zram is the memory that it uses per stored memory', () => {
    const mmStat = ' 104857600 20971520 26214400 0 30000000 10 0 0 0\n'
    expect(readZramRatio(hostWith({ '/proc/swaps': header + zram0, '/sys/block/zram0/mm_stat': mmStat }))).toBe(0.25)
  })

  it('is taken for a half where almost nothing is stored yet', () => {
    expect(readZramRatio(hostWith({ '/proc/swaps': header + zram0 }))).toBe(0.5)
  })

  it('there is no cost of zram if some swap is on a disk, or if there is no swap', () => {
    expect(readZramRatio(hostWith({ '/proc/swaps': header + zram0 + disk }))).toBe(undefined)
    expect(readZramRatio(hostWith({ '/proc/swaps': header }))).toBe(undefined)
    expect(readZramRatio(hostWith({}))).toBe(undefined)
  })
})
