import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replayAlerts } from '../diagnose/replay.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/killers')

async function loopsOf(file: string) {
  const alerts = await replayAlerts(join(fixtures, file))
  const loops = alerts.filter(({ type }) => type === 'respawn-loop')
  return new Map(loops.map(({ subject, loop }) => [subject, `${loop!.kills} by ${loop!.endedBy ?? 'kernel'}`]))
}

describe('a loop that a log shows without a line of the kernel', () => {
  it.each([
    [
      'kubelet evicts a DaemonSet again, in a syslog',
      'eviction-loop.log',
      'pod/logging/filebeat',
      '2 by kubelet-eviction',
    ],
    [
      'kubelet evicts a DaemonSet again, in its own klog file',
      'eviction-loop-klog.log',
      'pod/logging/fluent-bit',
      '3 by kubelet-eviction',
    ],
    [
      'systemd-oomd kills a service again',
      'systemd-oomd-service.log',
      'unit/system.slice/worker.service',
      '2 by systemd-oomd',
    ],
    [
      'systemd alone writes that systemd-oomd killed a unit',
      'systemd-oomd-unit-lines.log',
      'unit/system.slice/worker.service',
      '3 by systemd-oomd',
    ],
    [
      'systemd-oomd kills scopes of one application',
      'systemd-oomd-scopes.log',
      'unit/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-*.scope',
      '3 by systemd-oomd',
    ],
    ['earlyoom kills one name for the third time', 'earlyoom.log', 'comm/java', '3 by earlyoom'],
    ['nohang kills one name for the third time', 'nohang.log', 'comm/stress', '3 by nohang'],
    ['lmkd kills an application for the third time, in logcat', 'lmkd-logcat.log', 'comm/com.example.app', '3 by lmkd'],
    [
      'lmkd kills an application for the third time, in a dmesg without dates',
      'lmkd-dmesg.log',
      'comm/com.example.app',
      '3 by lmkd',
    ],
    ['oomd kills a service again, in the kernel log', 'oomd-kmsg.log', 'unit/workload.slice/web.service', '3 by oomd'],
  ])('is called when %s', async (_, file, subject, says) => {
    expect([...(await loopsOf(file))]).toEqual([[subject, says]])
  })

  it('is not called when kubelet evicts for the disk', async () => {
    expect([...(await loopsOf('eviction-disk-klog.log'))]).toEqual([])
  })
})
