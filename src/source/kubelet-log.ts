import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { parseTerminationLine } from '../parse/termination-line.ts'
import type { Source } from '../types.ts'
import { createLogFileSource } from './log-file.ts'

/** Where syslog daemons put what kubelet says: Debian, Red Hat and SUSE. A journal without syslog beside it is not read. */
const usualLogs = ['/var/log/syslog', '/var/log/messages', '/var/log/daemon.log']

/** The log below this root that kubelet writes to, by what stands in its last megabyte; undefined where there is none. */
export function findKubeletLog(root: string): string | undefined {
  return usualLogs
    .map(path => join(root, path))
    .find(path => / (?:kubelet|k3s|k3s-agent|rke2)\[\d+\]: /.test(tailOf(path)))
}

/**
 * Follows kubelet's log beside /dev/kmsg, for the few lines that tell of a pod's end. The kernel's lines in the same file
 * are left out, since they are read at their source.
 */
export function createKubeletLogSource(path: string): Source {
  const log = createLogFileSource({ path })
  return {
    name: 'kubelet-log',
    start: emit =>
      log.start(observation => {
        if (observation.kind === 'unit-line' && parseTerminationLine(observation.line)) emit(observation)
      }),
    stop: log.stop,
  }
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
