/**
 * The real agent with `hold: on` and the hold process, on a folder that imitates a node that runs out of memory.
 *
 *     node test/hold/live-story.ts
 *
 * A container grows by 8 MiB a second, by a twentieth of it while it is held; then memory comes free. Takes about three minutes.
 * Prints what stands in memory.high and exits with 1 unless the container was held and its original value restored.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesOf } from '../support/host-tree.ts'
import { containerPath, imitateHost } from './tree.ts'

const host = imitateHost()
const cgroup = containerPath(1)
const uid = '00000000-0000-4000-8000-000000000001'
const MiB = 1024 * 1024
const totalMiB = 2048
const write = (path: string, text: string): void => {
  mkdirSync(join(host.root, path, '..'), { recursive: true })
  writeFileSync(join(host.root, path), text)
}

let usedMiB = 900
let freeMiB = 0
let scanned = 1000

function state(): void {
  const available = totalMiB - 700 - usedMiB + freeMiB
  scanned += available < totalMiB * 0.2 ? 5000 : 0
  const file = Math.min(available / 2, 200) * 1024
  write(
    'proc/meminfo',
    [
      `MemTotal: ${totalMiB * 1024} kB`,
      `MemFree: ${available * 512} kB`,
      `MemAvailable: ${Math.round(available * 1024)} kB`,
      `Active(file): ${Math.round(file / 2)} kB`,
      `Inactive(file): ${Math.round(file / 2)} kB`,
      '',
    ].join('\n'),
  )
  write(
    'proc/vmstat',
    `oom_kill 0\npgscan_kswapd ${scanned}\npgsteal_kswapd ${scanned / 2}\nworkingset_refault_file 0\n`,
  )
  host.write(cgroup, 'memory.current', `${Math.round(usedMiB * MiB)}\n`)
  host.write(cgroup, 'memory.stat', `anon ${Math.round(usedMiB * MiB)}\nfile 0\nshmem 0\nkernel 0\ninactive_file 0\n`)
}

host.add(cgroup, { 'cgroup.procs': '77\n', 'memory.high': '1999998976\n' })
host.write('/', 'cgroup.controllers', 'memory io\n')
host.write('/', 'memory.stat', 'anon 0\n')
host.process(77, { status: 'ShdPnd:\t0000000000000000\n' })
const process77 = { pid: 77, ppid: 1, comm: 'worker', startTicks: 100, rssPages: 1000, oomScore: 900, oomScoreAdj: 900 }
for (const [path, text] of Object.entries(filesOf({ ...process77, cgroup: [`0::${cgroup}`] }))) write(path, text)
write(`var/log/pods/default_worker-7d9f8c6b5d-ab4cd_${uid}/main/0.log`, '')
write('proc/loadavg', '0.1 0.1 0.1 1/100 99\n')
write('kern.log', '')
state()

const hold = spawn(
  process.execPath,
  ['--no-warnings', join(import.meta.dirname, 'hold-process.ts'), host.root, host.stateDir],
  {
    stdio: 'inherit',
  },
)
await sleep(3000)
const agent = spawn(
  process.execPath,
  [
    ...['--no-warnings', join(import.meta.dirname, '../../src/main.ts'), 'run', '--root', host.root, '--hold', 'on'],
    ...['--state-dir', join(host.root, 'agent'), '--source', 'file', '--log-file', '/kern.log'],
    ...['--no-protect', '--output', 'json'],
  ],
  { stdio: 'inherit' },
)
const original = host.read(cgroup)
let heldAt: number | null = null
let restoredAt: number | null = null
for (let second = 0; second < 260 && restoredAt === null; second += 0.5) {
  await sleep(500)
  const isHeld = host.read(cgroup) !== original
  if (isHeld && heldAt === null) {
    heldAt = second
    console.log(`held at ${second}s: ${host.read(cgroup)} at ${Math.round(usedMiB)} MiB`)
  }
  if (heldAt !== null && !isHeld) restoredAt = second
  if (second > 10) usedMiB += isHeld ? 0.1 : heldAt === null ? 2 : 0
  if (heldAt !== null && second > heldAt + 15) freeMiB = 500
  state()
}
console.log(
  restoredAt === null ? `not restored: ${host.read(cgroup)}` : `restored at ${restoredAt}s: ${host.read(cgroup)}`,
)
agent.kill('SIGTERM')
hold.kill('SIGTERM')
await sleep(3000)
host.remove()
rmSync(host.root, { recursive: true, force: true })
process.exitCode = heldAt !== null && restoredAt !== null ? 0 : 1
