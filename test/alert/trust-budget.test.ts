import { describe, expect, it } from 'vitest'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, CoreSettings, HostFacts } from '../../src/types.ts'
import { createSimulatedNode, type SimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'

/** Lets something happen to a node under the whole pipeline, and returns what was said. */
function told(happens: (node: SimulatedNode) => void, settings: Partial<CoreSettings> = {}): Alert[] {
  const alerts: Alert[] = []
  const pipeline = createPipeline()
  const node = createSimulatedNode({ sink: observation => alerts.push(...pipeline.observe(observation)) })
  const { host } = node.header() as { host: HostFacts }
  pipeline.observe({ kind: 'settings', at: startOfTime, settings: { ...defaultCoreSettings, ...settings } })
  pipeline.observe({ kind: 'host', at: startOfTime, host })
  happens(node)
  return alerts
}

/** So many workloads, killed in turn and started again, until so many are dead. */
function slaughter(node: SimulatedNode, options: { workloads: number; kills: number; everySeconds: number }): void {
  const lives = Array.from({ length: options.workloads }, (_, index) =>
    node.start(node.pod({ name: `app-${index}`, container: 'app' }), { comm: 'app', rssMiB: 20 }),
  )
  for (let kill = 0; kill < options.kills; kill++) {
    const index = kill % options.workloads
    node.wait(options.everySeconds, 10)
    node.kill(lives[index]!)
    lives[index] = node.start(node.restarted(lives[index]!.place), { comm: 'app', rssMiB: 20 })
  }
}

describe('the trust budget', () => {
  // Up to ten simulated hours in steps of a second: long on a busy machine.
  it.each([0.2, 2, 7])(
    'tells 5000 kills of 500 victims, one each %s s, in 20 notifications at most',
    everySeconds => {
      const alerts = told(node => {
        slaughter(node, { workloads: 500, kills: 5_000, everySeconds })
        node.wait(12 * 3_600, 30)
      })
      expect(new Set(alerts.map(({ incident }) => incident)).size).toBe(1)
      expect(alerts.length).toBeLessThanOrEqual(20)
      const last = alerts.filter(({ status }) => status === 'firing').at(-1)!
      expect(last.membersTotal).toBeGreaterThan(400)
      expect(last.members).toHaveLength(10)
    },
    120_000,
  )

  it('tells the end of each alert that it told, and of no other', () => {
    const alerts = told(node => {
      slaughter(node, { workloads: 20, kills: 100, everySeconds: 15 })
      node.wait(4 * 3_600, 30)
    })
    const of = (status: string) =>
      new Set(alerts.filter(alert => alert.status === status).map(({ type, subject }) => `${type} ${subject}`))
    expect(of('resolved')).toEqual(of('firing'))
    expect(alerts.filter(({ status }) => status === 'resolved')).toHaveLength(of('resolved').size)
  })

  it('names each notification otherwise, without dots, and the same in a replay', () => {
    const happens = (node: SimulatedNode) => slaughter(node, { workloads: 3, kills: 30, everySeconds: 20 })
    const ids = told(happens).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every(id => /^[0-9a-f]{24}$/.test(id))).toBe(true)
    expect(told(happens).map(({ id }) => id)).toEqual(ids)
  })

  it('bounds the lists of an alert, with the totals beside', () => {
    const alerts = told(node => slaughter(node, { workloads: 1, kills: 40, everySeconds: 20 }))
    // Told at 2, with the storm at 3, at 6, and at four times that.
    const last = alerts.findLast(({ type }) => type === 'respawn-loop')!
    expect(last.loop).toMatchObject({ kills: 24, respawns: 23 })
    expect(last.loop!.pids).toHaveLength(10)
    expect(last.evidence).toHaveLength(20)
    expect(last.evidenceTotal).toBe(24 * 3)
  })

  it('never tells of a muted type, and tells of the rest as if that were not there', () => {
    const happens = (node: SimulatedNode) => slaughter(node, { workloads: 2, kills: 12, everySeconds: 60 })
    const muted = told(happens, { mute: [{ type: 'oom-storm' }] })
    expect(told(happens).some(({ type }) => type === 'oom-storm')).toBe(true)
    expect(muted.some(({ type }) => type === 'oom-storm')).toBe(false)
    expect(muted.flatMap(({ members }) => members).some(({ type }) => type === 'oom-storm')).toBe(false)
    expect(muted.some(({ type }) => type === 'respawn-loop')).toBe(true)
  })

  it('never lets a severity fall while an alert stands, since receivers would take that for another alert', () => {
    const alerts = told(node => {
      let life = node.start(node.pod({ name: 'app', container: 'app' }), { comm: 'app' })
      for (let lives = 0; lives < 12; lives++) {
        node.wait(lives < 3 ? 10 : 300)
        node.kill(life, { by: 'own' })
        life = node.start(node.restarted(life.place), { comm: 'app' })
      }
      node.wait(1_200)
    })
    expect(new Set(alerts.map(({ severity }) => severity))).toEqual(new Set(['warning']))
    expect(alerts.at(-1)!.status).toBe('resolved')
  })
})
