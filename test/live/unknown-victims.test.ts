import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createKmsgSource, whyNoKmsg } from '../../src/input/live/kmsg.ts'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'
import { createSamplerSource } from '../../src/input/sampler/sampler-source.ts'
import { createPipeline } from '../../src/pipeline.ts'
import type { AttributedKill, Observation } from '../../src/types.ts'
import { makeOomCgroup, whyNoKills } from '../support/oom-cgroup.ts'

const why = whyNoKmsg() ?? whyNoKills()
const kills = Number(process.env.OOMLOOP_LIVE_KILLS ?? 60)

/**
 * Victims that live for some 60 ms in two cgroups, so many that the kernel suppresses the lines that name their cgroup:
 * ten of these are printed in five seconds on the whole machine.
 */
describe.skipIf(why !== undefined)(`unknown victims, live${why ? ` (skipped: ${why})` : ''}`, () => {
  it(
    'no kill is attributed to a wrong cgroup with certainty, and a loop that is seen rests on no guess',
    async () => {
      const cgroups = [makeOomCgroup('unknown-a', 8), makeOomCgroup('unknown-b', 8)]
      const truth = new Map<number, string>()
      const agent = await watch()
      try {
        for (let count = 0; count < kills; count += 2) {
          // Two at once, in either order, so that both counters move between two readings.
          const pair = cgroups.map(async cgroup => {
            await sleep(Math.random() * 60)
            truth.set(await cgroup.kill('oomu'), cgroup.path)
          })
          await Promise.all(pair)
        }
        await agent.until(() => agent.kills.filter(({ kill }) => truth.has(kill.pid)).length >= truth.size)
        const ours = agent.kills.filter(({ kill }) => truth.has(kill.pid))
        const isWrong = ({ kill, workload }: AttributedKill) =>
          workload.cgroup !== null && workload.cgroup !== truth.get(kill.pid)
        const of = (certainty: string) => ours.filter(({ workload }) => workload.certainty === certainty)
        const count = (certainty: string) =>
          `${of(certainty).length} ${certainty} (${of(certainty).filter(isWrong).length} wrong)`
        console.log(
          `${ours.length} kills, ${ours.filter(({ kill }) => kill.taskMemcg === null).length} without the kernel's line: ${['cgroup', 'guess', 'name-only'].map(count).join(', ')}`,
        )
        expect(ours.length).toBeGreaterThanOrEqual(truth.size)
        expect(of('cgroup').filter(isWrong)).toEqual([])
        for (const verdict of agent.verdicts())
          if (verdict.type === 'respawn-loop') expect(verdict.severity).not.toBe('critical')
      } finally {
        await agent.stop()
        for (const cgroup of cgroups) cgroup.remove()
      }
    },
    120_000 + kills * 1_000,
  )
})

async function watch() {
  const attributed: AttributedKill[] = []
  const pipeline = createPipeline({ onEvent: event => void (event.kind === 'kill' && attributed.push(event.kill)) })
  const observe = (observation: Observation): void => void pipeline.observe(observation)
  const kmsg = createKmsgSource()
  const sampler = createSamplerSource(createLiveFiles('/'))
  const at = Date.now()
  const uptimeSeconds = Number.parseFloat(createLiveFiles('/').read('/proc/uptime')!)
  const unknown = { name: 'here', kernel: '', os: '', memTotalKiB: null, bootId: null, agentVersion: '0' }
  const host = { ...unknown, bootedAt: at - uptimeSeconds * 1000, sight: 'host' as const }
  observe({ kind: 'host', at, host })
  await sampler.start(observe)
  await kmsg.start(observation => {
    if (observation.kind === 'kernel') {
      if (observation.estimated) return
      sampler.lookAtVictim(observation)
    }
    observe(observation)
  })
  const tick = setInterval(() => observe({ kind: 'tick', at: Date.now() }), 1_000)
  return {
    kills: attributed,
    verdicts: pipeline.verdicts,
    until: async (isSo: () => boolean): Promise<void> => {
      const deadline = Date.now() + 30_000
      while (!isSo() && Date.now() < deadline) await sleep(50)
    },
    stop: async () => {
      clearInterval(tick)
      await kmsg.stop()
      await sampler.stop()
    },
  }
}
