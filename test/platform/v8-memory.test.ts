import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Libc, openLibc } from '../../src/platform/libc.ts'
import { releaseFreeMemory } from '../../src/platform/v8-memory.ts'

const mib = 1024 * 1024

describe('memory that was used once', () => {
  const watch = (state: { isQuiet: boolean; resident: number }): { trims: number } => {
    const counts = { trims: 0 }
    releaseFreeMemory({
      isQuiet: () => state.isQuiet,
      residentBytes: () => state.resident,
      libc: { trimHeaps: () => counts.trims++ } as unknown as Libc,
    })
    return counts
  }

  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('free memory is released at start and every five minutes', () => {
    const counts = watch({ isQuiet: true, resident: 50 * mib })
    expect(counts.trims).toBe(1)
    vi.advanceTimersByTime(11_000)
    expect(counts.trims).toBe(2)
    vi.advanceTimersByTime(295_000)
    expect(counts.trims).toBe(2)
    vi.advanceTimersByTime(10_000)
    expect(counts.trims).toBe(3)
  })

  it('free memory is released within seconds where the agent has grown, and once more when its work is done', () => {
    const state = { isQuiet: true, resident: 50 * mib }
    const counts = watch(state)
    vi.advanceTimersByTime(60_000)
    expect(counts.trims).toBe(2)
    state.resident = 54 * mib
    vi.advanceTimersByTime(5_000)
    expect(counts.trims).toBe(3)
    vi.advanceTimersByTime(10_000)
    expect(counts.trims).toBe(4)
    vi.advanceTimersByTime(60_000)
    expect(counts.trims).toBe(4)
  })

  it('free memory is never released while kernel records come or an alert is on its way', () => {
    const state = { isQuiet: false, resident: 50 * mib }
    const counts = watch(state)
    state.resident = 90 * mib
    vi.advanceTimersByTime(600_000)
    expect(counts.trims).toBe(0)
    state.isQuiet = true
    vi.advanceTimersByTime(5_000)
    expect(counts.trims).toBe(1)
  })
})

it.skipIf(!openLibc())("the C library's own malloc_trim is found and can be called", () => {
  expect(() => openLibc()!.trimHeaps()).not.toThrow()
})
