import { reportedRssKiB } from '../../identify/kill-report.ts'
import { keepNewest } from '../../keep-newest.ts'
import type { AttributedKill, OomKill, Workload } from '../../types.ts'

/** A victim of this size may be the cause of the shortage. */
export const largeKiB = 256 * 1024

/** Memory use from the kernel's own reports, the only source if nothing was sampled. */
export interface KillSizes {
  readonly observe: (kill: AttributedKill, workloadOfPid: (pid: number) => Workload | undefined) => void
  /** Largest first; the newest task table where there is one, else the victims of the last hour. */
  readonly consumers: (now: number, withinMs: number) => readonly ReportedConsumer[]
  /** Victims of that time, each workload once with the most that it held, largest first. */
  readonly victims: (now: number, withinMs: number) => readonly ReportedVictim[]
  /** Whose a victim was that the kernel called by the name of one of its threads. */
  readonly ownerOf: (pid: number) => Workload | undefined
}

interface ReportedConsumer {
  readonly key: string
  readonly workload: Workload | null
  readonly KiB: number
  readonly from: 'task-table' | 'kill-line'
}

interface ReportedVictim extends ReportedConsumer {
  readonly workload: Workload
  readonly at: number
  readonly kills: number
  /** The kernel's score for it: from 1000 on an oom_score_adj of 1000 is likely. */
  readonly score: number | null
  readonly oomScoreAdj: number | null
}

export function createKillSizes(): KillSizes {
  const victims = new Map<string, ReportedVictim>()
  const threads = new Map<number, Workload>()
  let table: { readonly at: number; readonly consumers: readonly ReportedConsumer[] } | null = null
  let last: { at: number; totalVmKiB: number | null; key: string; cgroup: string | null } | null = null

  return {
    observe: (attributed, workloadOfPid) => {
      const { kill, workload, at } = attributed
      if (kill.tasks && kill.tasks.length > 0 && attributed.nodeLevel) {
        table = { at, consumers: consumersOf(kill, workloadOfPid, attributed) }
      }
      const KiB = reportedRssKiB(kill)
      if (KiB === null) return
      // Two kills in one second with the very same address space are one program: the second line may carry the name of
      // one of its threads (`[main]-pipeline` of java).
      // Where cgroups are known they say more: two pods may run the same program.
      const isSame =
        last !== null &&
        last.totalVmKiB === kill.totalVmKiB &&
        kill.totalVmKiB !== null &&
        at - last.at <= 1000 &&
        last.cgroup === workload.cgroup
      const key = isSame ? last!.key : workload.key
      last = { at, totalVmKiB: kill.totalVmKiB, key, cgroup: workload.cgroup }
      const known = victims.get(key)
      if (isSame && known) keepNewest(threads, kill.pid, known.workload, kept)
      const victim: ReportedVictim = {
        key,
        workload: known && isSame ? known.workload : workload,
        KiB: Math.max(KiB, known && at - known.at < rememberedMs ? known.KiB : 0),
        from: 'kill-line',
        at,
        kills: (known?.kills ?? 0) + 1,
        score: kill.score ?? known?.score ?? null,
        oomScoreAdj: kill.oomScoreAdj ?? known?.oomScoreAdj ?? null,
      }
      keepNewest(victims, key, victim, kept)
    },
    consumers: (now, withinMs) => {
      if (table && now - table.at <= withinMs) return table.consumers
      return recent(victims, now, withinMs)
    },
    victims: (now, withinMs) => recent(victims, now, withinMs),
    ownerOf: pid => threads.get(pid),
  }
}

const kept = 256
const rememberedMs = 60 * 60_000

function recent(victims: Map<string, ReportedVictim>, now: number, withinMs: number): readonly ReportedVictim[] {
  return [...victims.values()].filter(({ at }) => now - at <= withinMs).sort((a, b) => b.KiB - a.KiB)
}

function consumersOf(
  { tasks }: OomKill,
  workloadOfPid: (pid: number) => Workload | undefined,
  { kill, workload: victim }: AttributedKill,
): readonly ReportedConsumer[] {
  const sums = new Map<string, ReportedConsumer>()
  for (const { pid, tgid, comm, rssKiB } of tasks!) {
    const workload =
      tgid === kill.pid || pid === kill.pid ? victim : (workloadOfPid(tgid) ?? workloadOfPid(pid) ?? null)
    const key = workload?.key ?? `comm/${comm}`
    const known = sums.get(key)
    sums.set(key, { key, workload, KiB: (known?.KiB ?? 0) + rssKiB, from: 'task-table' })
  }
  return [...sums.values()].sort((a, b) => b.KiB - a.KiB)
}
