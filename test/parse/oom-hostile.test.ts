import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineParser } from '../../src/parse/log-line/format.ts'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { OomKill } from '../../src/types.ts'

/** Names as strangers choose them: up to 15 bytes, any but NUL, with a liking for what the kernel's lines look like. */
const pieces = [
  ') total-vm:',
  '), UID 0',
  ',pid=1',
  ',uid=0',
  ',task=',
  ',task_memcg=/',
  'kB',
  ': ',
  '\n',
  '\\x0a',
  '(',
  ')',
  '"',
  ' ',
]
const comm = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 4 })
  .map(parts => whole(Buffer.from(parts.join('').replaceAll('\0', ''), 'utf8').subarray(0, 15)))

/** Cgroup names: any byte but a slash and a newline. */
const cgroupName = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map(parts => parts.join('').replace(/[/\n\0]/g, '_'))
const cgroup = fc.array(cgroupName, { minLength: 1, maxLength: 3 }).map(names => `/${names.join('/')}`)
const number = fc.nat({ max: 4_194_304 })

describe('whatever strangers are called', () => {
  it('pid, name, sizes and uid of a modern kill line are right', () => {
    fc.assert(
      fc.property(comm, fc.array(number, { minLength: 8, maxLength: 8 }), (name, values) => {
        const [pid, vm, anon, file, shmem, uid, tables, adj] = values as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        const text = `Memory cgroup out of memory: Killed process ${pid} (${name}) total-vm:${vm}kB, anon-rss:${anon}kB, file-rss:${file}kB, shmem-rss:${shmem}kB, UID:${uid} pgtables:${tables}kB oom_score_adj:${adj % 1000}`
        expect(read([text])).toMatchObject([
          {
            pid,
            comm: name,
            totalVmKiB: vm,
            anonRssKiB: anon,
            fileRssKiB: file,
            shmemRssKiB: shmem,
            uid,
            pgtablesKiB: tables,
            oomScoreAdj: adj % 1000,
          },
        ])
      }),
    )
  })

  it('pid, name and uid of a RHEL 6 and a RHEL 7 kill line are right', () => {
    fc.assert(
      fc.property(comm, number, number, number, (name, pid, uid, vm) => {
        const sizes = `total-vm:${vm}kB, anon-rss:1kB, file-rss:2kB`
        expect(read([`Killed process ${pid}, UID ${uid}, (${name}) ${sizes}`])).toMatchObject([
          { pid, comm: name, uid, totalVmKiB: vm },
        ])
        expect(read([`Killed process ${pid} (${name}), UID ${uid}, ${sizes}, shmem-rss:3kB`])).toMatchObject([
          { pid, comm: name, uid, totalVmKiB: vm },
        ])
      }),
    )
  })

  it('the cgroup of an oom-kill line is right or unknown, and never another one', () => {
    fc.assert(
      fc.property(comm, cgroup, cgroupName, number, number, (name, limit, below, pid, uid) => {
        const task = `${limit}/${below}`
        const header = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${below.replaceAll('\n', '')},mems_allowed=0-1,oom_memcg=${limit},task_memcg=${task},task=${name},pid=${pid},uid=${uid}`
        const [kill] = read([
          header,
          `Memory cgroup out of memory: Killed process ${pid} (${name}) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:${uid} pgtables:1kB oom_score_adj:0`,
        ])
        expect(kill).toMatchObject({ pid, uid, comm: name, scope: 'memcg' })
        if (kill!.taskMemcg !== null) expect(kill!.taskMemcg).toBe(task)
        if (kill!.oomMemcg !== null) expect(kill!.oomMemcg).toBe(limit)
      }),
      { numRuns: 500 },
    )
  })

  it('an ordinary cgroup with a hostile name beside it is still known', () => {
    const header =
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=x,task=y,pid=5,uid=0'
    const line =
      'Memory cgroup out of memory: Killed process 5 (x,task=y) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0'
    expect(read([header, line])).toMatchObject([{ taskMemcg: '/a/b', oomMemcg: '/a', comm: 'x,task=y' }])
  })

  it('a process called like a kill line is only what asked for memory', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Out of memory: ', 'Killed process ', 'Killed process1', 'oom-kill:constr', 'Task in /'),
        name => {
          expect(read([`${name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`])).toEqual([])
        },
      ),
    )
  })
})

describe('text that is no kill line', () => {
  it('gives no kill and no error, in any log format', () => {
    const prefixes = [
      '',
      '[ 1.000000] ',
      '6,1,1,-;',
      'Jun 11 01:43:49 node kernel: ',
      '{"MESSAGE":"',
      '<6>',
      '<6>1 2026-02-08T00:40:07Z node kernel - - - ',
      '2026-02-08T00:40:07Z stdout F ',
      '__CURSOR=',
      'kern  :warn  : ',
    ]
    const text = fc.string({ unit: 'binary', maxLength: 300 }).filter(value => !/Kill|kill|pid=/.test(value))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...prefixes), text), { maxLength: 8 }), lines => {
        expect(readLog(lines.map(([prefix, value]) => prefix + value))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('a kill line within another text gives no kill', () => {
    const line = 'Out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB'
    // What precedes it must not itself be the prefix of a log format: those are for the line parser to judge.
    const before = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 })
      .map(value => `_${value.replaceAll(/[:\]]/g, '_')}`)
    fc.assert(
      fc.property(before, prefix => {
        expect(read([prefix + line])).toEqual([])
        expect(readLog([`Jun 11 01:43:49 node kernel: ${prefix}${line}`])).toEqual([])
        expect(readLog([`6,1,1,-;${prefix}${line}`])).toEqual([])
      }),
    )
  })

  it('records of every facility but the kernel’s give no kill', () => {
    const line = 'Out of memory: Killed process 5 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB'
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 999 }), priority => {
        expect(
          readLog([
            `${priority},1,1,-;${line}`,
            `<${priority}>[ 1.000000] ${line}`,
            `<${priority}>1 2026-02-08T00:40:07Z node kernel - - - ${line}`,
            `<${priority}>Jun 11 01:43:49 node kernel: ${line}`,
          ]),
        ).toEqual([])
      }),
    )
    expect(readLog([`3,1,1,-;${line}`])).toHaveLength(1)
  })

  it('a number that no kernel can print is no number', () => {
    const line = `Killed process 5 (x), UID ${'5'.repeat(31)}, total-vm:${'9'.repeat(31)}kB, anon-rss:1kB, file-rss:0kB`
    expect(read([line])).toMatchObject([{ pid: 5, uid: null, totalVmKiB: null, anonRssKiB: 1 }])
  })

  it('a line of a megabyte takes no time', () => {
    const startedAt = performance.now()
    for (const unit of [
      'a',
      '(',
      ') total-vm:',
      ',task_memcg=/',
      ' killed as a result of limit of /',
      '\\x0a',
      '[',
      ' ',
    ]) {
      const long = unit.repeat(Math.ceil(1_000_000 / unit.length))
      for (const start of [
        'Killed process 1 (',
        'oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/',
        'Task in /',
        '[ pid ] uid ',
        '',
        '{"MESSAGE":"',
        '3,1,1,-;',
        'Jun 11 01:43:49 ',
      ])
        readLog([start + long, start + long.slice(0, 100_000), start + long.slice(0, 16_000)])
    }
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })
})

/** Texts as the kernel wrote them, through /dev/kmsg and back: all that is not printable ASCII is escaped. */
function read(texts: readonly string[]): OomKill[] {
  return readLog(texts.map((text, at) => `3,${at + 1},${at + 1},-;${escaped(text)}`))
}

function readLog(log: readonly string[]): OomKill[] {
  const lines = createLineParser({ year: 2026, timeZone: 'UTC' })
  const parser = createOomParser()
  const kills: OomKill[] = []
  for (const line of log) {
    const observation = lines.parse(line)
    if (observation?.kind === 'kernel') kills.push(...parser.push(observation))
  }
  return [...kills, ...parser.flush(Infinity)]
}

function escaped(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map(byte =>
      byte < 0x20 || byte >= 0x7f || byte === 0x5c
        ? `\\x${byte.toString(16).padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('')
}

/** A character that the limit of 15 bytes cut in two is read as U+FFFD: such names are compared as they are read. */
function whole(bytes: Buffer): string {
  return bytes.toString('utf8')
}
