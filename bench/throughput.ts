/**
 * How fast `replay --kills` gets through a million lines of syslog, as a ratio to `grep -cE 'Killed process|oom-kill:'`
 * on the same file; and how much memory 2 GB from a pipe take. `-- throughput LINES GIGABYTES` for other sizes.
 */
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchOptions } from './main.ts'

const root = join(import.meta.dirname, '..')
const bundle = join(root, 'dist/oomloop.mjs')
const program = existsSync(bundle) ? bundle : join(root, 'src/main.ts')

export async function run({ json, args }: BenchOptions): Promise<void> {
  const lines = Number(args[0] ?? 1_000_000)
  const gigabytes = Number(args[1] ?? 2)
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-throughput-'))
  const path = join(dir, 'messages')
  try {
    const kills = writeLog(path, lines)
    const megabytes = statSync(path).size / 1e6
    const grepMs = best(3, () => execFileSync('grep', ['-cE', 'Killed process|oom-kill:', path]))
    const startMs = best(3, () => execFileSync(process.execPath, [program, '--version']))
    let found = 0
    const replayMs = best(3, () => {
      found = replayed(path)
    })
    const pipe = gigabytes > 0 ? await fromPipe(path, gigabytes * 1e9) : undefined
    const result = {
      program,
      lines,
      megabytes,
      kills,
      found,
      grepMs,
      replayMs,
      startMs,
      ratio: replayMs / grepMs,
      pipe,
    }
    if (json) console.log(JSON.stringify(result))
    else {
      console.log(
        `${lines} lines, ${megabytes.toFixed(0)} MB: ${found} of ${kills} kills found (${program.slice(root.length + 1)})`,
      )
      console.log(
        `grep -cE ${grepMs.toFixed(0)} ms, replay --kills ${replayMs.toFixed(0)} ms: ${result.ratio.toFixed(1)} times grep`,
      )
      console.log(
        `  of that ${startMs.toFixed(0)} ms to start (--version), ${((megabytes / (replayMs - startMs)) * 1000).toFixed(0)} MB/s to read`,
      )
      if (pipe)
        console.log(
          `${gigabytes} GB from a pipe: ${pipe.seconds.toFixed(1)} s, ${pipe.found} kills, at most ${pipe.peakMiB} MiB resident (${pipe.peakAfterFirstMiB} MiB in the first tenth)`,
        )
    }
    if (found !== kills) throw new Error(`found ${found} of ${kills} kills`)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** A busy node's syslog: five kinds of line, and an OOM kill every 5000 lines. */
function writeLog(path: string, lines: number): number {
  const fd = openSync(path, 'w')
  let kills = 0
  let batch: string[] = []
  let stamp = ''
  for (let at = 0; at < lines; at++) {
    if (at % 12 === 0) stamp = stampOf(new Date(Date.UTC(2026, 5, 1) + (at / 12) * 1000))
    batch.push(`${stamp} ${messages[at % messages.length]!(at)}`)
    if (at % 5000 === 77) {
      const kernel = `${stamp} kernel: [${(at / 1000).toFixed(6)}]`
      const pid = 1000 + kills++
      batch.push(
        `${kernel} oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=java,pid=${pid},uid=0`,
        `${kernel} Memory cgroup out of memory: Killed process ${pid} (java) total-vm:82544kB, anon-rss:72320kB, file-rss:6796kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0`,
      )
    }
    if (batch.length > 5000) {
      writeSync(fd, `${batch.join('\n')}\n`)
      batch = []
    }
  }
  if (batch.length > 0) writeSync(fd, `${batch.join('\n')}\n`)
  closeSync(fd)
  return kills
}

function stampOf(time: Date): string {
  const month = time.toLocaleString('en', { month: 'short', timeZone: 'UTC' })
  return `${month} ${String(time.getUTCDate()).padStart(2)} ${time.toISOString().slice(11, 19)} node-1`
}

const messages = [
  (at: number) =>
    `kubelet[1234]: I0611 kubelet.go:2145] "SyncLoop (PLEG): event for pod" pod="default/web-${at % 97}" event={"ID":"${(at * 2_654_435_761) % 1e9}"}`,
  (at: number) => `kernel: [${(at / 1000).toFixed(6)}] IPv6: ADDRCONF(NETDEV_UP): veth${at % 9999}: link is not ready`,
  (at: number) => `systemd[1]: Started Session ${at} of user root. It will still fill all.`,
  (at: number) =>
    `containerd[888]: time="2026-06-11T01:43:49.1Z" level=info msg="StopContainer for \\"${(at * 40_503) % 1e9}\\" returns successfully"`,
  (at: number) =>
    `sshd[${at % 30_000}]: Failed password for invalid user admin from 10.0.${at % 256}.${at % 199} port ${at % 60_000} ssh2`,
]

function best(times: number, work: () => void): number {
  const took = Array.from({ length: times }, () => {
    const startedAt = performance.now()
    work()
    return performance.now() - startedAt
  })
  return Math.min(...took)
}

const replayArgs = ['replay', '--kills', '--year', '2026', '--tz', 'UTC']

function replayed(path: string): number {
  try {
    execFileSync(process.execPath, [program, ...replayArgs, path], { stdio: ['ignore', 'pipe', 'ignore'] })
    return 0
  } catch (error) {
    // Exit 1 says that there was a finding.
    return String((error as { stdout: Buffer }).stdout).split('\n').length - 1
  }
}

/** The same file repeatedly, as fast as it is read. */
async function fromPipe(path: string, bytes: number) {
  const child = spawn(process.execPath, [program, ...replayArgs, '-'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const startedAt = performance.now()
  let found = 0
  child.stdout.on('data', chunk => {
    found += String(chunk).split('\n').length - 1
  })
  const closed = new Promise(resolve => child.once('close', resolve))
  const content = readFileSync(path)
  const step = 1 << 20
  let sent = 0
  let peakMiB = 0
  let peakAfterFirstMiB = 0
  while (sent < bytes) {
    for (let at = 0; at < content.length && sent < bytes; at += step, sent += step) {
      if (!child.stdin.write(content.subarray(at, at + step)))
        await new Promise(resolve => child.stdin.once('drain', resolve))
      if (sent % (64 * step) === 0) peakMiB = Math.max(peakMiB, residentMiB(child.pid!))
      if (sent < bytes / 10) peakAfterFirstMiB = peakMiB
    }
  }
  child.stdin.end()
  await closed
  return { seconds: (performance.now() - startedAt) / 1000, found, peakMiB, peakAfterFirstMiB }
}

function residentMiB(pid: number): number {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
}
