/**
 * Whether syslog(2) READ_ALL could stand in for /dev/kmsg where a container has CAP_SYSLOG and no device: what a look
 * costs when nothing is new, and what is lost when records flood in, for several pauses between looks. Needs node:ffi.
 */
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import type { BenchOptions } from './main.ts'
import { floodMark, letUserspaceWrite, writeFlood } from './support-flood.ts'

/** syslog(2). */
const readAll = 3
const sizeBuffer = 10

const looks = 200
const pausesMs = [20, 100, 250]

export async function run({ json, args }: BenchOptions): Promise<void> {
  const perSecond = Number(args[0] ?? 20_000)
  const seconds = Number(args[1] ?? 5)
  const klogctl = openKlogctl()
  const ringBytes = klogctl(sizeBuffer, Buffer.alloc(1))
  const buffer = Buffer.alloc(4 * 1024 * 1024)
  const atRest = {
    smallestUs: cost(() => klogctl(readAll, buffer.subarray(0, 1024))),
    wholeUs: cost(() => klogctl(readAll, buffer)),
  }
  const restrain = letUserspaceWrite()
  const floods: { pauseMs: number; written: number; lost: number; cpuShare: number }[] = []
  try {
    // Numbers go on from flood to flood: what the ring still holds of the one before is not counted.
    for (const [index, pauseMs] of pausesMs.entries()) {
      const first = index * perSecond * seconds
      const seen = new Set<number>()
      const before = process.cpuUsage()
      let isOver = false
      const writing = writeFlood(perSecond, seconds, first).finally(() => {
        isOver = true
      })
      const look = (): void => {
        const text = buffer.toString('latin1', 0, klogctl(readAll, buffer))
        for (const [, number] of text.matchAll(marked)) if (Number(number) >= first) seen.add(Number(number))
      }
      for (; !isOver; await pause(pauseMs)) look()
      look()
      const written = await writing
      const { user, system } = process.cpuUsage(before)
      floods.push({ pauseMs, written, lost: written - seen.size, cpuShare: (user + system) / (seconds * 1e6) })
    }
  } finally {
    restrain()
  }
  if (json) return console.log(JSON.stringify({ ringBytes, atRest, floods }))
  console.log(
    `a ring of ${ringBytes / 1024} KiB: a look costs ${atRest.smallestUs} µs of CPU for its last KiB, ${atRest.wholeUs} µs for all of it`,
  )
  for (const { pauseMs, written, lost, cpuShare } of floods)
    console.log(
      `a look every ${pauseMs} ms: at rest ${((atRest.smallestUs / pauseMs / 1000) * 100).toFixed(1)} % of a core; at ${perSecond} records a second ${lost} of ${written} lost, ${(cpuShare * 100).toFixed(0)} % of a core`,
    )
}

const marked = new RegExp(`${floodMark}(\\d+) `, 'g')

function openKlogctl(): (type: number, buffer: Buffer) => number {
  const ffi = createRequire(import.meta.url)('node:ffi') as typeof import('node:ffi')
  const klogctl = new ffi.DynamicLibrary(null).getFunction('klogctl', {
    arguments: ['i32', 'buffer', 'i32'],
    return: 'i32',
  })
  return (type, buffer) => klogctl(type, buffer, buffer.length) as number
}

/** µs of CPU. */
function cost(look: () => void): number {
  const before = process.cpuUsage()
  for (let count = 0; count < looks; count++) look()
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / looks)
}
