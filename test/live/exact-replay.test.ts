import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { type Receiver, startReceiver, until } from '../deliver/receiver.ts'
import { alertsOf, type LiveAgent, makeStateDir, startAgent } from '../support/live-agent.ts'
import { makeOomCgroup, type OomCgroup, whyNoKills } from '../support/oom-cgroup.ts'
import { oomloop } from '../support/oomloop.ts'
import { expectValid } from '../support/schema.ts'

const why = whyNoKmsg() ?? whyNoKills()

/** What was recorded live is replayed: the receiver's alerts come out again, to the byte. */
describe.skipIf(why !== undefined)(`exact replay, live${why ? ` (skipped: ${why})` : ''}`, () => {
  const started: LiveAgent[] = []
  let receiver: Receiver | undefined
  let cgroup: OomCgroup | undefined

  afterEach(async () => {
    for (const agent of started.splice(0)) {
      agent.process.kill('SIGKILL')
      await agent.finished
    }
    await receiver?.close()
    cgroup?.remove()
  })

  it('a loop, two kill -9 and rotated segments later, gives the ids and texts that the receiver got', async () => {
    const stateDir = makeStateDir()
    const recordings = join(stateDir, 'recordings')
    receiver = await startReceiver()
    const loop = makeOomCgroup('exact-replay')
    cgroup = loop
    // The smallest segments there are, so that they rotate; everything is sent, so that all can be compared.
    const args = ['--quiet', '5s', '--recovery', '1s', '--record-size', '1MiB', '--min-severity', 'info']
    const start = async (): Promise<LiveAgent> => {
      const agent = startAgent({ webhook: receiver!.url, stateDir, args })
      started.push(agent)
      await agent.ready.catch(error => Promise.reject(new Error(`${error.message}: ${agent.stderr().slice(-2000)}`)))
      return agent
    }
    const killHard = async (agent: LiveAgent): Promise<void> => {
      agent.process.kill('SIGKILL')
      await agent.finished
    }
    const told = () => alertsOf(receiver!.bodies(), loop.path)

    let agent = await start()
    await loop.kill('oomloop-victim')
    await sleep(1200)
    await loop.kill('oomloop-victim')
    await until(() => told().length > 0, 10_000, 'the alert of the second kill')
    await killHard(agent)

    agent = await start()
    for (let kill = 3; kill <= 12; kill++) {
      await loop.kill('oomloop-victim')
      await sleep(800)
    }
    await killHard(agent)

    agent = await start()
    await loop.kill('oomloop-victim')
    await until(() => told().at(-1)?.status === 'resolved', 60_000, 'the end')
    agent.process.kill('SIGTERM')
    await agent.finished

    const segments = readdirSync(recordings)
    expect(segments.length, segments.join()).toBeGreaterThan(1)
    const { stdout, stderr } = await oomloop(['replay', '--alerts', recordings])
    const replayed = stdout.trimEnd().split('\n')
    const received = [...new Set(receiver.received.map(({ body }) => body))]
    for (const line of replayed) expectValid('alert', JSON.parse(line))
    const ours = (lines: readonly string[]) =>
      lines.filter(line => line.includes(`"subject":"cgroup${loop.path}"`)).toSorted()
    // At least once is the promise: what came twice is the same both times, which the set of texts shows.
    expect(idsOf(ours(received))).toEqual(idsOf(ours(replayed)))
    expect(ours(received).map(differenceTo(replayed))).toEqual(ours(received).map(() => null))
    expect(new Set(idsOf(replayed)).size).toBe(replayed.length)
    expect(told().at(-1)!.loop!.kills).toBe(13)
    // What the kernel's log held of others when we came: delivery leaves out what was over before it could be sent, and
    // marks what came late. What it did send is in the replay.
    expect(received.map(differenceTo(replayed)).filter(difference => difference !== null)).toEqual([])
    expect(stderr).not.toMatch(/missing|broken/)
  })
})

function idsOf(lines: readonly string[]): readonly string[] {
  return lines.map(line => JSON.parse(line).id).toSorted()
}

/** Which fields of an alert differ in its replay; null where it is the same to the byte. */
function differenceTo(replayed: readonly string[]): (line: string) => string | null {
  const byId = new Map(replayed.map(line => [JSON.parse(line).id, line]))
  return line => {
    const alert = JSON.parse(line)
    const other = byId.get(alert.id)
    if (other === undefined) return `${alert.id} ${alert.subject} ${alert.status} is not in the replay`
    const plain = JSON.stringify({ ...alert, notes: alert.notes.filter((note: string) => note !== 'late') })
    if (other === plain) return null
    const again = JSON.parse(other)
    const keys = Object.keys(alert).filter(key => JSON.stringify(alert[key]) !== JSON.stringify(again[key]))
    return keys
      .map(key => `${key}: ${JSON.stringify(alert[key])} ≠ ${JSON.stringify(again[key])}`.slice(0, 300))
      .join('; ')
  }
}
