import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCgroupLines } from '../../src/parse/cgroup/cgroup-line.ts'
import { parseBytes, parseMemoryLimit } from '../../src/parse/cgroup/memory-limit.ts'
import { parseMemoryStat, parseMemoryStatV1 } from '../../src/parse/cgroup/memory-stat.ts'
import { parseCounters } from '../../src/parse/proc/counters.ts'
import { parseLoadavg } from '../../src/parse/proc/loadavg.ts'
import { parseMeminfo } from '../../src/parse/proc/meminfo.ts'
import { parsePressure } from '../../src/parse/proc/pressure.ts'
import { parseProcStat } from '../../src/parse/proc/proc-stat.ts'
import { parseVmstat } from '../../src/parse/proc/vmstat.ts'
import { parseZoneinfo } from '../../src/parse/proc/zoneinfo.ts'

const id = 'a'.repeat(64)

test('meminfo is read in KiB by its own names, counts included', () => {
  const text = 'MemTotal:        1509916 kB\nActive(anon):      1572 kB\nHugePages_Total:       4\n\nnonsense\n'
  expect(parseMeminfo(text)).toEqual({ MemTotal: 1509916, 'Active(anon)': 1572, HugePages_Total: 4 })
})

test('vmstat keeps the counters of kills, faults and reclaim, and leaves out the rest', () => {
  const text = 'nr_free_pages 70576\nallocstall_normal 3\nworkingset_refault_file 18230\noom_kill 7\nnuma_hit 5\n'
  expect(parseVmstat(text)).toEqual({ allocstall_normal: 3, workingset_refault_file: 18230, oom_kill: 7 })
})

test('a counter that is no number is left out rather than zero', () => {
  expect(parseCounters('oom_kill 3\nbroken x\nalone\n 5\n__proto__ 4\n')).toEqual({ oom_kill: 3 })
})

test('pressure totals are microseconds; a file without "full" has none; anything else is undefined', () => {
  const some = 'some avg10=18.40 avg60=14.06 avg300=6.28 total=25687879\n'
  expect(parsePressure(`${some}full avg10=15.67 avg60=12.43 avg300=5.60 total=23031171\n`)).toEqual({
    someUs: 25687879,
    fullUs: 23031171,
  })
  expect(parsePressure(some)).toEqual({ someUs: 25687879, fullUs: 0 })
  expect(parsePressure('')).toBeUndefined()
})

test('loadavg gives the load and the pid given out last', () => {
  expect(parseLoadavg('2.18 0.90 0.37 1/170 797\n')).toEqual({ load1: 2.18, lastPid: 797 })
  expect(parseLoadavg('garbage')).toBeUndefined()
})

const fields = 'S 164 1 1 0 -1 4194304 0 0 18 0 0 0 0 0 20 0 3 0 725 0 937 0 0 0'

test.each(['sampler', ') S 1 (x', 'a\nb', '', '(((', 'x) R 1 1 1 1 1 1 1 1 1'])(
  'stat of a process called %j is counted from the last parenthesis',
  comm => {
    expect(parseProcStat(`169 (${comm}) ${fields}\n`)).toEqual({
      pid: 169,
      comm,
      state: 'S',
      ppid: 164,
      isKernelThread: false,
      majorFaults: 18,
      threads: 3,
      startTicks: 725,
      rss: 937,
    })
  },
)

test('stat that was cut short, or is none, is undefined', () => {
  expect(parseProcStat('169 (sampler) S 164')).toBeUndefined()
  expect(parseProcStat('')).toBeUndefined()
  expect(parseProcStat('x (y) z')).toBeUndefined()
})

test.each([
  ['v2', '0::/system.slice/sshd.service\n', '/system.slice/sshd.service'],
  ['v1', '4:memory:/docker/x\n1:name=systemd:/docker/x\n', '/docker/x'],
  ['v1 with memory among others', '4:cpu,memory:/a\n', '/a'],
  [
    'v1 service without memory accounting',
    '4:memory:/\n1:name=systemd:/system.slice/sshd.service\n',
    '/system.slice/sshd.service',
  ],
  [
    'v1 below a slice that has it',
    '4:memory:/system.slice\n1:name=systemd:/system.slice/x.service\n',
    '/system.slice/x.service',
  ],
  [
    'hybrid container in its runtime’s v2 group',
    `4:memory:/docker/${id}\n0::/system.slice/docker.service\n`,
    `/docker/${id}`,
  ],
  ['path with colons', `4:memory:/a:cri-containerd:${id}\n`, `/a:cri-containerd:${id}`],
  ['deleted cgroup', '0::/factz (deleted)\n', '/factz'],
])('of the paths of %s the most specific one is taken', (_, text, path) => {
  expect(parseCgroupLines(text)).toBe(path)
})

test('a zombie on v1 is believed by a container of its v2 line only, never by its root', () => {
  expect(parseCgroupLines('4:memory:/\n0::/\n', true)).toBeUndefined()
  expect(parseCgroupLines('4:memory:/\n0::/system.slice/docker.service\n', true)).toBeUndefined()
  expect(parseCgroupLines(`4:memory:/\n0::/system.slice/docker-${id}.scope\n`, true)).toBe(
    `/system.slice/docker-${id}.scope`,
  )
  expect(parseCgroupLines('4:memory:/\n0::/system.slice/docker.service\n', false)).toBe('/system.slice/docker.service')
})

test('a limit is KiB, null where there is none, undefined where it is not known', () => {
  expect(parseMemoryLimit('969437184\n')).toBe(946716)
  expect(parseMemoryLimit('max\n')).toBeNull()
  expect(parseMemoryLimit('9223372036854771712\n')).toBeNull()
  expect(parseMemoryLimit('')).toBeUndefined()
  expect(parseBytes('1024\n')).toBe(1)
  expect(parseBytes('')).toBeUndefined()
})

test('memory.stat of v1 is returned under the names of v2, for the whole subtree', () => {
  expect(parseMemoryStat('anon 2048\nfile 1024\nworkingset_refault_file 7\nthp_fault_alloc 3\n')).toEqual({
    anon: 2,
    file: 1,
    workingset_refault_file: 7,
  })
  expect(parseMemoryStatV1('rss 1\ntotal_rss 2048\ntotal_inactive_file 4096\ntotal_pgmajfault 9\n')).toEqual({
    anon: 2,
    inactive_file: 4,
    pgmajfault: 9,
  })
})

test('zoneinfo gives the sum of low watermarks, and what is free or file cache on each NUMA node', () => {
  const zone = (node: number, free: number): string =>
    `Node ${node}, zone   Normal\n  pages free     ${free}\n        min      5984\n        low      7480\n      nr_zone_inactive_file 20\n`
  expect(parseZoneinfo(zone(0, 100) + zone(1, 300))).toEqual({
    lowWatermarkKiB: 2 * 7480 * 4,
    availableKiBByNode: { 0: 480, 1: 1280 },
  })
  expect(parseZoneinfo('')).toBeUndefined()
})

test('no parser throws on any text', () => {
  const parsers = [
    parseMeminfo,
    parseVmstat,
    parsePressure,
    parseLoadavg,
    parseProcStat,
    parseMemoryStat,
    parseMemoryStatV1,
    parseMemoryLimit,
    parseBytes,
    parseZoneinfo,
    (text: string) => parseCgroupLines(text, true),
  ]
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\n', ' ', ':', '/', '(', ')', '9', 'a', 'total=', 'some ') }),
  )
  fc.assert(
    fc.property(anyText, text => void parsers.map(parse => parse(text))),
    { numRuns: 500 },
  )
})
