import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseKillerLine, parseNohangVictim } from '../../parse/killers/killer-line.ts'
import { parseTerminationLine } from '../../parse/killers/termination-line.ts'
import type { Source, UnitLine } from '../../types.ts'
import { createLogFileSource } from './log-file.ts'

/** Log files of kubelet alone, for nodes without syslog and journal. */
const ownLogs = ['/var/log/kubelet.log', '/var/log/kubernetes/kubelet.log']

/** Where syslog daemons put what kubelet says: Debian, Red Hat and SUSE. A journal without syslog beside it is not read. */
const usualLogs = ['/var/log/syslog', '/var/log/messages', '/var/log/daemon.log']

interface KubeletLog {
  readonly path: string
  /** Only root can write its lines. */
  readonly isOwn: boolean
}

/** The log below this root that kubelet writes to: its own file, or by what stands in a syslog's last megabyte. */
export function findKubeletLog(root: string): KubeletLog | undefined {
  const own = ownLogs.map(path => join(root, path)).find(isRootsAlone)
  if (own) return { path: own, isOwn: true }
  const logs = usualLogs.map(log => join(root, log))
  // systemd-oomd logs nothing before it kills, so it is enough that it runs.
  const path =
    logs.find(log => / (?:kubelet|k3s|k3s-agent|rke2|systemd-oomd|earlyoom|nohang)\[\d+\]: /.test(tailOf(log))) ??
    (hasKiller(root) ? logs.find(log => statSync(log, { throwIfNoEntry: false })?.isFile()) : undefined)
  return path === undefined ? undefined : { path, isOwn: false }
}

/**
 * Follows kubelet's log beside /dev/kmsg, for the few lines that say that a pod ends. The kernel's lines in the same file
 * are left out, since they are read at their source. A line of a syslog is a hint: every user can write one.
 */
export function createKubeletLogSource({ path, isOwn }: KubeletLog): Source {
  const log = createLogFileSource({
    path,
    ...(isOwn && {
      parse: line => ({ kind: 'unit-line', at: Date.now(), unit: 'kubelet', line: line.slice(0, 4096), trusted: true }),
    }),
  })
  return {
    name: 'kubelet-log',
    start: emit =>
      log.start(observation => {
        if (observation.kind !== 'unit-line' || !isWanted(observation)) return
        const { readTo: _, ...line } = observation
        emit(line)
      }),
    stop: log.stop,
  }
}

/** What ends pods and processes: deletions, evictions, and userspace OOM killers that write to the same syslog. */
function isWanted({ unit, line }: UnitLine): boolean {
  return (
    parseTerminationLine(line) !== undefined ||
    parseKillerLine(line, unit) !== undefined ||
    /must evict pod\(s\) to reclaim/.test(line) ||
    parseNohangVictim(line) !== undefined
  )
}

/** A userspace OOM killer runs as a service of systemd: its cgroup is there. */
function hasKiller(root: string): boolean {
  return ['', 'systemd/', 'memory/'].some(hierarchy =>
    ['systemd-oomd', 'earlyoom', 'nohang', 'nohang-desktop'].some(
      unit =>
        statSync(join(root, `/sys/fs/cgroup/${hierarchy}system.slice/${unit}.service`), { throwIfNoEntry: false }) !==
        undefined,
    ),
  )
}

function isRootsAlone(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile()) return false
  return stats.uid === 0 && (stats.mode & 0o022) === 0
}

function tailOf(path: string): string {
  try {
    const fd = openSync(path, 'r')
    try {
      const { size } = fstatSync(fd)
      const length = Math.min(size, 1024 * 1024)
      const buffer = Buffer.allocUnsafe(length)
      return buffer.toString('latin1', 0, readSync(fd, buffer, 0, length, size - length))
    } finally {
      closeSync(fd)
    }
  } catch {
    return '' // not there, or not ours to read
  }
}
