import { describe, expect, it } from 'vitest'
import { dies, leftOpen, receivers, type Sent, watchNode } from './receivers.ts'

const firingOf = (sent: readonly Sent[]) => sent.filter(({ alert }) => alert.status === 'firing')
const namesIn = (sent: readonly Sent[], pattern: RegExp) =>
  new Set(firingOf(sent).flatMap(({ alert }) => [...`${alert.subject} ${alert.summary}`.matchAll(pattern)].map(String)))

describe('forty workloads that start to loop within a minute', () => {
  const watched = watchNode()
  const { node } = watched
  const places = Array.from({ length: 40 }, (_, index) => node.pod({ name: `w${index}-0`, container: 'app' }))
  for (let round = 0; round < 2; round++)
    for (const [index, place] of places.entries()) places[index] = dies(node, place, { by: 'own', afterSeconds: 1.5 })
  const firstLoopAt = firingOf(watched.sent('generic'))[0]!.at
  node.wait(120, 1)
  const untilNow = watched.sent('slack').length
  node.wait(1_800, 10)

  it('are forty alerts at a receiver that groups by itself, each within 5s of its second kill', () => {
    for (const name of ['generic', 'alertmanager', 'pagerduty']) {
      const loops = firingOf(watched.sent(name))
      expect(new Set(loops.map(({ alert }) => alert.subject)).size, name).toBe(40)
      for (const { alert } of loops) expect(Date.parse(alert.loop!.lastKillAt)).toBeLessThan(Date.parse(alert.at) + 1)
      expect(loops.at(-1)!.at - firstLoopAt, name).toBeLessThan(70)
    }
  })

  it.each(['slack', 'wecom'])('are at most eight messages in %s, which name all forty within a minute', name => {
    const sent = watched.sent(name)
    expect(firingOf(sent).length).toBeLessThanOrEqual(8)
    expect(namesIn(sent, /default\/w\d+/g).size).toBe(40)
    if (name === 'slack') expect(untilNow).toBeLessThanOrEqual(8)
    for (const { alert } of sent) expect(Buffer.byteLength(alert.summary)).toBeLessThan(2_100)
  })

  it('are resolved everywhere, under the key that opened each', () => {
    for (const { name } of receivers) expect(leftOpen(watched.sent(name)), name).toEqual([])
  })
})

describe('six workloads that loop while two finished loops are in the log', () => {
  const watched = watchNode({ isRunning: false })
  const { node } = watched
  for (const name of ['old-a', 'old-b']) {
    let place = node.pod({ name: `${name}-0`, container: 'app' })
    for (let life = 0; life < 4; life++) place = dies(node, place, { by: 'own', afterSeconds: 20 })
  }
  node.wait(900, 30)
  watched.start()
  node.wait(5, 1)
  const places = Array.from({ length: 6 }, (_, index) => node.pod({ name: `new${index}-0`, container: 'app' }))
  const secondKillAt = new Map<string, number>()
  for (let round = 0; round < 8; round++)
    for (const [index, place] of places.entries()) {
      places[index] = dies(node, place, { by: 'own', afterSeconds: 1.5 })
      if (round === 1) secondKillAt.set(`new${index}`, node.seconds())
    }
  node.wait(90, 1)

  it('are each sent within 5s of their second kill to a generic webhook, and the finished ones are not', () => {
    const firing = firingOf(watched.sent('generic'))
    for (const [name, at] of secondKillAt) {
      const first = firing.find(({ alert }) => alert.subject.includes(name))
      expect(first!.at - at, name).toBeLessThan(5)
    }
    expect(firing.filter(({ alert }) => alert.subject.includes('old'))).toEqual([])
  })

  it('are each named in a chat within 60s', () => {
    for (const [name, at] of secondKillAt) {
      const first = firingOf(watched.sent('slack')).find(({ alert }) =>
        `${alert.subject} ${alert.summary}`.includes(name),
      )
      expect(first!.at - at, name).toBeLessThanOrEqual(60)
    }
    expect(namesIn(watched.sent('slack'), /old-[ab]/g).size).toBe(0)
  })
})

describe('a node whose memory runs out', () => {
  const watched = watchNode()
  const { node } = watched
  const kills: number[] = []
  let filebeat = node.pod({ name: 'filebeat-x7k2p', namespace: 'kube-system', container: 'filebeat' })
  for (let kill = 0; kill < 40; kill++) {
    node.hold(15_000)
    filebeat = dies(node, filebeat, { afterSeconds: 46 })
    kills.push(node.seconds())
  }
  node.hold(1_000)
  node.wait(3_600, 10)

  it.each(['slack', 'generic'])(
    'leads to a message in %s within 5s of the first kill, the second, the loop and the storm',
    name => {
      const firing = firingOf(watched.sent(name))
      for (const at of kills.slice(0, 2)) expect(firing.some(each => each.at >= at && each.at - at <= 5)).toBe(true)
      const firstOf = (type: string) => firing.find(({ alert }) => alert.type === type)!.at
      expect(firstOf('respawn-loop') - kills[1]!).toBeLessThanOrEqual(5)
      expect(firstOf('oom-storm') - kills[2]!).toBeLessThanOrEqual(5)
    },
  )

  it('takes at most twenty messages of a chat, the last of which says that all is over', () => {
    const sent = watched.sent('slack')
    expect(sent.length).toBeLessThanOrEqual(20)
    expect(sent.at(-1)!.alert.status).toBe('resolved')
    expect(sent.filter(({ alert }) => alert.status === 'resolved')).toHaveLength(1)
  })

  it('sends no message twice with the same headline and no news', () => {
    const texts = watched.sent('slack').map(({ alert }) => `${alert.type} ${alert.severity} ${alert.summary}`)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('is resolved everywhere, under the key that opened each alert', () => {
    for (const { name } of receivers)
      if (name !== 'slack' && name !== 'wecom') expect(leftOpen(watched.sent(name))).toEqual([])
  })
})

it('a hundred workloads that loop node-wide fit into twenty messages a day of a chat, and all are named', () => {
  const watched = watchNode()
  const { node } = watched
  const places = Array.from({ length: 100 }, (_, index) => node.pod({ name: `n${index}-0`, container: 'app' }))
  for (let round = 0; round < 2; round++)
    for (const [index, place] of places.entries()) places[index] = dies(node, place, { afterSeconds: 2 })
  for (let quarter = 0; quarter < 32; quarter++) {
    places[0] = dies(node, places[0]!, { afterSeconds: 300 })
  }
  const sent = watched.sent('slack')
  expect(sent.length).toBeLessThanOrEqual(20)
  expect(namesIn(sent, /default\/n\d+/g).size).toBe(100)
}, 60_000)
