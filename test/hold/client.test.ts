import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type HoldClient, startHoldClient } from '../../src/agent/hold/hold-client.ts'
import type { HoldTarget } from '../../src/hold/choose.ts'
import type { HoldAnswer, HoldRequest } from '../../src/hold/protocol.ts'
import type { HeldCgroup, Observation, World } from '../../src/types.ts'
import { containerPath } from './tree.ts'

const cgroup = containerPath(1)
const held = [{ cgroup, since: 1 }] as unknown as HeldCgroup[]
let asked: string[]
let emitted: Observation[]
let answer: HoldAnswer | undefined
let client: HoldClient
let isExhausted: boolean
let observe: boolean
let terminating: boolean

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  emitted = []
  answer = { refused: null, held, released: [] }
  isExhausted = true
  observe = terminating = false
  let heldNow: readonly HeldCgroup[] = []
  client = startHoldClient({
    root: '/',
    now: () => 5,
    observe: () => observe,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ask: async (request: HoldRequest) => {
      asked.push(request.do)
      return answer
    },
    agent: {
      world: () =>
        ({
          steadyNow: Date.now(),
          memory: { headroom: { ratio: 0.1 } },
          hold: { held: heldNow },
        }) as unknown as World,
      emit: observation => {
        emitted.push(observation)
        if (observation.kind === 'hold') heldNow = observation.held
      },
      status: () =>
        ({ firing: isExhausted ? [{ type: 'memory-exhaustion', subject: 'node' }] : [] }) as unknown as ReturnType<
          Parameters<typeof startHoldClient>[0]['agent']['status']
        >,
      hold: {
        holdChoice: () => ({ targets: [{ cgroup, growthKiBPerSecond: 9 } as HoldTarget], why: null }),
        isTerminating: () => terminating,
      },
    },
  })
})
afterEach(async () => {
  await client.stop()
  vi.useRealTimers()
})

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000)

it('asks for nothing while nothing is short, but for the release of what an earlier agent left', async () => {
  isExhausted = false
  await pass(10)
  expect([asked, emitted]).toEqual([['release-all'], []])
})

it('asks to hold what was chosen, renews every second, and reports every answer to the core', async () => {
  await pass(4)
  expect(asked).toEqual(['release-all', 'hold', 'renew', 'renew', 'renew'])
  expect(emitted).toHaveLength(4)
  expect(emitted[0]).toMatchObject({ kind: 'hold', held })
})

it('asks for nothing while the settings say that nothing is sent', async () => {
  observe = true
  await pass(5)
  expect(asked).toEqual(['release-all'])
})

it('asks for the release of what is terminating', async () => {
  await pass(1)
  terminating = true
  await pass(1)
  expect(asked).toContain('release')
})

it('reports that nothing is held once the process no longer answers', async () => {
  await pass(1)
  answer = undefined
  await pass(3)
  expect(emitted.at(-1)).toMatchObject({ kind: 'hold', held: [] })
})

it('has everything released when it stops', async () => {
  await pass(2)
  await client.stop()
  expect(asked.at(-1)).toBe('release-all')
})
