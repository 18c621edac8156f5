import type { Alert, AttributedKill, Coverage, HostFacts, Observation, Workload, World } from '../types.ts'
import { workloadLabel } from './workload-label.ts'

/** What the page and the live view tell of: an incident, or any stretch of time, bounded in memory. */
export interface Chronicle {
  readonly host: HostFacts
  /** Milliseconds since the epoch; both null where nothing had a time. */
  readonly from: number | null
  readonly until: number | null
  readonly samples: readonly ChronicleSample[]
  /** Workloads that lost somebody, most kills first. */
  readonly lanes: readonly Lane[]
  readonly alerts: readonly Alert[]
  readonly alertsTotal: number
  readonly killsTotal: number
  readonly coverage: Coverage
  /** The kernel's own lines, oldest first. */
  readonly lines: readonly string[]
  readonly linesTotal: number
}

export interface ChronicleSample {
  readonly at: number
  readonly availableKiB: number | null
  readonly headroomKiB: number | null
  readonly memoryFull: number | null
  readonly ioFull: number | null
  readonly load1: number | null
}

export interface Lane {
  readonly key: string
  readonly label: string
  readonly nodeDaemon: boolean
  readonly kills: readonly LaneKill[]
  readonly generations: readonly { readonly bornAt: number; readonly diedAt: number | null }[]
}

export interface LaneKill {
  readonly at: number
  readonly pid: number
  readonly comm: string
  readonly heldKiB: number | null
  readonly nodeLevel: boolean
}

export interface ChronicleKeeper {
  readonly event: (event: { readonly kind: string }, world: World) => void
  readonly alerts: (alerts: readonly Alert[]) => void
  readonly finish: (world: World) => Chronicle
}

/** More points than a screen has pixels tell nothing; twice as many are kept, then pairs are merged. */
const maxSamples = 1200
const maxKills = 20_000
const maxAlerts = 500
const maxLines = 3000

interface LaneState extends Lane {
  readonly kills: LaneKill[]
  readonly generations: { bornAt: number; diedAt: number | null }[]
}

/** Keeps the chronicle of a replay as it goes by. */
export function createChronicle(): ChronicleKeeper {
  const lanes = new Map<string, LaneState>()
  const alerts: Alert[] = []
  const lines: string[] = []
  let samples: ChronicleSample[] = []
  let stride = 1
  let skipped = 0
  let from: number | null = null
  let until: number | null = null
  let killsTotal = 0
  let alertsTotal = 0
  let linesTotal = 0

  const laneOf = (workload: Workload): LaneState => {
    const found = lanes.get(workload.key)
    if (found) return found
    const lane = {
      key: workload.key,
      label: workloadLabel(workload),
      nodeDaemon: workload.nodeDaemon,
      kills: [],
      generations: [],
    }
    lanes.set(workload.key, lane)
    return lane
  }

  const kill = ({ kill, at, workload, nodeLevel, bornAt }: AttributedKill): void => {
    killsTotal++
    linesTotal += kill.lines?.length ?? 0
    for (const line of kill.lines ?? []) if (lines.length < maxLines) lines.push(line)
    if (killsTotal > maxKills) return
    const heldKiB = kill.anonRssKiB === null ? null : kill.anonRssKiB + (kill.shmemRssKiB ?? 0)
    const lane = laneOf(workload)
    lane.kills.push({ at, pid: kill.pid, comm: kill.comm ?? '?', heldKiB, nodeLevel })
    if (bornAt !== null) lane.generations.push({ bornAt, diedAt: at })
  }

  const sample = (world: World, load1: number | null): void => {
    if (++skipped < stride) return
    skipped = 0
    const { latest, headroom, stall } = world.memory
    samples.push({
      at: world.now,
      availableKiB: latest?.meminfo.MemAvailable ?? null,
      headroomKiB: headroom?.KiB ?? null,
      memoryFull: stall?.memoryFullRatio ?? null,
      ioFull: stall?.ioFullRatio ?? null,
      load1,
    })
    if (samples.length < 2 * maxSamples) return
    samples = samples.filter((_, index) => index % 2 === 1)
    stride *= 2
  }

  return {
    event: (event, world) => {
      const observation = event as Observation | { kind: 'kill'; kill: AttributedKill }
      if (observation.kind === 'kill') kill(observation.kill)
      if (observation.kind === 'memory') sample(world, observation.load1 ?? null)
      if (event.kind === 'start' || event.kind === 'settings' || world.now === 0) return
      from = from === null ? world.now : Math.min(from, world.now)
      // Ticks behind the last record only wait for the end of an incident.
      if (event.kind !== 'tick' && event.kind !== 'end') until = until === null ? world.now : Math.max(until, world.now)
    },
    alerts: more => {
      alertsTotal += more.length
      for (const alert of more) if (alerts.length < maxAlerts) alerts.push(alert)
    },
    finish: world => ({
      host: world.host,
      from,
      until: until ?? from,
      samples,
      lanes: [...lanes.values()].sort((a, b) => b.kills.length - a.kills.length || a.key.localeCompare(b.key)),
      alerts,
      alertsTotal,
      killsTotal,
      coverage: world.coverage,
      lines,
      linesTotal,
    }),
  }
}
