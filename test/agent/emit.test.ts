import { expect, it, vi } from 'vitest'
import { createEmit } from '../../src/agent/emit.ts'
import type { Observation } from '../../src/types.ts'

it('observations that were read before the clock was set are dated by the new clock, also the second of one reading', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000 })
  const seen: Observation[] = []
  const steps = [0, -3_600_000, 0, 0]
  const emit = createEmit({
    clock: { check: () => steps.shift() ?? 0, unconfirmedMs: () => 0 },
    emit: observation => void seen.push(observation),
    catchUp: () => {},
    monotonicMs: () => 5,
  })
  emit({ kind: 'tick', at: 1_000_000_000 })
  vi.setSystemTime(1_000_000_000 - 3_600_000)
  emit({ kind: 'tick', at: 1_000_000_000 })
  emit({ kind: 'tick', at: 1_000_000_000 })
  emit({ kind: 'tick', at: 1_000_000_000 - 3_600_000 })
  vi.useRealTimers()
  expect(seen.map(({ at }) => at)).toEqual([1_000_000_000, ...Array(3).fill(1_000_000_000 - 3_600_000)])
})

it('what piled up while the agent did not run is read before another source says what is now', () => {
  const order: string[] = []
  let now = 0
  const emit = createEmit({
    clock: { check: () => 0, unconfirmedMs: () => 0 },
    emit: ({ kind }) => void order.push(kind),
    catchUp: () => void order.push('caught up'),
    monotonicMs: () => now,
  })
  emit({ kind: 'tick', at: 1 })
  now = 60_000
  emit({ kind: 'tick', at: 2 })
  expect(order).toEqual(['tick', 'caught up', 'tick'])
})

it('a clock that was set and is not confirmed yet moves no observation to the new time', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000 + 10_800_000 })
  const seen: Observation[] = []
  const emit = createEmit({
    clock: { check: () => 0, unconfirmedMs: () => 10_800_000 },
    emit: observation => void seen.push(observation),
    catchUp: () => {},
    monotonicMs: () => 5,
  })
  emit({ kind: 'tick', at: 1_000_000_000 + 10_800_000 })
  emit({ kind: 'tick', at: 1_000_000_000 })
  vi.useRealTimers()
  expect(seen.map(({ at }) => at)).toEqual([1_000_000_000, 1_000_000_000])
})
