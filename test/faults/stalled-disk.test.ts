import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../deliver/receiver.ts'
import { makeFreezableDisk, whyNoFreezableDisk } from '../support/frozen-disk.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'
import { oomloop } from '../support/oomloop.ts'

const why = whyNoFreezableDisk()

/** A cgroup of a container of its own. */
const cgroupOf = (name: string): string => `/docker/${name.repeat(64).slice(0, 64)}`

describe.skipIf(why)(`a state disk that is frozen (fsfreeze)${why ? ` (skipped: ${why})` : ''}`, () => {
  it('delays no alert and no health answer, is reported within 15s, and loses nothing when it thaws', async () => {
    const disk = makeFreezableDisk()
    const agent = await startLogFileAgent({ stateDir: disk.dir, args: ['--listen', '127.0.0.1:0'] })
    onTestFinished(disk.remove)
    // What the first run compiles and reads is over.
    await pause(2000)
    disk.freeze()
    onTestFinished(disk.thaw)
    await pause(3000) // the recorder and the status have met the frozen disk

    const ids = new Set<string>()
    let pid = 5000
    const delays: number[] = []
    for (const name of ['a', 'b']) {
      agent.kill({ pid: pid++, cgroup: cgroupOf(name) })
      await pause(500)
      agent.kill({ pid: pid++, cgroup: cgroupOf(name) })
      const begunAt = Date.now()
      await until(
        () => agent.receiver.bodies().some(body => JSON.stringify(body).includes(name.repeat(12))),
        5000,
        `an alert about ${name} arrives`,
      )
      delays.push(Date.now() - begunAt)
      // Nothing in the agent's main thread waits for the disk.
      expect(readFileSync(`/proc/${agent.pid}/task/${agent.pid}/stat`, 'latin1').split(') ')[1]![0]).not.toBe('D')
    }
    for (const body of agent.receiver.bodies()) ids.add(String(body.id))
    expect(Math.max(...delays)).toBeLessThan(1000)

    await until(() => agent.stderr().includes('state-directory'), 15_000, 'the stalled disk is reported')
    await until(
      () => agent.receiver.bodies().some(({ type }) => type === 'agent-impaired'),
      5000,
      'agent-impaired is sent',
    )
    disk.thaw()
    await until(
      () => agent.receiver.bodies().some(({ type, status }) => type === 'agent-impaired' && status === 'resolved'),
      20_000,
      'the disk is back, and so it is said',
    )
    await agent.stop()

    // A new life finds them in the outbox: none is sent again.
    const before = agent.receiver.received.length
    const replayed = await oomloop(['replay', `${disk.dir}/recordings`, '--kills'])
    expect(replayed.stdout.trim().split('\n')).toHaveLength(4)
    expect(agent.receiver.received.length).toBe(before)
  }, 90_000)
})
