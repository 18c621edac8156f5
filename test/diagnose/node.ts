import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type {
  Alert,
  CgroupSample,
  CoreSettings,
  HostFacts,
  MemorySample,
  Observation,
  PodName,
  ProcessSample,
} from '../../src/types.ts'

const MiB = 1024
const uid = (n: number) => `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, '0')}`
const containerId = (n: number) => String(n).padStart(64, 'c')

/** A pod of a node in a test: one container with one process, named like the pod. */
export interface TestPod {
  readonly n: number
  readonly namespace?: string
  readonly pod: string
  readonly container?: string
  readonly qos?: 'burstable' | 'besteffort'
  readonly rssKiB: number
  readonly oomScoreAdj?: number
}

export function podCgroup({ n, qos = 'burstable' }: TestPod): string {
  return `/kubepods.slice/kubepods-${qos}.slice/kubepods-${qos}-pod${uid(n).replaceAll('-', '_')}.slice`
}

export function containerCgroup(pod: TestPod): string {
  return `${podCgroup(pod)}/cri-containerd-${containerId(pod.n)}.scope`
}

/** A node of 16 GiB by observations alone; time moves by `run`. */
export function createNode(options: { host?: Partial<HostFacts>; settings?: Partial<CoreSettings> } = {}) {
  const pipeline = createPipeline()
  const alerts: Alert[] = []
  let at = 1_800_000_000_000
  const push = (observation: Observation): readonly Alert[] => {
    const told = pipeline.observe(observation)
    alerts.push(...told)
    return told
  }
  push({ kind: 'start', at })
  push({ kind: 'settings', at, settings: { ...defaultCoreSettings, ...options.settings } })
  push({ kind: 'host', at, host: { ...host, ...options.host } })

  return {
    pipeline,
    alerts,
    push,
    now: () => at,
    /** Seconds pass, each with what `each` says of memory; ticks come with them. */
    run: (seconds: number, each: (second: number) => Partial<MemorySample['meminfo']> = () => ({})) => {
      for (let second = 1; second <= seconds; second++) {
        at += 1000
        push({ kind: 'memory', at, meminfo: { ...meminfo, ...each(second) } as MemorySample['meminfo'], vmstat: {} })
        push({ kind: 'tick', at })
      }
    },
    /** A second passes, with what the kernel counted by then. */
    sample: ({ meminfo: changed, ...sample }: Partial<MemorySample> & Pick<MemorySample, 'meminfo'>) => {
      at += 1000
      push({
        kind: 'memory',
        at,
        vmstat: {},
        ...sample,
        meminfo: { ...meminfo, ...changed } as MemorySample['meminfo'],
      })
      push({ kind: 'tick', at })
    },
    /** Names and processes of pods, with their cgroups as far as `sample` states. */
    pods: (pods: readonly TestPod[], sample?: (pod: TestPod) => Partial<CgroupSample>) => {
      push({ kind: 'pods', at, pods: pods.map(nameOf) })
      push({ kind: 'processes', at, seen: pods.map(processOf), gone: [] })
      if (sample)
        push({ kind: 'cgroups', at, cgroups: pods.map(pod => ({ path: containerCgroup(pod), ...sample(pod) })) })
    },
    daemons: (
      daemons: readonly {
        pid: number
        comm: string
        unit: string
        oomScoreAdj: number
        rssKiB?: number
        startTicks?: number
      }[],
    ) =>
      push({
        kind: 'processes',
        at,
        gone: [],
        seen: daemons.map(({ pid, comm, unit, oomScoreAdj, rssKiB = 100 * MiB, startTicks = 1000 }) => ({
          ...process,
          pid,
          startTicks,
          comm,
          oomScoreAdj,
          rssKiB,
          oomScore: oomScoreAdj <= -1000 ? 0 : 600,
          cgroup: `/system.slice/${unit}`,
        })),
      }),
    kernel: (...texts: readonly string[]) => texts.flatMap(text => push({ kind: 'kernel', at, text })),
    examine: pipeline.examine,
    codes: () => pipeline.examine().diagnosis.map(({ code }) => code),
    last: () => alerts.at(-1)!,
  }
}

export const totalKiB = 16 * 1024 * MiB

/** Half of it in use, most of that by processes. */
export const meminfo = {
  MemTotal: totalKiB,
  MemFree: 6480 * MiB,
  MemAvailable: 8000 * MiB,
  Buffers: 10 * MiB,
  Cached: 2500 * MiB,
  SwapCached: 0,
  'Active(anon)': 4000 * MiB,
  'Inactive(anon)': 3000 * MiB,
  'Active(file)': 1200 * MiB,
  'Inactive(file)': 1200 * MiB,
  AnonPages: 7000 * MiB,
  SwapTotal: 0,
  SwapFree: 0,
  Shmem: 10 * MiB,
  Slab: 300 * MiB,
  SReclaimable: 150 * MiB,
  SUnreclaim: 150 * MiB,
  KernelStack: 20 * MiB,
  PageTables: 40 * MiB,
  Percpu: 10 * MiB,
  HugePages_Total: 0,
  HugePages_Free: 0,
  HugePages_Rsvd: 0,
  Hugepagesize: 2048,
  Hugetlb: 0,
}

const host: HostFacts = {
  name: 'node-7',
  kernel: '6.1.0-28-amd64',
  os: 'Debian GNU/Linux 12',
  memTotalKiB: totalKiB,
  bootId: '6f2d0c1e-7a51-4c0b-9f6d-0c6a54a1b7f2',
  bootedAt: 1_790_000_000_000,
  agentVersion: '0.0.0',
  cgroupVersion: 'v2',
  sight: 'host',
}

const process: ProcessSample = {
  pid: 0,
  startTicks: 1000,
  ppid: 1,
  comm: '',
  state: 'S',
  threads: 1,
  majorFaults: 0,
  rssKiB: 0,
  oomScore: 700,
  oomScoreAdj: 0,
  cgroup: '/',
}

export function pidOf({ n }: TestPod): number {
  return 2000 + n
}

function processOf(pod: TestPod): ProcessSample {
  const oomScoreAdj = pod.oomScoreAdj ?? (pod.qos === 'besteffort' ? 1000 : 900)
  const points = pod.rssKiB + (oomScoreAdj * totalKiB) / 1000
  return {
    ...process,
    pid: pidOf(pod),
    comm: (pod.container ?? 'app').slice(0, 15),
    rssKiB: pod.rssKiB,
    oomScoreAdj,
    oomScore: Math.round(((1000 + (points * 1000) / totalKiB) * 2) / 3),
    cgroup: containerCgroup(pod),
  }
}

function nameOf({ n, namespace = 'shop', pod, container = 'app' }: TestPod): PodName {
  return { uid: uid(n), namespace, pod, containers: [{ name: container, id: containerId(n) }] }
}

/** A node-wide kill as kernels since 5.4 log it. */
export function globalKill(
  pod: TestPod,
  invoker: { comm: string; pid: number; order?: number; gfp?: string },
): string[] {
  const { comm, pid, order = 0, gfp = 'GFP_HIGHUSER_MOVABLE' } = invoker
  const name = pod.container ?? 'app'
  return [
    `${comm} invoked oom-killer: gfp_mask=0x140cca(${gfp}), order=${order}, oom_score_adj=0`,
    `CPU: 0 PID: ${pid} Comm: ${comm} Not tainted 6.1.0-28-amd64 #1`,
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${containerCgroup(pod)},task=${name},pid=${pidOf(pod)},uid=0`,
    `Out of memory: Killed process ${pidOf(pod)} (${name}) total-vm:9000000kB, anon-rss:${pod.rssKiB}kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:200kB oom_score_adj:${pod.oomScoreAdj ?? (pod.qos === 'besteffort' ? 1000 : 900)}`,
  ]
}
