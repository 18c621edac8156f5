/**
 * From the kernel's kill line to the webhook holding the whole alert, over real kills: each loop's second kill is reported.
 * Beside it, on the same kills, what anyone would write: `dmesg --follow` piped into a script that posts by fetch().
 * `--kills N` (default 50). Needs root and a memory controller; an idle machine gives figures worth quoting.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { bundle } from '../scripts/build.ts'
import { makeStateDir } from '../test/support/live-agent.ts'
import { makeOomCgroup, whyNoKills } from '../test/support/oom-cgroup.ts'
import type { BenchOptions } from './main.ts'

export async function run({ json, args }: BenchOptions): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { kills: { type: 'string' } } })
  const count = Number(values.kills ?? 50)
  const why = whyNoKills()
  if (why) throw new Error(`no real kills here: ${why}`)
  await build(bundle) // what runs on nodes is emitted JavaScript
  const clock = createKernelClock()
  const ours = await startReceiver()
  const naive = await startReceiver()
  const agent = await startAgent(ours.url)
  const pipe = `dmesg --follow-new | exec "$0" -e "$1" ${naive.url}`
  const bridge = spawn('sh', ['-c', pipe, process.execPath, bridgeScript], { stdio: 'ignore', detached: true })
  await pause(1500)
  const latencies: { ours: number; naive: number }[] = []
  try {
    for (let n = 0; n < count; n++) {
      const cgroup = makeOomCgroup(`latency-${n}`)
      await cgroup.kill('latency')
      await pause(250)
      ours.clear()
      naive.clear()
      const pid = await cgroup.kill('latency')
      const killedAt = await clock.killOf(pid)
      const [told, bridged] = await Promise.all([ours.next(), naive.next()])
      latencies.push({ ours: told - killedAt, naive: bridged - killedAt })
      cgroup.remove()
      await pause(2500) // its incident ends, so that the next loop is notified at once and on its own
    }
  } finally {
    for (const child of [agent, ours.child, naive.child]) child.kill()
    process.kill(-bridge.pid!) // a pipe of three processes, and all of them ours
    clock.close()
  }
  const result = { ours: figures(latencies.map(each => each.ours)), naive: figures(latencies.map(each => each.naive)) }
  const ratio = round(result.ours.medianMs / result.naive.medianMs)
  if (json) return console.log(JSON.stringify({ kills: count, load1: loadavg()[0], ...result, ratio }))
  const line = ({ medianMs, p99Ms, worstMs }: Figures) => `median ${medianMs} ms, p99 ${p99Ms} ms, worst ${worstMs} ms`
  console.log(`${count} loops, the second kill of each; load ${loadavg()[0]!.toFixed(1)}`)
  console.log(`kill line to received, oomloop                 ${line(result.ours)}`)
  console.log(
    `kill line to received, dmesg --follow | fetch  ${line(result.naive)} (oomloop: ${ratio} times the median)`,
  )
}

interface Figures {
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

function figures(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!)
  return { medianMs: at(0.5), p99Ms: at(0.99), worstMs: at(1) }
}

const round = (value: number): number => Math.round(value * 100) / 100

// No outbox, no signature, no retry: the least that gets a kill line to a webhook.
const bridgeScript = `
  const url = process.argv[1]
  require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
    if (line.includes('Killed process')) fetch(url, { method: 'POST', body: JSON.stringify({ line }) }).then(answer => answer.text())
  })`

async function startAgent(url: string): Promise<ChildProcess> {
  const windows = ['--own-limit-loop-window', '2s', '--quiet', '1s', '--recovery', '1s', '--no-one-voice']
  const args = ['run', '--webhook', url, '--state-dir', makeStateDir(), ...windows]
  const agent = spawn(process.execPath, [resolve(import.meta.dirname, '../dist/oomloop.mjs'), ...args])
  let said = ''
  await new Promise<void>((ready, fail) => {
    agent.once('exit', code => fail(new Error(`the agent ended with ${code}: ${said}`)))
    agent.stderr.on('data', text => {
      said += text
      if (said.includes('"watching"')) ready()
    })
  })
  return agent
}

/** A receiver in a process of its own; times are ms of the monotonic clock. */
async function startReceiver() {
  const child = fork(join(import.meta.dirname, 'support-receiver.ts'), { execArgv: [] })
  const [port] = (await once(child, 'message')) as [number]
  let got: number[] = []
  child.on('message', (message: { at: string }) => got.push(Number(BigInt(message.at)) / 1e6))
  return {
    child,
    url: `http://127.0.0.1:${port}/`,
    clear: () => {
      got = []
    },
    next: async (): Promise<number> => {
      for (let waited = 0; got.length === 0; waited += 5) {
        if (waited > 5000) throw new Error('nothing was received within 5 s of the kill')
        await pause(5)
      }
      return got[0]!
    },
  }
}

/**
 * When the kernel logged a kill, in ms of the monotonic clock. The kernel stamps records by a clock of its own; how far it
 * is ahead is found by writing records and noting the time around each.
 */
function createKernelClock() {
  const reader = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(16_384)
  const records = function* (): Generator<string> {
    for (;;) {
      try {
        yield buffer.toString('latin1', 0, readSync(reader, buffer))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return // EAGAIN: that was the last one
      }
    }
  }
  const stampMs = (record: string): number => Number(record.split(',', 3)[2]) / 1000
  const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

  const aheadMs = (): number => {
    for (const _ of records());
    const writer = openSync('/dev/kmsg', 'w')
    const before = monotonicMs()
    writeSync(writer, '<15>oomloop: bench of latency\n')
    const after = monotonicMs()
    closeSync(writer)
    for (const record of records())
      if (record.includes('bench of latency')) return stampMs(record) - (before + after) / 2
    throw new Error('a record that was written to /dev/kmsg cannot be read back')
  }
  const ahead = aheadMs()

  return {
    killOf: async (pid: number): Promise<number> => {
      for (let waited = 0; waited < 2000; waited += 5) {
        for (const record of records()) if (record.includes(`Killed process ${pid} `)) return stampMs(record) - ahead
        await pause(5)
      }
      throw new Error(`the kernel logged no kill of ${pid}`)
    },
    close: () => closeSync(reader),
  }
}
