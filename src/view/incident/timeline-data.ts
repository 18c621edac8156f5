import { unknownHost } from '../../host-facts-unknown.ts'
import { createLineStore, type KeptLines } from '../../text/head-tail-buffer.ts'
import type { Alert, AttributedKill, CoreEvent, Coverage, HostFacts, Verdict, Workload, World } from '../../types.ts'
import { halved, type ReportSample, sampleOf } from './samples.ts'
import { type WorkloadLabel, workloadLabel } from './workload-label.ts'

/** The content of a page or a text report: everything that was replayed, bounded in memory. */
export interface IncidentHistory {
  /** Time zone of the times that are shown: IANA, `UTC`, or an offset. */
  readonly zone: string
  readonly host: HostFacts
  /** Milliseconds since the epoch; both null where nothing had a time. */
  readonly from: number | null
  readonly until: number | null
  readonly samples: readonly ReportSample[]
  /** Workloads with OOM kills, most kills first. */
  readonly workloads: readonly WorkloadRow[]
  readonly alerts: readonly Alert[]
  /** Loops that went on at the end, as they stood then. */
  readonly openLoops: readonly Verdict[]
  /** Every kill once, in order of time. The page has one mark for each. */
  readonly kills: readonly IncidentKill[]
  /** Kills beyond the limit: counted, but not shown. */
  readonly killsLeftOut: number
  /** Kills that are in a second file too (a log beside a recording); counted once. */
  readonly killsInSeveralFiles: number
  readonly runs: readonly Run[]
  /** The kernel's own lines about the kills. */
  readonly lines: KeptLines
}

/** One run of the agent, or one log. */
export interface Run {
  readonly sight: HostFacts['sight']
  readonly from: number | null
  readonly until: number | null
  readonly coverage: Coverage
}

export interface WorkloadRow extends WorkloadLabel {
  readonly key: string
  readonly kills: readonly IncidentKill[]
  readonly generations: readonly Generation[]
}

/** One run of a process. `diedAt` null: it was still running. */
interface Generation {
  readonly bornAt: number
  readonly diedAt: number | null
}

export interface IncidentKill {
  readonly at: number
  readonly pid: number
  readonly comm: string
  readonly workload: string
  readonly label: string
  readonly usedKiB: number | null
  readonly nodeLevel: boolean
  /** The cgroup whose limit was hit; null: the node itself. */
  readonly limit: string | null
  /** That cgroup is a slice, whose limit everything in it shares. */
  readonly isSliceLimit: boolean
  /** Same value: same OOM event. */
  readonly event: string
  /** Its time is computed: it is older than the watch, or the log has no wall time. */
  readonly isEstimated: boolean
}

export interface IncidentHistoryKeeper {
  readonly event: (event: CoreEvent, world: World) => void
  readonly alerts: (alerts: readonly Alert[]) => void
  /** `verdicts`: those that were firing at the end. */
  readonly finish: (verdicts: readonly Verdict[]) => IncidentHistory
}

/** Half a day at one sample per second. Beyond that, two samples become one with the worse values. */
const maxSamples = 43_200
const maxKills = 20_000
const maxAlerts = 500
const maxGenerations = 40_000

interface KeptKill extends IncidentKill {
  readonly run: number
  readonly isCertain: boolean
}

interface Life extends Generation {
  readonly workload: string
  readonly pid: number
  diedAt: number | null
}

/** Collects the history of a replay. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one case for each kind of observation
export function createIncidentHistory(zone: string): IncidentHistoryKeeper {
  const runs: { -readonly [K in keyof Run]: Run[K] }[] = []
  const labels = new Map<string, WorkloadLabel>()
  const kills: KeptKill[] = []
  const lives: Life[] = []
  const living = new Map<number, Life>()
  const alerts: { alert: Alert; run: number }[] = []
  const lines = createLineStore()
  let samples: ReportSample[] = []
  let stride = 1
  let skipped = 0
  let killsLeftOut = 0
  let host: HostFacts | null = null
  let memTotalKiB: number | null = null

  const know = (workload: Workload): string => {
    if (!labels.has(workload.key)) labels.set(workload.key, workloadLabel(workload))
    return workload.key
  }

  const kill = (attributed: AttributedKill): void => {
    const { kill, at, workload, nodeLevel, limitLevel, bornAt } = attributed
    if (kills.length >= maxKills) {
      killsLeftOut++
      return
    }
    for (const line of kill.lines ?? []) lines.add(line)
    kills.push({
      at,
      pid: kill.pid,
      comm: kill.comm ?? '?',
      workload: know(workload),
      label: workloadLabel(workload).label,
      usedKiB: kill.anonRssKiB === null ? null : kill.anonRssKiB + (kill.shmemRssKiB ?? 0),
      nodeLevel,
      limit: kill.scope === 'memcg' ? (kill.oomMemcg ?? '?') : null,
      isSliceLimit: limitLevel === 'slice' || limitLevel === 'qos',
      event: `${runs.length} ${kill.event}`,
      run: runs.length,
      isCertain: workload.certainty === 'cgroup',
      isEstimated: kill.estimated === true,
    })
    const life = living.get(kill.pid)
    if (life && life.workload === workload.key) life.diedAt = at
    else if (bornAt !== null) live({ workload: workload.key, pid: kill.pid, bornAt, diedAt: at })
    living.delete(kill.pid)
  }

  const live = (life: Life): void => {
    if (lives.length < maxGenerations) lives.push(life)
  }

  const sample = (world: World): void => {
    if (++skipped < stride) return
    skipped = 0
    memTotalKiB ??= world.memory.latest?.meminfo.MemTotal ?? null
    samples.push(sampleOf(world))
    if (samples.length < maxSamples) return
    samples = halved(samples)
    stride *= 2
  }

  const clock = (event: CoreEvent, world: World): void => {
    const run = runs.at(-1)
    if (!run) return
    run.coverage = world.coverage
    run.sight = world.host.sight
    if (world.now === 0) return
    if (event.kind === 'start' || event.kind === 'settings') return
    run.from ??= world.now
    // Ticks behind the last record only wait for the end of an incident.
    if (event.kind !== 'tick' && event.kind !== 'end') run.until = Math.max(run.until ?? world.now, world.now)
  }

  return {
    event: (event, world) => {
      if (event.kind === 'start') {
        runs.push({ sight: 'log', from: null, until: null, coverage: world.coverage })
        living.clear()
      }
      clock(event, world)
      if (event.kind === 'host' && (host === null || host.sight === 'log')) host = event.host
      if (event.kind === 'kill') kill(event.kill)
      if (event.kind === 'birth') {
        const { process, workload, bornAt } = event.birth
        // Reported again when it took another name (exec).
        if (living.get(process.pid)?.bornAt === bornAt) return
        const life = { workload: know(workload), pid: process.pid, bornAt, diedAt: null }
        living.set(process.pid, life)
        live(life)
      }
      if (event.kind === 'death') {
        const life = living.get(event.death.process.pid)
        if (life) life.diedAt ??= event.at
        living.delete(event.death.process.pid)
      }
      if (event.kind === 'memory') sample(world)
    },
    alerts: more => {
      for (const alert of more) if (alerts.length < maxAlerts) alerts.push({ alert, run: runs.length })
    },
    finish: verdicts => {
      const once = withoutTwins(kills)
      const watched = runs.filter(run => run.sight === 'host')
      // A log beside a recording of the same time has less detail, so only the alerts of the recording are kept.
      const shownAlerts = alerts.filter(
        ({ alert, run }) =>
          runs[run - 1]?.sight !== 'log' ||
          !watched.some(({ from, until }) => from! <= Date.parse(alert.at) && Date.parse(alert.at) <= until!),
      )
      const times = [...runs.flatMap(run => [run.from, run.until]), ...once.map(kill => kill.at)].filter(
        at => at !== null,
      )
      return {
        zone,
        host: { ...(host ?? unknownHost), memTotalKiB: host?.memTotalKiB ?? memTotalKiB },
        from: times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b)),
        until: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
        samples: samples.toSorted((a, b) => a.at - b.at),
        workloads: workloadRowsOf(once, lives, labels),
        alerts: shownAlerts.map(({ alert }) => alert).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
        openLoops: verdicts.filter(verdict => verdict.type === 'respawn-loop' && verdict.firing),
        kills: once,
        killsLeftOut,
        killsInSeveralFiles: kills.length - once.length,
        runs,
        lines: lines.kept(),
      }
    },
  }
}

/** Largest difference between the clocks of a log and a recording; kernel stamps drift. */
const sameKillMs = 5_000
const sameKillEstimatedMs = 120_000

/** Drops a kill that another run also has. The one whose workload is known by its cgroup stays. */
function withoutTwins(kills: readonly KeptKill[]): readonly KeptKill[] {
  const byPid = Map.groupBy(kills, kill => kill.pid)
  const isTwin = (kill: KeptKill): boolean =>
    (byPid.get(kill.pid) ?? []).some(other => {
      if (other.run === kill.run || other.comm !== kill.comm) return false
      const near = other.isEstimated || kill.isEstimated ? sameKillEstimatedMs : sameKillMs
      if (Math.abs(other.at - kill.at) > near) return false
      return other.isCertain === kill.isCertain ? other.run < kill.run : other.isCertain
    })
  return kills.filter(kill => !isTwin(kill)).toSorted((a, b) => a.at - b.at)
}

function workloadRowsOf(
  kills: readonly KeptKill[],
  lives: readonly Life[],
  labels: ReadonlyMap<string, WorkloadLabel>,
): readonly WorkloadRow[] {
  const livesOf = Map.groupBy(lives, life => life.workload)
  return [...Map.groupBy(kills, kill => kill.workload)]
    .map(([key, its]) => ({ key, ...labels.get(key)!, kills: its, generations: livesOf.get(key) ?? [] }))
    .sort((a, b) => b.kills.length - a.kills.length || (a.key < b.key ? -1 : 1))
}
