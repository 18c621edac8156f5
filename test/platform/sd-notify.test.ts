import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { AgentStatus } from '../../src/agent/agent-status.ts'
import { statusLine } from '../../src/agent/status-line.ts'
import { createNotifier } from '../../src/platform/sd-notify.ts'
import { tempDir } from '../deliver/samples.ts'
import { serviceManager, whyNoServiceManager as why } from '../support/service-manager.ts'

describe.skipIf(why)(`telling the service manager${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each(['path', 'abstract'] as const)(
    'each message is one datagram, on a socket with a name that is %s',
    async kind => {
      const { address, datagrams } = await serviceManager(kind)
      const notifier = createNotifier({ NOTIFY_SOCKET: address })
      notifier.ready()
      notifier.status('quiet\nWATCHDOG=trigger')
      notifier.status('quiet\nWATCHDOG=trigger') // said already
      notifier.reloading()
      notifier.stopping()
      await pause(200)
      expect(datagrams()).toEqual([
        'READY=1',
        'STATUS=quiet WATCHDOG=trigger',
        expect.stringMatching(/^RELOADING=1\nMONOTONIC_USEC=\d+$/),
        'STOPPING=1',
      ])
    },
  )

  it('the watchdog is fed twice in its time, from ready on, until it stops', async () => {
    const { address, datagrams } = await serviceManager('path')
    const notifier = createNotifier({
      NOTIFY_SOCKET: address,
      WATCHDOG_USEC: '200000',
      WATCHDOG_PID: String(process.pid),
    })
    await pause(300)
    expect(datagrams()).toEqual([])
    notifier.ready()
    await pause(1000)
    notifier.stopping()
    const fed = datagrams().filter(text => text === 'WATCHDOG=1').length
    expect(fed).toBeGreaterThanOrEqual(5)
    await pause(300)
    expect(datagrams().filter(text => text === 'WATCHDOG=1').length).toBeLessThanOrEqual(fed + 1)
  })

  it("another process's watchdog is not fed", async () => {
    const { address, datagrams } = await serviceManager('path')
    createNotifier({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' }).ready()
    await pause(400)
    expect(datagrams()).toEqual(['READY=1'])
  })

  it('a manager that is gone, or a socket that never was, is no failure', () => {
    const notifier = createNotifier({ NOTIFY_SOCKET: join(tempDir(), 'gone') })
    notifier.ready()
    notifier.status('quiet')
    notifier.stopping()
    createNotifier({}).ready()
  })
})

describe('the line in systemctl status', () => {
  const quiet = {
    firing: [],
    coverage: { counted: 4, seen: 4, attributed: 4, lostRecords: 0 },
    sources: [{ name: 'pressure', state: 'blind', why: 'no PSI', steady: true }],
    delivery: [],
  } as unknown as AgentStatus

  it('is short where nothing is the matter', () => {
    expect(statusLine(quiet)).toBe('quiet; 4 OOM kills seen of 4')
  })

  it('names the worst, what waits, and what cannot be seen', () => {
    const bad = {
      ...quiet,
      firing: [
        { type: 'respawn-loop', subject: 'pod/a', severity: 'warning', since: '' },
        { type: 'oom-storm', subject: 'node', severity: 'critical', since: '' },
      ],
      sources: [{ name: 'kmsg', state: 'blind', why: 'denied', steady: false }],
      delivery: [{ webhook: 'w', pending: 2, delivered: 0, failed: 3 }],
    } as unknown as AgentStatus
    expect(statusLine(bad)).toBe(
      'firing: oom-storm (node) and 1 more; 4 OOM kills seen of 4; 2 alerts are waiting to be sent; source down: kmsg',
    )
  })
})
