import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Libc } from '../../src/platform/libc.ts'
import { cleanFileMappings, fileMappings } from '../../src/platform/protect.ts'
import { lockTouchedText, presentRanges } from '../../src/platform/touched-text.ts'

const smaps = `00400000-0082e000 r--p 00000000 fe:00 1234                               /usr/bin/oomloop
Rss:                4280 kB
Anonymous:             0 kB
0082e000-03489000 r-xp 0042f000 fe:00 1234                               /usr/bin/oomloop
Rss:               20000 kB
Anonymous:             0 kB
072a7000-072dd000 r--p 06ea8000 fe:00 1234                               /usr/bin/oomloop
Rss:                 216 kB
Anonymous:           216 kB
072dd000-0735a000 rw-p 06ede000 fe:00 1234                               /usr/bin/oomloop
Rss:                 500 kB
Anonymous:             0 kB
7f0000000000-7f0000021000 rw-p 00000000 00:00 0
Rss:                   8 kB
Anonymous:             8 kB
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0                          [vdso]
Rss:                   4 kB
Anonymous:             0 kB
`

describe('which parts of the program are unmapped, and which are locked', () => {
  it('only text and constants without a page of our own are let go of', () => {
    expect(cleanFileMappings(smaps)).toEqual([
      { from: 0x400000n, to: 0x82e000n },
      { from: 0x82e000n, to: 0x3489000n },
    ])
  })

  it('everything that is read from a file is locked', () => {
    expect(fileMappings(smaps)).toHaveLength(4)
  })

  it("this very process's own map is understood", () => {
    const clean = cleanFileMappings(readFileSync('/proc/self/smaps', 'utf8'))
    const all = fileMappings(readFileSync('/proc/self/maps', 'utf8'))
    expect(clean.length).toBeGreaterThan(2)
    expect(clean.length).toBeLessThan(all.length)
  })
})

describe('what is locked on a kernel that cannot lock pages as they are touched', () => {
  const pagemap = (pages: string): Buffer => {
    const entries = Buffer.alloc(pages.length * 8)
    for (const [page, state] of [...pages].entries()) entries.writeUInt8(state === 'x' ? 0x80 : 0, page * 8 + 7)
    return entries
  }
  const ranges = (pages: string): string[] =>
    presentRanges({ entries: pagemap(pages), from: 0x10000n, pageBytes: 4096n }).map(
      ({ from, to }) => `${(from - 0x10000n) / 4096n}-${(to - 0x10000n) / 4096n}`,
    )

  it('present pages make one range, and small gaps belong to it', () => {
    expect(ranges('..xxx.x..')).toEqual(['2-7'])
  })

  it('a large gap ends a range, and absent pages make none', () => {
    expect(ranges(`x${'.'.repeat(20)}xx`)).toEqual(['0-1', '21-23'])
    expect(ranges('.....')).toEqual([])
  })

  it('of this very process less is locked than is mapped, and more than nothing', () => {
    const locked: bigint[] = []
    const mlock = (_: bigint, length: bigint): number => {
      locked.push(length)
      return 0
    }
    const libc = { mlock } as unknown as Libc
    const mappings = fileMappings(readFileSync('/proc/self/maps', 'utf8'))
    const { lockedKiB, refusals } = lockTouchedText(libc, mappings)
    const mappedKiB = mappings.reduce((sum, { from, to }) => sum + Number((to - from) / 1024n), 0)
    expect(refusals.size).toBe(0)
    expect(lockedKiB).toBe(Number(locked.reduce((sum, bytes) => sum + bytes, 0n) / 1024n))
    expect(lockedKiB).toBeGreaterThan(1000)
    expect(lockedKiB).toBeLessThan(mappedKiB)
  })

  it('refusals are counted by their error', () => {
    const libc = { mlock: () => 12 } as unknown as Libc
    const { lockedKiB, refusals } = lockTouchedText(libc, fileMappings(readFileSync('/proc/self/maps', 'utf8')))
    expect(lockedKiB).toBe(0)
    expect([...refusals.keys()]).toEqual([12])
  })
})
