import { expect, it } from 'vitest'
import { createNodeDaemonKilled } from '../../src/detect/node-daemon-killed.ts'
import { killEvent, startAt, worldAt } from './deaths.ts'

const key = 'unit/system.slice/containerd.service'

it('counts the kills of a daemon within the loop window, and starts again after it', () => {
  const detect = createNodeDaemonKilled()
  const kill = (seconds: number, nodeDaemon = true) =>
    detect(killEvent({ seconds, pid: 10, key, workload: { nodeDaemon } }), worldAt(seconds))[0]
  expect(kill(0, false)).toBeUndefined()
  expect(kill(60)).toMatchObject({ subject: key, severity: 'critical', facts: { kills: 1 } })
  const second = kill(3_600)
  expect(second).toMatchObject({ since: startAt + 60_000, facts: { kills: 2 } })
  const aMonthLater = kill(30 * 86_400)
  expect(aMonthLater).toMatchObject({ since: startAt + 30 * 86_400_000, facts: { kills: 1 } })
})

it('takes a daemon at a limit of its own for a workload like others, and not one that its slice’s limit killed', () => {
  const detect = createNodeDaemonKilled()
  const at = (limitLevel: 'unit' | 'cgroup' | 'slice' | 'node') => {
    const event = killEvent({ seconds: 0, pid: 10, key, workload: { nodeDaemon: true } })
    if (event.kind !== 'kill') throw new Error('no kill')
    return detect({ ...event, kill: { ...event.kill, limitLevel } }, worldAt(0))
  }
  expect(at('unit')).toEqual([])
  expect(at('cgroup')).toEqual([])
  expect(at('slice')).toHaveLength(1)
  expect(at('node')).toHaveLength(1)
})
