/**
 * One own-limit kill as rsyslog writes it. The same number of a workload is the same pod, each life a container of its own
 * (`life` counts them).
 */
export function killLines(workload: number, life: number): string {
  const pid = 4_000_000 + ((workload * 97 + life) % 180_000)
  const uid = `${String(workload).padStart(8, '0')}-98c5-4f6a-9c9e-3d2f2c3d9a01`
  const id = String(workload * 1000 + life).padStart(64, '0')
  const pod = `/kubepods/burstable/pod${uid}`
  const stamp = `${new Date().toISOString()} node kernel: [${(Date.now() / 1000 - 1.7e9).toFixed(6)}]`
  return [
    'java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=900',
    'memory: usage 65536kB, limit 65536kB, failcnt 80',
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${id},mems_allowed=0,oom_memcg=${pod},task_memcg=${pod}/${id},task=java,pid=${pid},uid=0`,
    `Memory cgroup out of memory: Killed process ${pid} (java) total-vm:82544kB, anon-rss:62320kB, file-rss:6796kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:900`,
  ]
    .map(text => `${stamp} ${text}\n`)
    .join('')
}
