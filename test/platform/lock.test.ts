import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { takeHostLock } from '../../src/platform/lock.ts'
import type { HostFiles } from '../../src/types.ts'

const boot = 'b'
const self = `${process.pid} (node) S 1 ${'0 '.repeat(17)}777 0`

/** The /proc of a host on which the given processes live. */
function procOf(stats: Record<number, string>): HostFiles {
  const read = (path: string) => stats[Number(path.split('/')[2])]
  return {
    read,
    reread: read,
    list: () => [],
    pids: () => [],
    link: () => undefined,
    forget: () => {},
    close: () => {},
  }
}

function freshPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'oomloop-lock-')), 'run', 'lock')
}

describe('host lock', () => {
  it('is taken by the first and refused to the second, until it is released', () => {
    const path = freshPath()
    const files = procOf({ [process.pid]: self })
    const first = takeHostLock(path, files, boot)
    expect(first.taken).toBe(true)
    const second = takeHostLock(path, files, boot)
    expect(second).toMatchObject({ taken: false, why: 'held', holder: { pid: process.pid } })
    if (first.taken) first.release()
    expect(takeHostLock(path, files, boot).taken).toBe(true)
  })

  it.each([
    ['whose process is gone', {} as Record<number, string>],
    ['whose pid is another program by now', { 4242: `4242 (evil) 7 ) S 1 ${'0 '.repeat(17)}999 0` }],
  ])('is taken over from a process %s', (_, others) => {
    const path = freshPath()
    const taken = takeHostLock(path, procOf({ [process.pid]: self }), boot)
    expect(taken.taken).toBe(true)
    writeFileSync(path, JSON.stringify({ pid: 4242, startTicks: '5', bootId: boot }))
    expect(takeHostLock(path, procOf({ [process.pid]: self, ...others }), boot).taken).toBe(true)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, startTicks: '777' })
  })

  it('is taken over from a process of an earlier boot, whatever its pid is now', () => {
    const path = freshPath()
    takeHostLock(path, procOf({ [process.pid]: self }), 'earlier')
    expect(takeHostLock(path, procOf({ [process.pid]: self }), boot).taken).toBe(true)
  })

  it('an invalid lock does not keep the agent on standby', () => {
    const path = freshPath()
    takeHostLock(path, procOf({ [process.pid]: self }), boot)
    writeFileSync(path, 'garbage')
    expect(takeHostLock(path, procOf({ [process.pid]: self }), boot).taken).toBe(true)
  })

  it.skipIf(process.getuid?.() !== 0)('is respected by one that may read it but not write (needs root)', () => {
    const path = freshPath()
    const files = procOf({ [process.pid]: self, 4242: `4242 (oomloop) S 1 ${'0 '.repeat(17)}5 0` })
    expect(takeHostLock(path, files, boot).taken).toBe(true)
    writeFileSync(path, JSON.stringify({ pid: 4242, startTicks: '5', bootId: boot }))
    chmodSync(dirname(dirname(path)), 0o755)
    process.seteuid!(65_534)
    try {
      expect(takeHostLock(path, files, boot)).toMatchObject({ taken: false, why: 'held', holder: { pid: 4242 } })
      expect(takeHostLock(path, procOf({}), boot)).toMatchObject({ taken: false, why: 'not-permitted' })
    } finally {
      process.seteuid!(0)
    }
  })

  it('where it cannot be kept the agent watches alone', () => {
    expect(takeHostLock('/proc/oomloop/lock', procOf({}), boot)).toMatchObject({ taken: false, why: 'not-permitted' })
    expect(existsSync('/proc/oomloop')).toBe(false)
  })
})
