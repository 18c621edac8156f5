import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { type Receiver, startReceiver, until } from '../deliver/receiver.ts'
import { alertsOf, type LiveAgent, makeSecretFile, makeStateDir, startAgent } from '../support/live-agent.ts'
import { kernelKills, makeOomCgroup, type OomCgroup, whyNoKills } from '../support/oom-cgroup.ts'

const why = whyNoKmsg() ?? whyNoKills()
// So that an end is seen within a test's patience.
const hasty = ['--quiet', '4s', '--recovery', '1s']

/** A kernel kill goes in at one end, a signed alert comes out of a webhook at the other. */
describe.skipIf(why !== undefined)(`the main job, live${why ? ` (skipped: ${why})` : ''}`, () => {
  const started: LiveAgent[] = []
  const receivers: Receiver[] = []
  const cgroups: OomCgroup[] = []
  const start = async (options: Parameters<typeof startAgent>[0]): Promise<LiveAgent> => {
    const agent = startAgent(options)
    started.push(agent)
    await agent.ready
    return agent
  }
  const receive: typeof startReceiver = async (...options) => {
    const receiver = await startReceiver(...options)
    receivers.push(receiver)
    return receiver
  }
  const make = (name: string): OomCgroup => {
    const cgroup = makeOomCgroup(name)
    cgroups.push(cgroup)
    return cgroup
  }

  afterEach(async () => {
    for (const agent of started.splice(0)) {
      agent.process.kill('SIGKILL')
      await agent.finished
    }
    for (const receiver of receivers.splice(0)) await receiver.close()
    for (const cgroup of cgroups.splice(0)) cgroup.remove()
  })

  it('a loop of five kills is sent at the second, when it grows and when it is over, signed, and all kills are counted', async () => {
    const receiver = await receive()
    const secret = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
    const args = ['--webhook-secret-file', makeSecretFile(secret), ...hasty]
    await start({ webhook: receiver.url, stateDir: makeStateDir(), args })
    const countedBefore = kernelKills()
    const loop = make('main-loop')
    const told = () => alertsOf(receiver.bodies(), loop.path)

    const first = await loop.kill('oomloop-victim')
    await sleep(1_000)
    expect(told()).toEqual([]) // one kill is no loop
    const second = await loop.kill('oomloop-victim')
    await until(() => told().length === 1, 5_000, 'the alert of the second kill')
    expect(told()[0]).toMatchObject({
      version: 1,
      type: 'respawn-loop',
      status: 'firing',
      subject: told()[0]!.workload!.key,
      loop: { kills: 2, respawns: 1, pids: [first, second] },
    })
    expect(told()[0]!.loop!.medianPeriodSeconds).toBeGreaterThanOrEqual(1)

    for (let kill = 3; kill <= 5; kill++) {
      await loop.kill('oomloop-victim')
      await sleep(1_000)
    }
    await until(() => told().at(-1)?.status === 'resolved', 30_000, 'the end')
    const all = told()
    expect(all.map(({ status }) => status)).toEqual(['firing', 'firing', 'resolved'])
    expect(all.at(-1)!.loop!.kills).toBe(5)
    expect(new Set(all.map(({ incident }) => incident)).size).toBe(1)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    const { counted, seen, lostRecords } = all.at(-1)!.coverage
    expect({ counted, seen, lostRecords }).toEqual({ counted: 5, seen: 5, lostRecords: 0 })
    expect(kernelKills() - countedBefore).toBe(5)
    for (const { body, headers } of receiver.received)
      new Webhook(secret).verify(body, headers as Record<string, string>) // throws where the signature is wrong
  })

  it('kill -9 at any moment and a restart: each alert arrives, under one id, and the backlog is no news', async () => {
    const receiver = await receive()
    const stateDir = makeStateDir()
    const loop = make('main-restart')
    const told = () => alertsOf(receiver.bodies(), loop.path)

    let agent = await start({ webhook: receiver.url, stateDir, args: hasty })
    await loop.kill('oomloop-victim')
    await sleep(1_200) // what was seen leaves the process once a second
    agent.process.kill('SIGKILL')
    await agent.finished

    agent = await start({ webhook: receiver.url, stateDir, args: hasty })
    await loop.kill('oomloop-victim')
    agent.process.kill('SIGKILL') // right in the middle of sending it
    await agent.finished

    agent = await start({ webhook: receiver.url, stateDir, args: hasty })
    await until(() => told().length >= 1, 5_000, 'the alert of the second kill')
    await loop.kill('oomloop-victim')
    await loop.kill('oomloop-victim')
    await until(() => told().at(-1)?.status === 'resolved', 30_000, 'the end')

    const byId = new Map(told().map(alert => [alert.id, alert]))
    expect([...byId.values()].map(({ status, loop }) => `${status} ${loop!.kills}`)).toEqual([
      'firing 2',
      'firing 4',
      'resolved 4',
    ])
    // What arrived twice (at least once is the promise) is the same to the letter.
    for (const alert of told()) expect(alert).toEqual(byId.get(alert.id))
    expect(new Set(told().map(({ incident }) => incident)).size).toBe(1)

    agent.process.kill('SIGKILL')
    await agent.finished
    await start({ webhook: receiver.url, stateDir, args: hasty })
    await sleep(2_500)
    // An agent that starts again has nothing to say of it; what was answered in the moment of the kill may come once more.
    for (const alert of told()) expect(alert).toEqual(byId.get(alert.id))
  })

  it('SIGTERM ends it within two seconds, also while the webhook hangs', async () => {
    const receiver = await receive(() => {}) // takes everything, answers nothing
    const agent = await start({ webhook: receiver.url, stateDir: makeStateDir(), args: hasty })
    const loop = make('main-hang')
    await loop.kill('oomloop-victim')
    await sleep(300)
    await loop.kill('oomloop-victim')
    await until(() => receiver.received.length > 0, 5_000, 'a request that hangs')
    const from = performance.now()
    agent.process.kill('SIGTERM')
    const { signal } = await agent.finished
    expect(performance.now() - from).toBeLessThan(2_000)
    expect(signal).toBe('SIGTERM')
  })

  it('without a webhook it prints alerts that a person can read', async () => {
    const { startOomloop } = await import('../support/oomloop.ts')
    const agent = startOomloop(['run', '--state-dir', makeStateDir(), ...hasty])
    started.push({ ...agent, ready: Promise.resolve() })
    await until(() => agent.stderr().includes('"watching"'), 20_000, 'the agent watches')
    const loop = make('main-print')
    await loop.kill('oomloop-victim')
    await sleep(300)
    await loop.kill('oomloop-victim')
    await until(() => agent.stdout().includes('main-print'), 5_000, 'something to read')
    expect(agent.stdout()).toMatch(/respawn-loop|loop/)
    expect(agent.stdout()).not.toContain('{"version"')
  })
})
