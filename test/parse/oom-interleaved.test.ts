import { expect, it } from 'vitest'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'

interface Victim {
  readonly pid: number
  readonly comm: string
  readonly memcg: string
  readonly limitKiB: number
}

const one = { pid: 4242, comm: 'java', memcg: '/a', limitKiB: 65_536 }
const other = { pid: 7777, comm: 'node', memcg: '/b', limitKiB: 131_072 }

const report = ({ pid, comm, memcg, limitKiB }: Victim): readonly string[] => [
  `${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
  `memory: usage ${limitKiB}kB, limit ${limitKiB}kB, failcnt 80`,
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${memcg},task_memcg=${memcg},task=${comm},pid=${pid},uid=0`,
  `Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:9000kB, anon-rss:${limitKiB}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:0`,
]

/** Line by line of both, a microsecond apart. */
function mixed(callers: readonly [string?, string?], isRing: boolean) {
  const parser = createOomParser()
  const lines = report(one).flatMap((text, at) => [
    { text, caller: callers[0] },
    { text: report(other)[at]!, caller: callers[1] },
  ])
  const kills = lines.flatMap(({ text, caller }, seq) =>
    parser.push({
      kind: 'kernel',
      at: 1e12,
      stampUs: 1_000_000 + seq,
      text,
      ...(caller !== undefined && { caller }),
      ...(isRing && { seq }),
    }),
  )
  return [...kills, ...parser.flush(Infinity)]
}

it.each([true, false])(
  'two reports mixed line by line are two kills, each with its own context by its caller',
  isRing => {
    expect(mixed(['T4242', 'T7777'], isRing)).toMatchObject([
      { pid: 4242, invoker: 'java', oomMemcg: '/a', limitKiB: 65_536, partial: false },
      { pid: 7777, invoker: 'node', oomMemcg: '/b', limitKiB: 131_072, partial: false },
    ])
  },
)

it.each([true, false])('without callers they are two kills as well, with what names a pid and nothing else', isRing => {
  expect(mixed([], isRing)).toMatchObject([
    { pid: 4242, invoker: null, oomMemcg: '/a', limitKiB: null, partial: false },
    { pid: 7777, invoker: null, oomMemcg: '/b', limitKiB: null, partial: false },
  ])
})

it('a report whose kill line never comes is a kill of its own ten seconds later', () => {
  const parser = createOomParser()
  const [invoked, , constraint] = report(one)
  const push = (text: string, at: number) => parser.push({ kind: 'kernel', at, text })
  for (const text of [invoked!, constraint!, ...report(other)]) push(text, 1e12)
  expect(parser.flush(1e12 + 9_000)).toEqual([])
  expect(parser.flush(1e12 + 10_000)).toMatchObject([{ pid: 4242, partial: true, invoker: 'java' }])
  expect(parser.flush(Infinity)).toEqual([])
})
