import { expect, it } from 'vitest'
import { createOomParser } from '../../src/parse/oom/oom-parser.ts'
import type { OomKill } from '../../src/types.ts'

const scope = (n: number) => `/kubepods/pod${`${n}`.repeat(32)}/${'abcdef'[n]!.repeat(64)}`
const invoked = 'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0'
const usage = 'memory: usage 65536kB, limit 65536kB, failcnt 80'
const chosen = (n: number, pid: number) =>
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${scope(n)},task_memcg=${scope(n)},task=java,pid=${pid},uid=0`
const killed = (pid: number, comm = 'java') =>
  `Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:0`
const group = (n: number) => `Tasks in ${scope(n)} are going to be killed due to memory.oom.group set`
const report = [invoked, usage, chosen(1, 10), killed(10)]

/** A millisecond a line, or so long after the one before it; `isRing`: each is a record of its own. */
function killsOf(lines: readonly (string | readonly [number, string])[], isRing = false): readonly OomKill[] {
  const parser = createOomParser()
  let ms = 0
  const kills = lines.flatMap((line, seq) => {
    const [after, text] = typeof line === 'string' ? [1, line] : line
    ms += after
    return parser.push({ kind: 'kernel', at: 1e12 + ms, text, stampUs: (100_000 + ms) * 1000, ...(isRing && { seq }) })
  })
  return [...kills, ...parser.flush(1e12 + ms + 60_000)]
}

const brief = (kills: readonly OomKill[]) => kills.map(({ pid, partial }) => `${pid}${partial ? ' partial' : ''}`)

it.each([
  ['whole', [...report, ...report]],
  ['from the choice on', [...report, chosen(1, 10), killed(10)]],
  ['line by line', report.flatMap(line => [line, line])],
])('a report that is read again, %s, is one kill, with all that it said', (_, lines) => {
  const kills = killsOf(lines)
  expect(brief(kills)).toEqual(['10'])
  expect(kills[0]).toMatchObject({ taskMemcg: scope(1), oomMemcg: scope(1) })
})

it('two records of one ring are two, whatever they say', () => {
  expect(brief(killsOf([chosen(1, 10), chosen(1, 10), killed(10)], true))).toEqual(['10 partial', '10'])
})

it('a victim that was exiting already is no kill, and its report belongs to no other kill', () => {
  const exiting = 'Memory cgroup out of memory: OOM victim 10 (java) is already exiting. Skip killing the task'
  expect(killsOf([invoked, chosen(1, 10), exiting])).toEqual([])
  const [other, ...more] = killsOf([invoked, chosen(1, 10), exiting, [500, killed(77, 'nginx')]])
  expect(more).toEqual([])
  expect(other).toMatchObject({ pid: 77, taskMemcg: null, containerId: null })
})

it('where no process could be killed, the next victim has nothing of that report', () => {
  const nobody = 'Out of memory and no killable processes...'
  const stats = `Memory cgroup stats for ${scope(1)}:`
  const [kill] = killsOf([invoked, usage, stats, nobody, [100_000, killed(77, 'nginx')]])
  expect(kill).toMatchObject({ pid: 77, oomMemcg: null, limitKiB: null, containerId: null })
})

it('a group whose header was held back has nothing of the group before it', () => {
  const first = [invoked, usage, chosen(1, 10), killed(10), group(1), killed(11)]
  const second = [killed(77, 'nginx'), group(2), killed(78, 'nginx'), killed(79, 'nginx')]
  const members = killsOf([...first, ...second]).filter(({ pid }) => pid === 78 || pid === 79)
  expect(members).toHaveLength(2)
  for (const member of members)
    expect(member).toMatchObject({ oomMemcg: null, limitKiB: null, containerId: scope(2).split('/').at(-1) })
})

it('the first victim has nothing of that report either, where the list of candidates is complete', () => {
  const head = '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name'
  const row = (pid: number) => `[${pid}]     0 ${pid}     2250     2000    40960        0             0 java`
  const first = [invoked, usage, head, row(10), row(11), chosen(1, 10), killed(10), group(1), killed(11)]
  const kills = killsOf([...first, killed(77, 'nginx')])
  expect(kills[1]!.event).toBe(kills[0]!.event)
  expect(kills[2]).toMatchObject({ pid: 77, oomMemcg: null, containerId: null })
  expect(kills[2]!.event).not.toBe(kills[0]!.event)
})
