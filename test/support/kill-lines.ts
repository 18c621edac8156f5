import { renameSync, writeFileSync } from 'node:fs'

/** The time of a syslog line, local as the agent reads it. */
function syslogTime(at: number): string {
  const [, month, day, , time] = new Date(at).toString().split(' ')
  return `${month} ${String(Number(day)).padStart(2)} ${time}`
}

/** The lines of one kill at a cgroup's own limit, as a syslog daemon writes them; `at`: when, ms since the epoch. */
export function killLines({
  pid,
  cgroup,
  at,
}: {
  readonly pid: number
  readonly cgroup: string
  readonly at?: number
}): string {
  const id = cgroup.split('/').at(-1)
  return [
    `worker invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
    `memory: usage 65536kB, limit 65536kB, failcnt 80`,
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${id},mems_allowed=0,oom_memcg=${cgroup},task_memcg=${cgroup},task=worker,pid=${pid},uid=0`,
    `Memory cgroup out of memory: Killed process ${pid} (worker) total-vm:82544kB, anon-rss:56000kB, file-rss:4000kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:0`,
  ]
    .map(text => `${at === undefined ? 'Jun 15 16:50:50' : syslogTime(at)} node-1 kernel: ${text}\n`)
    .join('')
}

/** What a tree of a host has at least, by path below its root. */
export const smallestHost: Readonly<Record<string, string>> = {
  'proc/meminfo': 'MemTotal:        4096000 kB\nMemFree:         2048000 kB\nMemAvailable:    3072000 kB\n',
  'proc/vmstat': 'oom_kill 0\n',
  'proc/loadavg': '0.10 0.10 0.10 1/10 10\n',
  'proc/uptime': '1000.00 1000.00\n',
  'proc/sys/kernel/random/boot_id': '6f2d0c1e-7a51-4c0b-9f6d-0c6a54a01234\n',
  'proc/1/stat': `1 (systemd) S 0 1 1 0 -1 4194560 10 0 3 0 1 1 0 0 20 0 1 0 1 1000 100 ${'0 '.repeat(27)}0\n`,
  'sys/fs/cgroup/cgroup.controllers': 'memory\n',
}

/** Replaces a file as the kernel changes one of /proc: no one reads half of it. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
