import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cleanFileMappings, fileMappings } from '../../src/host/protect.ts'

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

describe('what of the program is let go of, and what is locked', () => {
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
