import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Alert, Locale } from '../../src/types.ts'
import { replayAlerts } from '../diagnose/replay.ts'

/** One kill of a log. */
export interface LoggedKill {
  readonly cgroup: string
  readonly comm: string
  /** The cgroup whose limit was reached, and that limit; absent: the node itself ran out. */
  readonly limit?: string
  readonly limitKiB?: number
  readonly rssKiB?: number
  readonly adj?: number
  /** Seconds after the kill before it. */
  readonly after?: number
}

/** The kernel's lines of these kills, five minutes apart, in one boot; pids go up from kill to kill. */
export function killLog(kills: readonly LoggedKill[]): string {
  let seconds = 0
  return kills
    .flatMap((kill, index) => {
      seconds += index === 0 ? 0 : (kill.after ?? 300)
      const at = new Date(Date.parse('2026-09-02T10:00:00Z') + seconds * 1000).toISOString().replace('Z', '000+00:00')
      return linesOf(kill, 1000 + index * 8000).map(line => `${at} node-a kernel: ${line}\n`)
    })
    .join('')
}

function linesOf(kill: LoggedKill, pid: number): readonly string[] {
  const { cgroup, comm, limit, limitKiB = 500_000, rssKiB = 500_000, adj = 0 } = kill
  const isOfGroup = limit !== undefined
  const constraint = isOfGroup ? 'CONSTRAINT_MEMCG' : 'CONSTRAINT_NONE'
  const cause = isOfGroup ? 'Memory cgroup out of memory' : 'Out of memory'
  return [
    ...(isOfGroup
      ? [
          'x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
          `memory: usage ${limitKiB}kB, limit ${limitKiB}kB, failcnt 80`,
        ]
      : []),
    `oom-kill:constraint=${constraint},nodemask=(null),cpuset=/,mems_allowed=0,${isOfGroup ? `oom_memcg=${limit}` : 'global_oom'},task_memcg=${cgroup},task=${comm},pid=${pid},uid=0`,
    `${cause}: Killed process ${pid} (${comm}) total-vm:${rssKiB * 2}kB, anon-rss:${rssKiB}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:400kB oom_score_adj:${adj}`,
  ]
}

/** The alerts of a log. */
export async function alertsOfLog(log: string, locale: Locale = 'en'): Promise<readonly Alert[]> {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-'))
  try {
    const file = join(folder, 'kernel.log')
    writeFileSync(file, log)
    return await replayAlerts(file, locale)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The newest alert of each subject that still fires, by `type subject`. */
export function newestFiring(alerts: readonly Alert[]): ReadonlyMap<string, Alert> {
  const newest = new Map<string, Alert>()
  for (const alert of alerts) {
    const name = `${alert.type} ${alert.subject}`
    if (alert.status === 'firing') newest.set(name, alert)
    else newest.delete(name)
  }
  return newest
}
