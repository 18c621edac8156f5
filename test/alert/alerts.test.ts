import { describe, expect, it } from 'vitest'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { Alert, CoreSettings, HostFacts } from '../../src/types.ts'
import { createSimulatedNode, type Place, type SimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'

/** Lets something happen to a node under the whole pipeline, and returns its alerts. */
function published(happens: (node: SimulatedNode) => void, settings: Partial<CoreSettings> = {}): Alert[] {
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

describe('the state of alerts', () => {
  it('is complete: each of 60 workloads that loop on one node is its own alert, all of one incident', () => {
    const alerts = published(node => {
      slaughter(node, { workloads: 60, kills: 180, everySeconds: 2 })
      node.wait(2 * 3_600, 30)
    })
    const loops = alerts.filter(({ type }) => type === 'respawn-loop')
    expect(new Set(loops.map(({ subject }) => subject)).size).toBe(60)
    expect(new Set(alerts.map(({ nodeIncident }) => nodeIncident)).size).toBe(1)
    const last = alerts.filter(({ status }) => status === 'firing').at(-1)!
    expect(last.membersTotal).toBeGreaterThan(55)
    expect(last.members).toHaveLength(10)
  })

  it('has an incident for each workload that loops at its own limit', () => {
    const alerts = published(node => {
      const places = ['a', 'b', 'c'].map(name => node.pod({ name: `${name}-0`, container: 'app' }))
      for (let round = 0; round < 3; round++)
        for (const [index, place] of places.entries())
          places[index] = dies(node, place, { by: 'own', afterSeconds: 10 })
      node.wait(1_800, 30)
    })
    expect(new Set(alerts.map(({ incident }) => incident)).size).toBe(3)
    expect(alerts.every(({ nodeIncident, membersTotal }) => nodeIncident === null && membersTotal === 0)).toBe(true)
    expect(alerts.filter(({ status }) => status === 'resolved')).toHaveLength(3)
  })

  it('lets a workload that turns node-level join the incident of the node under its own name', () => {
    const alerts = published(node => {
      let place = node.pod({ name: 'app-0', container: 'app' })
      for (let life = 0; life < 2; life++) place = dies(node, place, { by: 'own', afterSeconds: 20 })
      for (let life = 0; life < 2; life++) place = dies(node, place, { afterSeconds: 20 })
      node.wait(1_800, 30)
    }).filter(({ type }) => type === 'respawn-loop')
    expect(alerts.map(({ nodeIncident, status, notes }) => [nodeIncident !== null, status, ...notes])).toEqual([
      [false, 'firing'],
      [true, 'firing', 'joined'],
      [true, 'resolved'],
    ])
    expect(new Set(alerts.map(({ incident }) => incident)).size).toBe(1)
    expect(new Set(alerts.map(({ startsAt }) => startsAt)).size).toBe(1)
  })

  it('resolves each alert that fired, and no other', () => {
    const alerts = published(node => {
      slaughter(node, { workloads: 20, kills: 100, everySeconds: 15 })
      node.wait(4 * 3_600, 30)
    })
    const of = (status: string) =>
      new Set(alerts.filter(alert => alert.status === status).map(({ type, subject }) => `${type} ${subject}`))
    expect(of('resolved')).toEqual(of('firing'))
    expect(alerts.filter(({ status }) => status === 'resolved')).toHaveLength(of('resolved').size)
  })

  it('gives each change an id of its own, without dots, and the same in a replay', () => {
    const happens = (node: SimulatedNode) => slaughter(node, { workloads: 3, kills: 30, everySeconds: 20 })
    const ids = published(happens).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every(id => /^[0-9a-f]{24}$/.test(id))).toBe(true)
    expect(published(happens).map(({ id }) => id)).toEqual(ids)
  })

  it('bounds the lists of an alert, with the totals beside', () => {
    const alerts = published(node => slaughter(node, { workloads: 1, kills: 40, everySeconds: 20 }))
    // Published at 2, 4 and 16.
    const last = alerts.findLast(({ type }) => type === 'respawn-loop')!
    expect(last.loop).toMatchObject({ kills: 16, respawns: 15 })
    expect(last.loop!.pids).toHaveLength(10)
    expect(last.evidence).toHaveLength(20)
    expect(last.evidenceTotal).toBe(16 * 3)
  })

  it('publishes nothing of a muted type, and the rest as if that did not exist', () => {
    const happens = (node: SimulatedNode) => slaughter(node, { workloads: 2, kills: 12, everySeconds: 60 })
    const muted = published(happens, { mute: [{ type: 'oom-storm' }] })
    expect(published(happens).some(({ type }) => type === 'oom-storm')).toBe(true)
    expect(muted.some(({ type }) => type === 'oom-storm')).toBe(false)
    expect(muted.flatMap(({ members }) => members).some(({ type }) => type === 'oom-storm')).toBe(false)
    expect(muted.some(({ type }) => type === 'respawn-loop')).toBe(true)
  })

  it('never lets a severity fall while an alert stands, since receivers would take that for another alert', () => {
    const alerts = published(node => {
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

/** One life: starts where it is to live, is killed, and leaves where the next one is to live. */
function dies(node: SimulatedNode, place: Place, { by, afterSeconds }: { by?: 'own'; afterSeconds: number }): Place {
  const life = node.start(place, { comm: 'java', rssMiB: 600 })
  node.wait(afterSeconds, 30)
  node.kill(life, by ? { by } : {})
  return node.restarted(place)
}

const brief = (alerts: readonly Alert[]) => alerts.map(({ subject, status }) => `${subject} ${status}`)

describe('an alert', () => {
  it('that was published is resolved, although it was muted later', () => {
    const alerts = published(node => {
      let place = node.pod({ name: 'app-x7k2p', container: 'app' })
      for (let life = 0; life < 3; life++) place = dies(node, place, { by: 'own', afterSeconds: 20 })
      const mute = [{ namespace: 'default' }]
      node.emit({ kind: 'settings', settings: { ...defaultCoreSettings, mute } })
      dies(node, place, { by: 'own', afterSeconds: 20 })
      node.wait(4_000)
    })
    expect(brief(alerts)).toEqual(['pod/default/app/app firing', 'pod/default/app/app resolved'])
  })

  it('is published for new workloads each day, although a muted one keeps looping', () => {
    const settings = { mute: [{ namespace: 'ci' }] }
    const firing = new Set<string>()
    const alerts = published(node => {
      let build = node.pod({ name: 'build-x7k2p', namespace: 'ci', container: 'build' })
      const live = (seconds: number) => {
        for (let spent = 0; spent < seconds; spent += 300) {
          build = dies(node, build, { by: 'own', afterSeconds: 290 })
          node.wait(10)
        }
      }
      for (let day = 0; day < 8; day++) {
        for (const name of [`a${day}-0`, `b${day}-0`]) {
          let place = node.pod({ name, container: 'app' })
          for (let life = 0; life < 5; life++) place = dies(node, place, { by: 'own', afterSeconds: 20 })
        }
        live(24 * 3_600)
      }
    }, settings)
    for (const { subject, status } of alerts) if (status === 'firing') firing.add(subject)
    for (let day = 0; day < 8; day++)
      for (const name of ['a', 'b']) expect(firing, `${name}${day}`).toContain(`pod/default/${name}${day}-0/app`)
  })

  it('an alert about a source that goes down every few minutes is one ongoing alert', () => {
    const alerts = published(node => {
      let place = node.pod({ name: 'app-x7k2p', container: 'app' })
      for (let round = 0; round < 72; round++) {
        place = dies(node, place, { by: 'own', afterSeconds: 300 })
        node.emit({ kind: 'source', source: 'kmsg', state: 'blind', why: 'gone' })
        node.wait(300, 30)
        node.emit({ kind: 'source', source: 'kmsg', state: 'sighted', why: 'back' })
        node.wait(600, 30)
      }
    })
    const impaired = alerts.filter(({ type }) => type === 'agent-impaired')
    expect(impaired.length).toBeGreaterThan(1)
    expect(impaired.length).toBeLessThanOrEqual(20)
  })

  it('that is new is no reminder, although a muted one has gone on for days', () => {
    const settings = { mute: [{ namespace: 'ci' }] }
    const alerts = published(node => {
      let build = node.pod({ name: 'build-x7k2p', namespace: 'ci', container: 'build' })
      for (let life = 0; life < 500; life++) {
        build = dies(node, build, { by: 'own', afterSeconds: 290 })
        node.wait(10)
        if (life === 450) dies(node, node.pod({ name: 'web-0', container: 'web' }), { afterSeconds: 10 })
      }
    }, settings)
    expect(alerts.map(({ status, notes }) => [status, ...notes])).toEqual([['firing'], ['resolved']])
  })

  it('that is information holds back nothing that is critical', () => {
    const criticals = (isCrashing: boolean) => {
      const alerts = published(node => {
        let crash = node.pod({ name: 'crash-x7k2p', container: 'app' })
        let app = node.pod({ name: 'app-a8d2k', container: 'app' })
        // Twenty hours: one crashes every six minutes at its own limit, eight times another takes the node down twice.
        for (let minute = 0; minute < 1_200; minute += 6) {
          if (isCrashing) crash = dies(node, crash, { by: 'own', afterSeconds: 60 })
          else node.wait(60, 30)
          if (minute % 150 === 30 || minute % 150 === 36) app = dies(node, app, { afterSeconds: 60 })
          else node.wait(60, 30)
          node.wait(240, 30)
        }
      })
      return alerts.filter(({ severity, status, type }) => {
        return severity === 'critical' && status === 'firing' && type === 'respawn-loop'
      }).length
    }
    expect(criticals(false)).toBe(8)
    expect(criticals(true)).toBe(8)
  })

  it.each(['own', undefined] as const)(
    'about a loop that returns every forty minutes goes on and is not resolved (%s)',
    by => {
      const alerts = published(node => {
        let place = node.pod({ name: 'app-x7k2p', container: 'app' })
        for (let hour = 0; hour < 24; hour += 2 / 3) {
          for (const afterSeconds of [30, 30]) place = dies(node, place, by ? { by, afterSeconds } : { afterSeconds })
          node.wait(2_340, 30)
        }
      })
      expect(new Set(alerts.map(({ incident }) => incident)).size).toBe(1)
      expect(alerts.length).toBeLessThanOrEqual(20)
      expect(alerts.length).toBeGreaterThan(3)
    },
  )
})
