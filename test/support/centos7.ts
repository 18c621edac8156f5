/** A node as in the founding incident: CentOS 7, Linux 3.10, docker, cgroup v1, no PSI, journald and rsyslog. */
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { setInterpreter } from '../../packaging/elf-interpreter.ts'
import { ownCLibrary, ownLoader } from '../../packaging/own-c-library.ts'
import { filesOf, type HostTree, readHost, type TreeProcess } from './host-tree.ts'

const tree = readHost<HostTree>('docker-el7-v1', 'host')

/** The fixture docker-el7-v1 as files by path, for an agent's root. */
export function centos7Files(): Record<string, string> {
  const ofProcesses = tree.processes.flatMap(process => Object.entries(filesOf(process)))
  const others = Object.entries(tree.files).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries([...ofProcesses, ...others])
}

/** A process of the fixture under another pid, as after a restart. */
export function restarted(pid: number, as: Pick<TreeProcess, 'pid' | 'startTicks'>): Record<string, string> {
  return filesOf({ ...tree.processes.find(process => process.pid === pid)!, ...as })
}

/** A global OOM kill as Linux 3.10 of RHEL 7 reports it and rsyslog writes it: two lines, and no `oom-kill:` line. */
export function killOn310({ pid, comm }: { readonly pid: number; readonly comm: string }): string {
  return [
    'java invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=999',
    'java cpuset=docker-3073aad7b375.scope mems_allowed=0',
    'CPU: 3 PID: 18271 Comm: java Kdump: loaded Not tainted 3.10.0-1160.el7.x86_64 #1',
    'Call Trace:',
    '[<ffffffff9b7865c1>] dump_stack+0x19/0x1b',
    'Node 0 DMA free:15892kB min:64kB low:80kB high:96kB active_anon:0kB inactive_anon:0kB',
    '[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name',
    '[ 1300]     0  1300   180211    18211     120        0          -500 dockerd',
    '[18271]  1000 18271  2516388  1316333    2701        0           999 java',
    `[${String(pid).padStart(5)}]     0 ${String(pid).padStart(5)}   425555    18799      88        0          1000 ${comm}`,
    `Out of memory: Kill process ${pid} (${comm}) score 1004 or sacrifice child`,
    `Killed process ${pid} (${comm}), UID 0, total-vm:1702220kB, anon-rss:75196kB, file-rss:0kB, shmem-rss:0kB`,
  ]
    .map(text => `Jun 15 16:50:50 online-1 kernel: ${text}\n`)
    .join('')
}

/** The executable of a release folder with the C library of the release, as install.sh puts it on such a node. */
export function withOwnCLibrary(release: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  for (const name of readdirSync(join(release, ownCLibrary)))
    copyFileSync(join(release, ownCLibrary, name), join(dir, name))
  for (const name of ['oomloop', 'libatomic.so.1']) copyFileSync(join(release, name), join(dir, name))
  const executable = join(dir, 'oomloop')
  setInterpreter(executable, join(dir, ownLoader))
  chmodSync(executable, 0o755)
  return executable
}
