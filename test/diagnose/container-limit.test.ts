import { expect, it } from 'vitest'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, HostFacts } from '../../src/types.ts'
import { createSimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'

it('a loop of a few rounds a second has a period, and a cgroup that is no pod’s gets no pod’s manifest', () => {
  const alerts: Alert[] = []
  const pipeline = createPipeline()
  const node = createSimulatedNode({ sink: observation => alerts.push(...pipeline.observe(observation)) })
  pipeline.observe({ kind: 'settings', at: startOfTime, settings: defaultCoreSettings })
  pipeline.observe({ kind: 'host', at: startOfTime, host: (node.header() as { host: HostFacts }).host })
  const place = node.cgroup('/builds/job-7')
  node.emit({ kind: 'cgroups', cgroups: [{ path: place.cgroup, limitKiB: 307_200, currentKiB: 307_200 }] })
  for (let life = 0; life < 2; life++) {
    const process = node.start(place, { comm: 'cc1', rssMiB: 300 })
    node.wait(0.4, 0.1)
    node.kill(process, { by: 'own' })
  }
  const loop = alerts.find(({ type }) => type === 'respawn-loop')!
  expect(loop.summary).toContain('2 kills, 400ms apart')
  expect(loop.diagnosis[0]!.remedy).toMatch(/^Raise its limit: set it to \d+Mi$/)
})
