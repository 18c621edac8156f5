import { createHash } from 'node:crypto'
import type { CoreSettings, HostFacts, Observation } from '../../src/types.ts'

/** A node as the core would see one: what is made to happen to it comes out as a recording. */
export interface SimulatedNode {
  /** Seconds since its start. */
  readonly seconds: () => number
  readonly pod: (pod: PodOptions) => Place
  /** The pod's container is recreated, as kubelet does it: another container ID in the same pod. */
  readonly restarted: (place: Place) => Place
  readonly unit: (name: string) => Place
  readonly cgroup: (path: string) => Place
  readonly start: (place: Place, process: ProcessOptions) => Process
  readonly resize: (process: Process, rssMiB: number) => void
  readonly exit: (...processes: readonly Process[]) => void
  /** The kernel kills: `others` are killed by the same decision. */
  readonly kill: (process: Process, how?: KillOptions) => void
  /** Lets time go by: a memory sample and a tick each step. */
  readonly wait: (seconds: number, stepSeconds?: number) => void
  /** The node sleeps, or the agent does: time goes by and nothing is emitted. */
  readonly skip: (seconds: number) => void
  /** The clock is set, and the agent finds that out: no time goes by, and the boot is dated again. */
  readonly setClock: (seconds: number) => void
  /** What reclaim does from now on. */
  readonly reclaim: (rates: Reclaim) => void
  /** Memory that no process holds, from now on. */
  readonly hold: (MiB: number) => void
  readonly swap: (swap: { totalMiB: number; usedMiB: number; zramRatio?: number }) => void
  readonly emit: (observation: WithoutTime) => void
  readonly kernel: (...texts: readonly string[]) => void
  readonly observations: () => readonly Observation[]
  readonly header: () => object
}

type Timeless<T> = T extends unknown ? Omit<T, 'at'> : never
export type WithoutTime = Timeless<Observation>

export interface NodeOptions {
  readonly memTotalMiB?: number
  readonly host?: Partial<HostFacts>
  readonly settings?: Partial<CoreSettings>
  /** Takes each observation as it happens; without it they are kept. */
  readonly sink?: (observation: Observation) => void
}

export interface PodOptions {
  readonly name: string
  readonly namespace?: string
  readonly container?: string
  readonly qos?: 'besteffort' | 'burstable'
  readonly labels?: Readonly<Record<string, string>>
}

/** Where a process lives. */
export interface Place {
  readonly cgroup: string
  readonly pod?: PodOptions & { readonly uid: string; readonly lives: number }
}

export interface ProcessOptions {
  readonly comm: string
  readonly rssMiB?: number
  readonly adj?: number
  readonly ppid?: number
  /** It comes and goes between two readings of /proc. */
  readonly unseen?: boolean
  readonly pid?: number
}

export interface Process extends Required<Omit<ProcessOptions, 'unseen'>> {
  readonly place: Place
  readonly startTicks: number
  readonly unseen: boolean
}

export interface KillOptions {
  readonly by?: 'global' | 'own' | 'cpuset' | 'sysrq' | { readonly limit: string }
  readonly others?: readonly Process[]
  /** The lines that name the cgroup fell to the kernel's rate limit. */
  readonly suppressed?: boolean
}

interface Reclaim {
  readonly readBackMiBPerSecond: number
  readonly fullRatio: number
  /** What is read back was dropped at cgroups' own limits, and the node's reclaim has nothing to do. */
  readonly byLimits?: boolean
}

export const startOfTime = Date.parse('2026-03-02T10:00:00Z')

export function createSimulatedNode({
  memTotalMiB = 16_384,
  host = {},
  settings = {},
  sink,
}: NodeOptions = {}): SimulatedNode {
  const observations: Observation[] = []
  const living = new Map<number, Process>()
  let bootedAt = startOfTime - 86_400_000
  let now = startOfTime
  let pid = 20_000
  let seq = 1_000
  let kills = 0
  let held = 1_024
  let rates: Reclaim = { readBackMiBPerSecond: 0, fullRatio: 0 }
  let swap: { totalMiB: number; usedMiB: number; zramRatio?: number } = { totalMiB: 0, usedMiB: 0 }
  const counters = { refaults: 0, dropped: 0, scanned: 0, fullUs: 0 }

  const emit = (observation: WithoutTime): void => {
    const timed = { ...observation, at: now } as Observation
    if (sink) sink(timed)
    else observations.push(timed)
  }
  const isHost = host.sight !== 'log'

  const hostFacts = (): HostFacts => ({
    name: 'node-1',
    kernel: '6.6.9',
    os: 'Debian GNU/Linux 12',
    memTotalKiB: memTotalMiB * 1024,
    bootId: '6f2d0c1e-7a51-4c0b-9f6d-0c6a54a1b7f2',
    bootedAt: isHost ? bootedAt : null,
    agentVersion: '0.1.0',
    cgroupVersion: 'v2',
    sight: 'host',
    ...host,
  })
  const atFirst = hostFacts()

  // A container's start takes some pids itself.
  const nextPid = (): number => {
    pid += 17
    return pid
  }

  const start = (place: Place, options: ProcessOptions): Process => {
    const process: Process = {
      ppid: 1,
      rssMiB: 100,
      adj: place.pod?.qos === 'burstable' ? 900 : place.pod ? 1000 : 0,
      pid: nextPid(),
      unseen: false,
      ...options,
      place,
      startTicks: Math.round((now - bootedAt) / 10),
    }
    living.set(process.pid, process)
    see([process])
    return process
  }

  const see = (processes: readonly Process[]): void => {
    const seen = processes.filter(({ unseen }) => !unseen).map(sampleOf)
    if (isHost && seen.length > 0) emit({ kind: 'processes', seen, gone: [] })
  }

  const sampleOf = ({ pid: id, startTicks, ppid, comm, rssMiB, adj, place }: Process) => ({
    pid: id,
    startTicks,
    ppid,
    comm,
    state: 'S',
    threads: 1,
    majorFaults: 0,
    rssKiB: rssMiB * 1024,
    oomScore: Math.floor(((1000 + adj + (rssMiB * 1000) / memTotalMiB) * 2) / 3),
    oomScoreAdj: adj,
    cgroup: place.cgroup,
  })

  const exit = (...processes: readonly Process[]): void => {
    const gone = processes.filter(({ unseen }) => !unseen).map(({ pid: id, startTicks }) => ({ pid: id, startTicks }))
    for (const { pid: id } of processes) living.delete(id)
    if (isHost && gone.length > 0) emit({ kind: 'processes', seen: [], gone })
  }

  const kernel = (...texts: readonly string[]): void => {
    for (const text of texts) {
      emit({ kind: 'kernel', text, ...(isHost && { seq: seq++, stampUs: (now - bootedAt) * 1000 }) })
    }
  }

  const kill = (process: Process, { by = 'global', others = [], suppressed = false }: KillOptions = {}): void => {
    kills += 1 + others.length
    if (by === 'sysrq') kernel('sysrq: Manual OOM execution')
    if (!suppressed) kernel(...reportOf(process, by))
    const cause = by === 'own' || typeof by === 'object' ? 'Memory cgroup out of memory' : 'Out of memory'
    kernel(killLine(cause, process))
    if (others.length > 0) {
      kernel(`Tasks in ${process.place.cgroup} are going to be killed due to memory.oom.group set`)
      kernel(...others.map(other => killLine(cause, other)))
    }
    exit(process, ...others)
  }

  const sample = (stepSeconds: number): void => {
    const used = held + [...living.values()].reduce((sum, { rssMiB }) => sum + rssMiB, 0)
    const available = Math.max(64, memTotalMiB - used)
    const cache = Math.min(available * 0.6, 3_000)
    const pages = Math.round((rates.readBackMiBPerSecond * 1024 * stepSeconds) / 4)
    counters.refaults += pages
    if (!rates.byLimits) {
      counters.dropped += pages
      counters.scanned += pages * 2
    }
    counters.fullUs += Math.round(rates.fullRatio * stepSeconds * 1_000_000)
    const KiB = (MiB: number) => Math.round(MiB * 1024)
    emit({
      kind: 'memory',
      meminfo: {
        MemTotal: KiB(memTotalMiB),
        MemFree: KiB(available - cache),
        MemAvailable: KiB(available),
        'Active(file)': KiB(cache / 2),
        'Inactive(file)': KiB(cache / 2),
        'Active(anon)': KiB(used * 0.7),
        'Inactive(anon)': KiB(used * 0.2),
        SwapTotal: KiB(swap.totalMiB),
        SwapFree: KiB(swap.totalMiB - swap.usedMiB),
      },
      vmstat: {
        oom_kill: kills,
        pgmajfault: counters.refaults >> 5,
        pgscan_kswapd: counters.scanned,
        pgsteal_kswapd: counters.dropped,
        pgsteal_file: counters.refaults,
        workingset_refault_file: counters.refaults,
      },
      pressure: {
        memory: { someUs: counters.fullUs, fullUs: counters.fullUs },
        io: { someUs: counters.fullUs, fullUs: counters.fullUs },
      },
      ...(swap.zramRatio !== undefined && { zramRatio: swap.zramRatio }),
    })
  }

  const wait = (seconds: number, stepSeconds = 10): void => {
    const until = now + seconds * 1000
    while (now < until) {
      const step = Math.min(stepSeconds * 1000, until - now)
      now += step
      if (isHost) sample(step / 1000)
      emit({ kind: 'tick' })
    }
  }

  const restarted = (place: Place): Place => {
    const pod = { ...place.pod!, lives: place.pod!.lives + 1 }
    const id = hex(`${pod.uid} ${pod.lives}`, 64)
    if (isHost) emit({ kind: 'pods', pods: [podName(pod, id)] })
    return { cgroup: place.cgroup.replace(/[0-9a-f]{64}/, id), pod }
  }

  const node: SimulatedNode = {
    seconds: () => (now - startOfTime) / 1000,
    pod: options => {
      const uid = uuid(`${options.namespace} ${options.name} ${observations.length}`)
      const pod = { container: 'main', namespace: 'default', qos: 'besteffort' as const, ...options, uid, lives: 1 }
      const slice = `kubepods-${pod.qos}`
      const id = hex(`${uid} 1`, 64)
      if (isHost) emit({ kind: 'pods', pods: [podName(pod, id)] })
      return {
        pod,
        cgroup: `/kubepods.slice/${slice}.slice/${slice}-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`,
      }
    },
    restarted,
    unit: name => ({ cgroup: `/system.slice/${name}` }),
    cgroup: path => ({ cgroup: path }),
    start,
    resize: (process, rssMiB) => {
      const resized = { ...living.get(process.pid)!, rssMiB }
      living.set(process.pid, resized)
      see([resized])
    },
    exit,
    kill,
    wait,
    skip: seconds => {
      now += seconds * 1000
    },
    setClock: seconds => {
      now += seconds * 1000
      bootedAt += seconds * 1000
      emit({ kind: 'host', host: hostFacts() })
    },
    reclaim: to => {
      rates = to
    },
    hold: MiB => {
      held = MiB
    },
    swap: to => {
      swap = to
    },
    emit,
    kernel,
    observations: () => observations,
    header: () => ({
      oomloop: 'recording',
      version: 1,
      at: startOfTime,
      settings,
      host: atFirst,
    }),
  }
  if (isHost) sample(1)
  return node
}

function podName(pod: PodOptions & { uid: string }, id: string) {
  return {
    uid: pod.uid,
    namespace: pod.namespace!,
    pod: pod.name,
    containers: [{ name: pod.container!, id }],
    ...(pod.labels && { labels: pod.labels }),
  }
}

/** The lines before the kill line, as Linux 6.x writes them; the task table is left out (vm.oom_dump_tasks=0). */
function reportOf({ comm, pid, place }: Process, by: NonNullable<KillOptions['by']>): readonly string[] {
  const head = `oom-kill:constraint=${constraintOf(by)},nodemask=(null),cpuset=/,mems_allowed=0`
  const limit = by === 'own' ? place.cgroup : typeof by === 'object' ? by.limit : undefined
  const whose = limit === undefined ? 'global_oom' : `oom_memcg=${limit}`
  const order = by === 'sysrq' ? -1 : 0
  return [
    `${by === 'sysrq' ? 'kworker/0:1' : comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=${order}, oom_score_adj=0`,
    `${head},${whose},task_memcg=${place.cgroup},task=${comm},pid=${pid},uid=0`,
  ]
}

function constraintOf(by: NonNullable<KillOptions['by']>): string {
  if (by === 'cpuset') return 'CONSTRAINT_CPUSET'
  return by === 'own' || typeof by === 'object' ? 'CONSTRAINT_MEMCG' : 'CONSTRAINT_NONE'
}

function killLine(cause: string, { pid, comm, rssMiB, adj }: Process): string {
  const rss = rssMiB * 1024
  return `${cause}: Killed process ${pid} (${comm}) total-vm:${rss * 3}kB, anon-rss:${rss}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:${rss >> 8}kB oom_score_adj:${adj}`
}

function hex(of: string, digits: number): string {
  return createHash('sha256').update(of).digest('hex').slice(0, digits)
}

function uuid(of: string): string {
  return hex(of, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
