/**
 * A flood of kernel log records: nothing may be lost, and a record costs little. Userspace writes them (the kernel's own
 * cannot be ordered), at 20 000 a second for 10 s; `dd` reads along as the reference (`cat` would end when it is overrun). What a record of the
 * kernel's own facility costs on top, parsed to the end, is measured on an OOM report held in memory.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKmsgSource, whyNoKmsg } from '../src/input/live/kmsg.ts'
import { createKmsgFeed } from '../src/input/live/kmsg-feed.ts'
import { createOomParser } from '../src/parse/oom/oom-parser.ts'
import type { BenchOptions } from './main.ts'
import { letUserspaceWrite, writeFlood } from './support-flood.ts'

export async function run({ json, args }: BenchOptions): Promise<void> {
  const perSecond = Number(args[0] ?? 20_000)
  const seconds = Number(args[1] ?? 10)
  const why = whyNoKmsg()
  const flood = why === undefined ? await measureFlood(perSecond, seconds) : undefined
  const parsed = measureParsing()
  if (json) {
    console.log(JSON.stringify({ ...flood, skipped: why, ...parsed }))
    return
  }
  if (flood) {
    const { written, read, lost, cpuUsPerRecord, ddUsPerRecord, how, longestGapMs } = flood
    console.log(`flood:   ${written} records at ${perSecond}/s for ${seconds} s: ${read} read, ${lost} lost (${how})`)
    console.log(
      `         ${cpuUsPerRecord.toFixed(1)} µs of CPU a record; dd if=/dev/kmsg ${ddUsPerRecord.toFixed(1)} µs: ratio ${(cpuUsPerRecord / ddUsPerRecord).toFixed(1)}`,
    )
    console.log(`         longest gap of the event loop ${longestGapMs.toFixed(0)} ms`)
  } else console.log(`flood:   skipped: ${why}`)
  console.log(
    `parsing: ${parsed.kernelUsPerRecord.toFixed(2)} µs a record of an OOM report, ${parsed.otherUsPerRecord.toFixed(2)} µs another kernel record`,
  )
}

async function measureFlood(perSecond: number, seconds: number) {
  const restrain = letUserspaceWrite()
  const dd = spawn('dd', ['if=/dev/kmsg', 'of=/dev/null', 'bs=8k', 'conv=noerror', 'status=none'], { stdio: 'ignore' })
  const source = createKmsgSource()
  try {
    source.start(() => {})
    await sleep(500) // the backlog is read
    const start = source.counts()
    const ddBefore = cpuUsOf(dd.pid!)
    const cpuBefore = process.cpuUsage()
    const gaps = watchGaps()
    const written = await writeFlood(perSecond, seconds)
    await sleep(500)
    const { user, system } = process.cpuUsage(cpuBefore)
    const ddUs = cpuUsOf(dd.pid!) - ddBefore
    const end = source.counts()
    const read = end.foreign - start.foreign
    return {
      written,
      read,
      lost: end.lost - start.lost,
      how: source.how(),
      cpuUsPerRecord: (user + system) / read,
      ddUsPerRecord: ddUs / read,
      longestGapMs: gaps.stop(),
    }
  } finally {
    source.stop()
    dd.kill()
    restrain()
  }
}

function cpuUsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000 // ticks of 10 ms
}

function watchGaps() {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 10)
    last = now
  }, 10)
  return {
    stop: () => {
      clearInterval(timer)
      return longest
    },
  }
}

function measureParsing() {
  const file = join(import.meta.dirname, '../fixtures/logs/real-6.18-child-of-limit.log')
  const report = readFileSync(file, 'latin1').trimEnd().split('\n')
  const other = ['6,1,1,-;IPv6: ADDRCONF(NETDEV_UP): veth1: link is not ready', '6,1,1,-; dump_stack+0x6d/0x8b']
  return { kernelUsPerRecord: usPerRecord(report), otherUsPerRecord: usPerRecord(other) }
}

function usPerRecord(records: readonly string[]): number {
  const feed = createKmsgFeed({ opened: { at: 0, stampUs: 0 } })
  const parser = createOomParser()
  const total = 300_000
  const raw = Array.from({ length: total }, (_, at) =>
    Buffer.from(records[at % records.length]!.replace(/^(\d+),\d+,/, `$1,${at},`), 'latin1'),
  )
  const before = process.cpuUsage()
  for (const bytes of raw) {
    for (const observation of feed.push(bytes, 1)) if (observation.kind === 'kernel') parser.push(observation)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / total
}
