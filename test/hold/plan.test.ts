import { expect, it } from 'vitest'
import type { HoldTarget } from '../../src/hold/choose.ts'
import { createHoldPlanner } from '../../src/hold/plan.ts'
import type { HeldCgroup, World } from '../../src/types.ts'
import { containerPath } from './tree.ts'

const worldAt = (seconds: number, ratio: number, emptyInSeconds: readonly [number, number] | null = null) =>
  ({ steadyNow: seconds * 1000, memory: { headroom: { ratio }, signals: { emptyInSeconds } } }) as unknown as World
const target = { cgroup: containerPath(1) } as HoldTarget
const held = [{ cgroup: containerPath(2) }] as unknown as HeldCgroup[]
const base = { isExhausted: true, mayHold: true, targets: () => [target], held: [], isTerminating: () => false }

it('holds what was chosen while the node runs out of memory, and nothing otherwise', () => {
  const { plan } = createHoldPlanner()
  expect(plan({ ...base, world: worldAt(0, 0.1) })).toEqual({ hold: [target], release: [], isActive: true })
  expect(plan({ ...base, world: worldAt(1, 0.1), isExhausted: false }).isActive).toBe(false)
  expect(plan({ ...base, world: worldAt(2, 0.3) }).hold).toEqual([])
})

it('holds before there is a verdict where little is left and it is gone within a minute by both slopes', () => {
  const early = { ...base, isExhausted: false }
  const { plan } = createHoldPlanner()
  expect(plan({ ...early, world: worldAt(0, 0.17, [20, 32]) }).hold).toEqual([target])
  expect(plan({ ...early, world: worldAt(1, 0.17, [20, 90]) }).hold).toEqual([])
  expect(plan({ ...early, world: worldAt(2, 0.18, [20, 32]) }).hold).toEqual([])
  expect(plan({ ...early, world: worldAt(3, 0.17, null) }).hold).toEqual([])
  expect(plan({ ...early, world: worldAt(4, 0.17, [20, 32]), mayHold: false }).hold).toEqual([])
})

it('does not ask twice for what is held', () => {
  const both = [target, ...held] as unknown as HoldTarget[]
  expect(createHoldPlanner().plan({ ...base, world: worldAt(0, 0.1), targets: () => both, held }).hold).toEqual([
    target,
  ])
})

it('releases after a minute with headroom, not after a moment of it', () => {
  const { plan } = createHoldPlanner()
  for (const second of [0, 30, 59]) expect(plan({ ...base, world: worldAt(second, 0.3), held }).release).toEqual([])
  expect(plan({ ...base, world: worldAt(60, 0.3), held }).release).toEqual([
    { cgroup: held[0]!.cgroup, why: 'headroom' },
  ])
  expect(plan({ ...base, world: worldAt(61, 0.1), held }).release).toEqual([])
  expect(plan({ ...base, world: worldAt(62, 0.3), held }).release).toEqual([])
})

it('releases at once what is terminating', () => {
  const input = { ...base, world: worldAt(0, 0.05), held, isTerminating: () => true }
  expect(createHoldPlanner().plan(input).release).toEqual([{ cgroup: held[0]!.cgroup, why: 'terminating' }])
})

it('renews the lease while something is held, also when the verdict is over', () => {
  expect(createHoldPlanner().plan({ ...base, world: worldAt(0, 0.1), isExhausted: false, held }).isActive).toBe(true)
})
