import { describe, expect, it } from 'vitest'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { samplesOf, someHost, storyStart } from './node-story.ts'

describe('the view of memory', () => {
  it('knows nothing before the first sample', () => {
    const view = createMemoryView()
    expect([view.latest, view.headroom, view.stall, view.signals]).toEqual([null, null, null, null])
    expect(view.availableKiBAt(storyStart)).toBe(null)
  })

  it('returns headroom, its slope and the time until it is used up', () => {
    const view = createMemoryView()
    const phases = [
      { seconds: 60, availableMiB: 700 },
      { seconds: 60, availableMiB: 100, dropped: 0.01 },
    ]
    for (const sample of samplesOf(phases)) view.observe(sample, someHost)
    expect(view.headroom).toMatchObject({ KiB: 102_400, of: 'node' })
    expect(view.headroom!.slopeKiBPerSecond).toBeCloseTo(-10_240, -1)
    expect(view.signals!.emptyInSeconds![1]).toBeCloseTo(10, 0)
    expect(view.signals!.isReclaiming).toBe(true)
  })

  it('says what was available at a moment, and nothing from samples older than 15 s', () => {
    const view = createMemoryView()
    for (const sample of samplesOf([{ seconds: 10, availableMiB: 500 }])) view.observe(sample, someHost)
    expect(view.availableKiBAt(storyStart + 9_500)).toBe(500 * 1024)
    expect(view.availableKiBAt(storyStart + 24_000)).toBe(500 * 1024)
    expect(view.availableKiBAt(storyStart + 24_001)).toBe(null)
    expect(view.availableKiBAt(storyStart - 1)).toBe(null)
  })

  it('keeps a quarter of an hour, however often it is sampled', () => {
    const view = createMemoryView()
    for (const sample of samplesOf([{ seconds: 1200 }], { everyMs: 500 })) view.observe(sample, someHost)
    const history = view.history()
    expect(history.at(-1)!.at - history[0]!.at).toBeLessThanOrEqual(15 * 60_000)
    expect(history.length).toBe(1800)
  })

  it('starts again when the clock is set back', () => {
    const view = createMemoryView()
    const samples = samplesOf([{ seconds: 60, availableMiB: 100, refault: 0.3, memoryFull: 0.3 }])
    for (const sample of samples) view.observe(sample, someHost)
    view.observe(samples[0]!, someHost)
    expect(view.history().length).toBe(1)
    expect(view.signals!.stalledMs).toBe(0)
  })

  it('merges partial readings of a cgroup, and forgets cgroups that are gone', () => {
    const view = createMemoryView()
    const cgroups = (at: number, more: object, gone?: readonly string[]) =>
      view.observe(
        { kind: 'cgroups', at, cgroups: gone ? [] : [{ path: '/kubepods', ...more }], ...(gone && { gone }) },
        someHost,
      )
    cgroups(1, { currentKiB: 10, limitKiB: 1000 })
    cgroups(2, { currentKiB: 20 })
    expect(view.cgroup('/kubepods')).toEqual({ path: '/kubepods', currentKiB: 20, limitKiB: 1000 })
    cgroups(3, {}, ['/kubepods'])
    expect([...view.cgroups()]).toEqual([])
  })

  it('a cgroup that only has a similar name is not taken for kubepods', () => {
    const view = createMemoryView()
    const at = storyStart
    const path = '/system.slice/my-kubepods.slice/a.service'
    view.observe({ kind: 'cgroups', at, cgroups: [{ path, currentKiB: 10, limitKiB: 10 }] }, someHost)
    view.observe(samplesOf([{ seconds: 1 }])[0]!, someHost)
    expect(view.headroom!.kubepodsKiB).toBe(null)
  })

  it('costs less than a tenth of a millisecond a sample with a full history', () => {
    const view = createMemoryView()
    const samples = samplesOf([{ seconds: 1200, refault: 0.05, memoryFull: 0.1 }], { everyMs: 250 })
    for (const sample of samples.slice(0, 3600)) view.observe(sample, someHost)
    const rest = samples.slice(3600)
    const startedAt = performance.now()
    for (const sample of rest) view.observe(sample, someHost)
    // 0.02 ms when written; the budget leaves room for a busy machine.
    expect((performance.now() - startedAt) / rest.length).toBeLessThan(0.1)
  })
})
