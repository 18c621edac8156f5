import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { whyNoKmsg } from '../../src/input/live/kmsg.ts'
import type { Alert } from '../../src/types.ts'
import { type Receiver, startReceiver, until } from '../deliver/receiver.ts'
import { alertsOf, makeStateDir } from '../support/live-agent.ts'
import { makeOomCgroup, type OomCgroup, whyNoKills } from '../support/oom-cgroup.ts'
import { startOomloop } from '../support/oomloop.ts'

const why = whyNoKmsg() ?? whyNoKills()
// What other tests made the kernel kill before is no concern of this one.
const windows = ['--loop-window', '10s', '--own-limit-loop-window', '10s']

/** A service and a DaemonSet on one host: the lock in /run/oomloop keeps one of them active. */
describe.skipIf(why !== undefined)(`two agents on one host, live${why ? ` (skipped: ${why})` : ''}`, () => {
  const started: ReturnType<typeof startOomloop>[] = []
  let receiver: Receiver
  let cgroup: OomCgroup

  afterEach(async () => {
    for (const agent of started.splice(0)) {
      agent.process.kill('SIGKILL')
      await agent.finished
    }
    await receiver.close()
    cgroup.remove()
  })

  const start = (): ReturnType<typeof startOomloop> => {
    const agent = startOomloop(['run', '--webhook', receiver.url, '--state-dir', makeStateDir(), ...windows], {
      env: { OOMLOOP_SINGLE_INSTANCE: 'true' },
    })
    started.push(agent)
    return agent
  }
  const says = (agent: ReturnType<typeof startOomloop>, words: string, withinMs = 20_000) =>
    until(() => agent.stderr().includes(words), withinMs, words)

  it('one alert arrives, and when the active agent is stopped the standby takes over', async () => {
    receiver = await startReceiver()
    cgroup = makeOomCgroup('single-instance')
    const told = (): readonly Alert[] => alertsOf(receiver.bodies(), cgroup.path)
    const first = start()
    await says(first, '"watching"')
    const second = start()
    await says(second, 'standby')

    await cgroup.kill('oomvoice')
    await sleep(500)
    await cgroup.kill('oomvoice')
    await until(() => told().length > 0, 5_000, 'the alert of the second kill')
    await sleep(3_000)
    expect(told().map(({ status, notes }) => [status, ...notes])).toEqual([['firing']])

    first.process.kill('SIGTERM')
    await first.finished
    await until(() => told().length === 2, 5_000, 'the last word of the first')
    expect(told()[1]).toMatchObject({ status: 'firing', notes: ['handover'], incident: told()[0]!.incident })

    await says(second, '"watching"')
    await cgroup.kill('oomvoice')
    await sleep(500)
    await cgroup.kill('oomvoice')
    await until(() => told().length > 2, 5_000, 'an alert of the second agent')
    expect(told()[2]).toMatchObject({ status: 'firing', type: 'respawn-loop' })
    expect(told()[2]!.notes).not.toContain('handover')
  })
})
