import { expect, it } from 'vitest'
import { createAgentImpaired } from '../../src/detect/agent-impaired.ts'
import type { CoreEvent, Verdict, World } from '../../src/types.ts'
import type { AgentImpairedFacts } from '../../src/verdicts/agent-impaired.ts'
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

it('fires once for a source that went down, and ends when all sources are up again', () => {
  const verdicts = said([0, blind('kmsg')], [1, blind('kmsg')], [2, blind('pods')], [3, sighted('kmsg')], [4, tick])
  expect(verdicts.map(({ firing, facts }) => [firing, facts])).toEqual([
    [true, expect.objectContaining({ sourcesDown: ['kmsg'] })],
    [true, expect.objectContaining({ sourcesDown: ['kmsg', 'pods'] })],
    [true, expect.objectContaining({ sourcesDown: ['pods'] })],
  ])
  expect(said([0, blind('kmsg')], [9, sighted('kmsg')]).at(-1)).toMatchObject({ firing: false })
})

it('a source that the host never had is not reported', () => {
  expect(said([0, { ...blind('pressure'), steady: true }], [60, tick])).toEqual([])
})

it('reports lost records once an episode, which ends after ten minutes without', () => {
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
  expect(verdicts.map(({ facts }) => facts)).toEqual(isVictim ? [expect.objectContaining({ isNextVictim: true })] : [])
})

/** The verdicts of a world whose kernel has counted and whose sources have shown so many kills, a reading a second. */
function counting(
  readings: (second: number) => readonly [counted: number | null, seen: number],
  seconds: number,
): Verdict[] {
  const detect = createAgentImpaired()
  return Array.from({ length: seconds }, (_, second) => {
    const [counted, seen] = readings(second)
    const world = { ...worldAt(second), coverage: { counted, seen, attributed: seen, lostRecords: 0 } }
    return detect({ kind: 'memory', at: startAt + second * 1000 } as CoreEvent, world)
  }).flat()
}

it('fires 30s after the kernel counted kills that no source has shown, and resolves after ten minutes without another', () => {
  const verdicts = counting(second => [second < 5 ? 0 : 3, 0], 700)
  expect(
    verdicts.map(({ firing, at, facts }) => [firing, (at - startAt) / 1000, (facts as AgentImpairedFacts).unseenKills]),
  ).toEqual([
    [true, 35, 3],
    [false, 636, 0],
  ])
})

it.each([
  [
    'a kill that is counted first and seen 20s later',
    (second: number) => [second < 5 ? 0 : 1, second < 25 ? 0 : 1] as const,
  ],
  ['kills of before the start, which no source has to show', () => [4, 0] as const],
  ['a host that counts nothing', () => [null, 3] as const],
])('is silent about %s', (_, readings) => {
  expect(counting(readings, 120)).toEqual([])
})
