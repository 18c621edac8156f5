import { hostname } from 'node:os'
import { parseCgroupLines } from '../parse/cgroup/cgroup-line.ts'
import { parseMeminfo } from '../parse/proc/meminfo.ts'
import type { HostFacts, HostFiles } from '../types.ts'
import { readKubeletFacts } from './kubelet.ts'

interface FactsOptions {
  /** Node name from the settings; null: the host name. */
  readonly nodeName: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly agentVersion: string
  /** Now, ms since the epoch. */
  readonly at: number
}

/**
 * Facts that do not change while the node is up, read once. Reads files only, below the root that `files` stands for.
 */
export function readHostFacts(files: HostFiles, options: FactsOptions): HostFacts {
  const text = (path: string): string | undefined => files.read(path)?.trim() || undefined
  const { MemTotal, SwapTotal } = parseMeminfo(files.read('/proc/meminfo') ?? '')
  const agentPid = Number(files.link('/proc/self'))
  const kubelet = readKubeletFacts(files)
  const ownSubtree = subtreeOf(files)
  const hostName = text('/proc/sys/kernel/hostname') ?? text('/etc/hostname') ?? hostname()
  const osRelease = files.read('/etc/os-release') ?? files.read('/usr/lib/os-release') ?? ''
  const osId = /^ID="?([a-z0-9._-]{1,40})"?$/m.exec(osRelease)?.[1]
  const init = text('/proc/1/comm')
  return {
    name: options.nodeName ?? hostName,
    kernel: text('/proc/sys/kernel/osrelease') ?? 'unknown',
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'unknown',
    ...(osId && { osId }),
    ...(init && { init }),
    ...(options.nodeName !== null && { hostname: hostName }),
    memTotalKiB: MemTotal ?? null,
    ...(SwapTotal !== undefined && { swapTotalKiB: SwapTotal }),
    bootId: text('/proc/sys/kernel/random/boot_id') ?? null,
    bootedAt: bootedAt(files, options.at),
    agentVersion: options.agentVersion,
    // Our own pid as seen in the /proc that is read. Without hostPID, our pid has no meaning there.
    ...(agentPid > 0 && { agentPid }),
    cgroupVersion: cgroupVersion(files),
    labels: options.labels,
    ...(kubelet && { kubelet }),
    sysctls: Object.fromEntries(
      sysctlNames.flatMap(name => {
        const value = text(`/proc/sys/${name.replaceAll('.', '/')}`)
        return value === undefined ? [] : [[name, value]]
      }),
    ),
    ...(ownSubtree && { ownSubtree }),
    sight: 'host',
  }
}

const sysctlNames = [
  'vm.panic_on_oom',
  'vm.oom_kill_allocating_task',
  'vm.oom_dump_tasks',
  'vm.overcommit_memory',
  'vm.overcommit_ratio',
  'vm.min_free_kbytes',
  'vm.admin_reserve_kbytes',
  'vm.swappiness',
  'kernel.panic',
]

/** The same host after its clock was set; undefined where it is not certain, since reading took too long. */
export function datedAnew(host: HostFacts, files: HostFiles, now: () => number): HostFacts | undefined {
  if (host.bootedAt === null) return host // the boot time of this host is unknown
  const from = now()
  const at = bootedAt(files, from)
  if (at === null || now() - from > slowReadMs) return undefined
  return { ...host, bootedAt: at }
}

// What is read later than this dates the boot by as much too late.
const slowReadMs = 10

/** /proc/uptime counts as the start times in /proc/PID/stat do: with the time spent in suspend. */
function bootedAt(files: HostFiles, at: number): number | null {
  const uptimeSeconds = Number.parseFloat(files.read('/proc/uptime') ?? '')
  return Number.isFinite(uptimeSeconds) ? Math.round(at - uptimeSeconds * 1000) : null
}

function cgroupVersion(files: HostFiles): NonNullable<HostFacts['cgroupVersion']> {
  const root = files.list('/sys/fs/cgroup')
  if (!root || root.length === 0) return 'none'
  // A capture names memory.stat of the root and not everything beside it.
  if (root.includes('cgroup.controllers') || root.includes('memory.stat')) return 'v2'
  return root.includes('unified') ? 'hybrid' : 'v1'
}

// PROC_PID_INIT_INO in include/linux/proc_ns.h: the pid namespace of the host itself has this inode, on every kernel.
const hostPidNamespace = 'pid:[4026531836]'

/**
 * The cgroup that we answer for, where "the host" is itself a container (kind, a nested cluster): the one that its first
 * process lives in, as the kernel's log writes it. undefined: the whole host, or it is not known.
 */
function subtreeOf(files: HostFiles): string | undefined {
  const namespace = files.link('/proc/1/ns/pid')
  if (namespace === undefined || namespace === hostPidNamespace) return undefined
  const path = parseCgroupLines(files.read('/proc/1/cgroup') ?? '')?.replace(/\/init\.scope$/, '')
  return path && path !== '/' ? path : undefined
}
