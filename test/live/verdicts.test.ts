import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKmsgSource, whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'
import { createSamplerSource } from '../../src/input/sampler/sampler-source.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, Observation, OomKill } from '../../src/types.ts'
import { makeOomCgroup, type OomCgroup, whyNoKills } from '../support/oom-cgroup.ts'

const why = whyNoKmsg() ?? whyNoKills()

/** What fixtures/scenarios say of loops, replicas and pools, by this machine's kernel: the same verdicts of real kills. */
describe.skipIf(why !== undefined)(`verdicts, live${why ? ` (skipped: ${why})` : ''}`, () => {
  let agent: Awaited<ReturnType<typeof watch>>
  const cgroups: OomCgroup[] = []
  const make = (name: string): OomCgroup => {
    const cgroup = makeOomCgroup(name)
    cgroups.push(cgroup)
    return cgroup
  }

  beforeEach(async () => {
    agent = await watch()
  })
  afterEach(async () => {
    await agent.stop()
    for (const cgroup of cgroups.splice(0)) cgroup.remove()
  })

  it('a worker that is restarted five times is one loop: reported at its second kill, again when doubled, and when over', async () => {
    const cgroup = make('verdict-loop')
    const pids: number[] = []
    for (let life = 0; life < 5; life++) {
      pids.push(await cgroup.kill('ooml'))
      await sleep(1_500)
    }
    await agent.until(() => agent.of(cgroup).at(-1)?.status === 'resolved')
    const alerts = agent.of(cgroup)
    expect(alerts.map(({ status, severity }) => `${status} ${severity}`)).toEqual([
      'firing warning',
      'firing warning',
      'resolved warning',
    ])
    expect(alerts[0]!.loop).toMatchObject({ kills: 2, respawns: 1, pids: pids.slice(0, 2) })
    expect(alerts.at(-1)!.loop).toMatchObject({ kills: 5, respawns: 4, pids })
    expect(alerts.at(-1)!.evidence.some(line => line.includes(`Killed process ${pids[4]}`))).toBe(true)
  })

  it('three replicas that die once each are nothing', async () => {
    const replicas = ['a', 'b', 'c'].map(name => make(`verdict-replica-${name}`))
    for (const replica of replicas) {
      await replica.kill('oomr')
      await sleep(300)
    }
    await agent.until(() => replicas.every(replica => agent.killsIn(replica).length === 1))
    await sleep(1_500)
    expect(replicas.flatMap(agent.of)).toEqual([])
  })

  it('a pool of three that is killed one by one is nothing, since they lived side by side', async () => {
    const pool = make('verdict-pool')
    const workers = await hold(pool, 3)
    const dead = await workers.release()
    await agent.until(() => agent.killsOf(dead).length === 3)
    await sleep(1_500)
    expect(new Set(agent.killsOf(dead).map(({ event }) => event)).size).toBe(3)
    expect(agent.of(pool)).toEqual([])
  })
})

/** The agent's core and its sources; an incident is over after four quiet seconds. */
async function watch() {
  const alerts: Alert[] = []
  const kills: OomKill[] = []
  const startedAt = Date.now()
  const pipeline = createPipeline({
    onKill: kill => {
      if ((kill.at ?? 0) >= startedAt) kills.push(kill)
    },
  })
  const observe = (observation: Observation): void => void alerts.push(...pipeline.observe(observation))
  observe({ kind: 'settings', at: startedAt, settings: { ...defaultCoreSettings, quietMs: 4_000 } })
  observe({ kind: 'host', at: startedAt, host: hostFacts(startedAt) })
  const sampler = createSamplerSource(createLiveFiles('/'))
  const kmsg = createKmsgSource()
  await sampler.start(observe)
  await kmsg.start(observation => {
    if (observation.kind === 'kernel') {
      // Loops of the tests before, still in the ring, would share an incident and its budget of notifications with ours.
      if (observation.estimated) return
      sampler.lookAtVictim(observation)
    }
    observe(observation)
  })
  const tick = setInterval(() => observe({ kind: 'tick', at: Date.now() }), 1_000)

  const until = async (isSo: () => boolean): Promise<void> => {
    const deadline = Date.now() + 30_000
    while (!isSo() && Date.now() < deadline) await sleep(50)
  }
  return {
    // Others may make the kernel kill on this machine as well: what they cause is excluded by its cgroup.
    of: ({ path }: OomCgroup) => alerts.filter(({ subject }) => subject.includes(path)),
    killsIn: ({ path }: OomCgroup) => kills.filter(({ taskMemcg, oomMemcg }) => (taskMemcg ?? oomMemcg) === path),
    killsOf: (pids: readonly number[]) => kills.filter(({ pid }) => pids.includes(pid)),
    until,
    stop: async () => {
      clearInterval(tick)
      await kmsg.stop()
      await sampler.stop()
    },
  }
}

function hostFacts(at: number) {
  const uptimeSeconds = Number.parseFloat(createLiveFiles('/').read('/proc/uptime')!)
  const unknown = { name: 'here', kernel: '', os: '', memTotalKiB: null, bootId: null, agentVersion: '0' }
  return { ...unknown, bootedAt: at - uptimeSeconds * 1000, sight: 'host' as const }
}

/** Starts hogs in a cgroup that wait; released, they all eat at once. */
async function hold(cgroup: OomCgroup, count: number) {
  const hog = join(mkdtempSync(join(tmpdir(), 'oomloop-hog-')), 'oomp')
  copyFileSync('/usr/bin/tail', hog)
  const v1 = `/sys/fs/cgroup/memory${cgroup.path}`
  const procs = `${existsSync(v1) ? v1 : `/sys/fs/cgroup${cgroup.path}`}/cgroup.procs`
  const script = 'echo $$ >"$1" && read -r _ && exec "$2" /dev/zero'
  const workers = Array.from({ length: count }, () =>
    spawn('sh', ['-c', script, 'sh', procs, hog], { stdio: ['pipe', 'ignore', 'ignore'] }),
  )
  // Long enough for the sampler to have seen them all.
  await sleep(2_500)
  return {
    release: () =>
      Promise.all(
        workers.map(
          worker =>
            new Promise<number>((resolve, reject) => {
              worker.once('exit', (code, signal) =>
                signal === 'SIGKILL' ? resolve(worker.pid!) : reject(new Error(`ended by ${signal ?? code}`)),
              )
              worker.stdin.end('\n')
            }),
        ),
      ),
  }
}
