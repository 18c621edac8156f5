import { expect, it } from 'vitest'
import { createAgentImpaired } from '../../src/detect/agent-impaired.ts'
import type { CoreEvent, Verdict, World } from '../../src/types.ts'
import { startAt, worldAt } from './deaths.ts'

function said(...events: readonly (readonly [seconds: number, event: object])[]): Verdict[] {
  const detect = createAgentImpaired()
  return events.flatMap(([seconds, event]) =>
    detect({ ...event, at: startAt + seconds * 1000 } as CoreEvent, worldAt(seconds)),
  )
}

const blind = (source: string) => ({ kind: 'source', source, state: 'blind', why: 'EPERM' })
const sighted = (source: string) => ({ kind: 'source', source, state: 'sighted', why: '' })
const tick = { kind: 'tick' }

it('fires once for a source that went blind and ends when all sources see again', () => {
  const verdicts = said([0, blind('kmsg')], [1, blind('kmsg')], [2, blind('pods')], [3, sighted('kmsg')], [4, tick])
  expect(verdicts.map(({ firing, facts }) => [firing, facts.blindSources])).toEqual([
    [true, 'kmsg'],
    [true, 'kmsg, pods'],
    [true, 'pods'],
  ])
  expect(said([0, blind('kmsg')], [9, sighted('kmsg')]).at(-1)).toMatchObject({ firing: false })
})

it('says nothing of what merely is so', () => {
  expect(said([0, { ...blind('pressure'), steady: true }], [60, tick])).toEqual([])
})

it('tells lost records once an episode, which ends after ten minutes without', () => {
  const lost = { kind: 'lost', source: 'kmsg', records: 7 }
  const verdicts = said([0, lost], [60, lost], [600, tick], [660, tick], [661, tick], [900, lost])
  expect(verdicts.map(({ firing, at }) => [firing, (at - startAt) / 1000])).toEqual([
    [true, 0],
    [false, 661],
    [true, 900],
  ])
})

it.each([
  ['one that anybody may kill', 0, true],
  ['one that is protected and still among the first three, on a node of two processes', -999, false],
])('calls itself a victim: %s', (_, oomScoreAdj, isVictim) => {
  const world = worldAt(0)
  const candidate = { process: { pid: 77, oomScoreAdj }, workload: {} }
  const detect = createAgentImpaired()
  const verdicts = detect(
    { kind: 'memory', at: startAt } as CoreEvent,
    {
      ...world,
      host: { ...world.host, agentPid: 77 },
      identity: { ...world.identity, candidates: () => [candidate] },
      memory: { ...world.memory, headroom: { ratio: 0.01 } },
    } as unknown as World,
  )
  expect(verdicts.map(({ facts }) => facts.isNextVictim)).toEqual(isVictim ? [true] : [])
})
