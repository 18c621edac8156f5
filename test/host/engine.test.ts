import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { giveFreeMemoryBack } from '../../src/host/engine.ts'
import { type Libc, openLibc } from '../../src/host/libc.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('free memory goes back', () => {
  const countTrims = (isBusy: () => boolean): { trims: number } => {
    const counts = { trims: 0 }
    giveFreeMemoryBack(isBusy, { trimHeaps: () => counts.trims++ } as unknown as Libc)
    return counts
  }

  it('at once and every five minutes', () => {
    const counts = countTrims(() => false)
    expect(counts.trims).toBe(1)
    vi.advanceTimersByTime(600_000)
    expect(counts.trims).toBe(3)
  })

  it('never while the agent is needed', () => {
    let isBusy = true
    const counts = countTrims(() => isBusy)
    vi.advanceTimersByTime(900_000)
    expect(counts.trims).toBe(0)
    isBusy = false
    vi.advanceTimersByTime(300_000)
    expect(counts.trims).toBe(1)
  })

  it.skipIf(!openLibc())("the C library's own function is found and can be called", () => {
    expect(() => openLibc()!.trimHeaps()).not.toThrow()
  })
})
