import { describe, expect, it } from 'vitest'
import type { CgroupSamples, Observation } from '../../src/types.ts'
import {
  callsOf,
  kubeletOf,
  kubeletProcess,
  nodeKill,
  type Phase,
  samplesOf,
  secondOf,
  storyStart,
  watch,
} from './node-story.ts'

const quiet: Phase = { seconds: 60 }
/** Grows 3 MiB/s to nothing, as the captures' java pods do; reclaim drops, and then what is needed. */
const growth: readonly Phase[] = [
  quiet,
  { seconds: 150, availableMiB: 200, fileMiB: 280 },
  { seconds: 25, availableMiB: 125, fileMiB: 190, refault: 0.002, dropped: 0.02 },
  { seconds: 40, availableMiB: 5, fileMiB: 20, refault: 0.08, dropped: 0.1, memoryFull: 0.12 },
]
const thrash: readonly Phase[] = [
  quiet,
  { seconds: 10, availableMiB: 40, fileMiB: 80, dropped: 0.2 },
  { seconds: 60, refault: 0.2, memoryFull: 0.1 },
]

describe('memory exhaustion', () => {
  it('is a warning where headroom is little, shrinks and reclaim is at work, before anything stalls', () => {
    const verdicts = watch(samplesOf(growth.slice(0, 3)))
    expect(callsOf(verdicts)).toEqual(['warning low-headroom'])
  })

  it('is critical once the growth stalls the node, with no kill', () => {
    const verdicts = watch(samplesOf(growth))
    expect(secondOf(verdicts, 'critical')).toBeLessThan(60 + 150 + 25 + 20)
    expect(verdicts.at(-1)!.signs.map(({ sign }) => sign)).toEqual(['low-headroom', 'stalling'])
  })

  it('is critical at less of a stall where headroom has shrunk for long, and not at that stall alone', () => {
    const light = { refault: 0.035, dropped: 0.05, memoryFull: 0.06 }
    const shrinking: readonly Phase[] = [
      quiet,
      { seconds: 100, availableMiB: 240, fileMiB: 280 },
      { seconds: 30, availableMiB: 140, fileMiB: 190, dropped: 0.02 },
      { seconds: 20, availableMiB: 75, fileMiB: 120, ...light },
    ]
    const verdicts = watch(samplesOf(shrinking))
    expect(secondOf(verdicts, 'critical')).toBeLessThan(60 + 100 + 30 + 20)
    const standing = [quiet, { seconds: 5, availableMiB: 140 }, { seconds: 20 }, { seconds: 20, ...light }]
    expect(secondOf(watch(samplesOf(standing)), 'critical')).toBe(undefined)
  })

  it('is warned of before it is critical, unless a single reading after a gap holds twice the stall', () => {
    const samples = samplesOf([...thrash, { seconds: 60, refault: 0.2, memoryFull: 0.1 }])
    const watchWithGapUntil = (second: number) =>
      watch(samples.filter(({ at }) => at <= storyStart + 65_000 || at >= storyStart + second * 1000))
    const verdicts = watchWithGapUntil(75)
    expect(callsOf(verdicts).slice(0, 2)).toEqual(['warning stalling low-headroom', 'critical stalling low-headroom'])
    expect(verdicts[1]!.at - verdicts[0]!.at).toBe(1000)
    expect(callsOf(watchWithGapUntil(90))[0]).toBe('critical stalling low-headroom')
  })

  it('goes on shrinking where thrash slows the growth down, until it is gone in more than three minutes', () => {
    const slowing = (KiBPerSecond: number): readonly Phase[] => [
      quiet,
      { seconds: 100, availableMiB: 240, fileMiB: 280 },
      { seconds: 6, availableMiB: 226, dropped: 0.02 },
      { seconds: 40, availableMiB: 226 - (40 * KiBPerSecond) / 1024, dropped: 0.02 },
    ]
    const warnings = (KiBPerSecond: number) => callsOf(watch(samplesOf(slowing(KiBPerSecond))))
    expect(warnings(1_400)).toEqual(['warning low-headroom'])
    expect(warnings(600)).toEqual([])
  })

  it('is critical where nothing grows and the node thrashes', () => {
    const verdicts = watch(samplesOf(thrash))
    expect(secondOf(verdicts, 'warning')).toBeLessThan(secondOf(verdicts, 'critical')!)
    expect(secondOf(verdicts, 'critical')).toBeLessThan(60 + 10 + 15)
  })

  it('is silent while memory shrinks and reclaim has nothing to do', () => {
    expect(watch(samplesOf([quiet, { seconds: 120, availableMiB: 150 }]))).toEqual([])
  })

  it('is silent for pressure alone, where headroom is plenty: a container at its own limit', () => {
    const own = { seconds: 120, refault: 0.3, dropped: 0, droppedByLimits: 0.3, memoryFull: 0.3 }
    expect(watch(samplesOf([quiet, own]))).toEqual([])
  })

  it('is silent for a container that thrashes at its own limit beside little headroom', () => {
    const own = { seconds: 120, refault: 0.3, dropped: 0.001, droppedByLimits: 0.3, memoryFull: 0.3 }
    expect(watch(samplesOf([quiet, { seconds: 60, availableMiB: 130 }, own]))).toEqual([])
  })

  it('is silent for page-cache churn, which reads back what no task waits for', () => {
    const churn = { seconds: 120, refault: 0.3, memoryFull: 0.02 }
    expect(watch(samplesOf([quiet, { seconds: 60, availableMiB: 130 }, churn]))).toEqual([])
  })

  it('is silent for a warming database: the disk is busy and nothing is read back', () => {
    const warming = { seconds: 120, dropped: 0.1, ioFull: 0.8, fileMiB: 400 }
    expect(watch(samplesOf([quiet, { seconds: 60, availableMiB: 130 }, warming]))).toEqual([])
  })

  it('is silent for pods that start, fill memory and stop', () => {
    const start: Phase = { seconds: 10, availableMiB: 165, fileMiB: 220, dropped: 0.1, refault: 0.02, memoryFull: 0.05 }
    expect(watch(samplesOf([quiet, start, { seconds: 60, dropped: 0.01, refault: 0.002 }]))).toEqual([])
  })

  it('is silent for bursts that recover', () => {
    const burst: readonly Phase[] = [
      { seconds: 1, availableMiB: 78, dropped: 0.2, memoryFull: 0.15 },
      { seconds: 6, refault: 0.06, memoryFull: 0.15 },
      { seconds: 1, availableMiB: 138 },
      { seconds: 27 },
    ]
    const bursts = Array.from({ length: 8 }, () => burst).flat()
    expect(watch(samplesOf([quiet, { seconds: 60, availableMiB: 138 }, ...bursts]))).toEqual([])
  })

  it('reads memory and io together: on a slow disk memory pressure alone shows little', () => {
    const slow = { seconds: 40, refault: 0.02, dropped: 0.02, memoryFull: 0.03, ioFull: 0.8 }
    expect(secondOf(watch(samplesOf([quiet, { seconds: 60, availableMiB: 100 }, slow])), 'critical')).toBeDefined()
    expect(
      secondOf(watch(samplesOf([quiet, { seconds: 60, availableMiB: 100 }, { ...slow, ioFull: 0 }])), 'critical'),
    ).toBe(undefined)
  })

  it('presumes NotReady where kubelet itself is starved, and takes it back when kubelet gets on', () => {
    const samples = samplesOf([...thrash, { seconds: 60, refault: 0.2, memoryFull: 0.1 }])
    const signsOf = (events: Parameters<typeof watch>[0]) =>
      callsOf(watch(events)).map(call => call.includes('presumed'))
    expect(signsOf(samples)).not.toContain(true)
    const from = samples.at(-1)!.at - 100_000
    const starved = kubeletOf(samples, second => second >= from && second < from + 50_000)
    const calls = signsOf([...samples, ...starved])
    expect(calls).toContain(true)
    expect(calls.at(-1)).toBe(false)
  })

  it('counts no stall once headroom is back, however much is read back', () => {
    const released: Phase[] = [
      { seconds: 3, availableMiB: 900 },
      { seconds: 60, refault: 0.3, memoryFull: 0.3 },
    ]
    const verdicts = watch(samplesOf([...thrash, ...released]))
    const end = (verdicts.at(-1)!.at - storyStart) / 1000
    const before = thrash.reduce((sum, { seconds }) => sum + seconds, 0)
    expect(verdicts.filter(({ at, firing }) => firing && (at - storyStart) / 1000 > before + 3)).toEqual([])
    expect(verdicts.at(-1)).toMatchObject({ firing: false, quietMs: expect.any(Number) })
    expect(end).toBeLessThanOrEqual(before + 3 + 61)
  })

  it('is no more than a warning while kubelet does not fault: pods alone read their files again', () => {
    const samples = samplesOf(thrash)
    const kubelet = (majorFaults: (index: number) => number) =>
      samples.map(
        ({ at }, index): Observation => ({
          kind: 'processes',
          at,
          seen: [{ ...kubeletProcess, majorFaults: majorFaults(index) }],
          gone: [],
        }),
      )
    const calls = (faultsPerSecond: number) =>
      new Set(watch([...kubelet(index => index * faultsPerSecond), ...samples]).map(({ severity }) => severity))
    expect(calls(0)).toEqual(new Set(['warning']))
    expect(calls(5)).toContain('critical')
  })
})

describe('memory exhaustion by kills', () => {
  it('is a warning at a node-level kill at once, in a bare log too', () => {
    expect(callsOf(watch([nodeKill(3)]))).toEqual(['warning killing'])
    expect(callsOf(watch([nodeKill(3)], { host: { sight: 'log' } }))).toEqual(['warning killing'])
  })

  it('leaves a kill at a workload’s own limit alone', () => {
    expect(watch([nodeKill(3, { nodeLevel: false })])).toEqual([])
  })

  it('is critical ten seconds after a kill that regained too little', () => {
    const samples = samplesOf([quiet, { seconds: 5, availableMiB: 100 }, { seconds: 30 }])
    const verdicts = watch([...samples, nodeKill(70)])
    expect(callsOf(verdicts)).toEqual(['warning killing', 'critical killing'])
    expect(secondOf(verdicts, 'critical')).toBe(80)
  })

  it('stays a warning where the kill gave the node its memory back, and is over after a quiet minute', () => {
    const samples = samplesOf([quiet, { seconds: 5, availableMiB: 600 }, { seconds: 120 }])
    const verdicts = watch([...samples, nodeKill(60)])
    expect(callsOf(verdicts)).toEqual(['warning killing', 'over killing'])
    expect(verdicts[1]!.at - verdicts[0]!.at).toBeGreaterThanOrEqual(60_000)
  })

  it('claims no recovery where nothing is sampled, and ends by silence in a bare log', () => {
    const ticks = Array.from(
      { length: 90 },
      (_, minute): Observation => ({
        kind: 'tick',
        at: storyStart + minute * 60_000,
      }),
    )
    expect(callsOf(watch([nodeKill(3), ...ticks]))).toEqual(['warning killing'])
    expect(callsOf(watch([nodeKill(3), ...ticks], { host: { sight: 'log' } }))).toEqual([
      'warning killing',
      'over killing',
    ])
  })

  it('is one verdict while the kills go on', () => {
    const samples = samplesOf([quiet, { seconds: 300, availableMiB: 60 }])
    const kills = Array.from({ length: 5 }, (_, index) => nodeKill(100 + index * 40))
    const verdicts = watch([...samples, ...kills])
    expect(new Set(verdicts.map(({ since }) => since)).size).toBe(1)
    expect(verdicts.every(({ firing }) => firing)).toBe(true)
  })
})

describe('memory exhaustion at the limit of kubepods', () => {
  const limitMiB = 924
  // The node keeps a third of its memory; the pods grow to their common limit and drop each other's files.
  const samples = samplesOf([
    quiet,
    { seconds: 60, availableMiB: 600, fileMiB: 300 },
    { seconds: 40, refault: 0.1, dropped: 0, droppedByLimits: 0.11, memoryFull: 0.15 },
  ])
  const kubepods = (limit: number | null): readonly CgroupSamples[] =>
    samples.map(({ at }, second) => {
      const anon = Math.min(limitMiB - 20, 500 + second * 4)
      const file = Math.max(10, Math.min(180, limitMiB - anon))
      return {
        kind: 'cgroups',
        at: at - 1,
        cgroups: [
          {
            path: '/kubepods.slice',
            limitKiB: limit,
            currentKiB: (anon + file) * 1024,
            stat: { inactive_file: file * 512, active_file: file * 512 },
          },
        ],
      }
    })

  it('is called while the node has memory left', () => {
    const verdicts = watch([...samples, ...kubepods(limitMiB * 1024)])
    expect(secondOf(verdicts, 'critical')).toBeDefined()
    expect(verdicts.at(-1)!.facts).toMatchObject({ bottleneck: 'kubepods' })
  })

  it('is silent where kubepods has no limit', () => {
    expect(watch([...samples, ...kubepods(null)])).toEqual([])
  })

  it('a stall counts while now the limit and now the node has the smaller share left', () => {
    const GiB = 1024
    const total = 128 * GiB
    const thrashing = samplesOf(
      [
        { seconds: 60, availableMiB: 11 * GiB },
        { seconds: 40, refault: 0.06, dropped: 0.1, memoryFull: 0.1 },
      ],
      { totalMiB: total, availableMiB: 11 * GiB, fileMiB: 3 * GiB },
    )
    const wobbling = thrashing.map(({ at }, second) => ({
      kind: 'cgroups' as const,
      at: at - 1,
      cgroups: [
        {
          path: '/kubepods.slice',
          limitKiB: 32 * GiB * 1024,
          currentKiB: (32 * GiB - (second % 4 < 2 ? 3.3 : 3.5) * GiB) * 1024,
          stat: {},
        },
      ],
    }))
    const still = wobbling.map(each => ({ ...each, cgroups: [{ ...each.cgroups[0]!, currentKiB: 28.7 * GiB * 1024 }] }))
    const called = secondOf(watch([...still, ...thrashing]), 'critical')
    expect(called).toBeDefined()
    expect(secondOf(watch([...wobbling, ...thrashing]), 'critical')).toBeLessThanOrEqual(called! + 8)
  })

  describe('where the memory of pods is all their own, so that there is nothing to reclaim', () => {
    const usedMiBAt = (path: string, anonMiB: (second: number) => number): readonly CgroupSamples[] =>
      samples.map(({ at }, second) => ({
        kind: 'cgroups',
        at: at - 1,
        cgroups: [{ path, limitKiB: limitMiB * 1024, currentKiB: anonMiB(second) * 1024, stat: {} }],
      }))
    const node = samplesOf([{ seconds: 160, availableMiB: 600 }])
    const growing = (second: number) => 500 + second * 2.8 // 53 MiB are left in the end

    it('a warning comes before the limit is hit', () => {
      const verdicts = watch([...node, ...usedMiBAt('/kubepods.slice', growing)])
      expect(callsOf(verdicts)).toEqual(['warning low-headroom'])
      expect(verdicts[0]!.facts).toMatchObject({ bottleneck: 'kubepods' })
    })

    it('none comes for pods that stop short of it, nor for the limit of one pod', () => {
      const stopping = (second: number) => Math.min(growing(second), limitMiB * 0.92)
      expect(watch([...node, ...usedMiBAt('/kubepods.slice', stopping)])).toEqual([])
      expect(watch([...node, ...usedMiBAt('/kubepods.slice/kubepods-pod1.slice', growing)])).toEqual([])
    })
  })
})

describe('a node at risk of an OOM loop', () => {
  const habit = samplesOf([{ seconds: 60, availableMiB: 100 }, { seconds: 17 * 60 }])
  const victim = (respawns: boolean | null) => ({
    identity: {
      candidates: () => [{ process: { rssKiB: 20 * 1024 } as never, workload: {} as never }],
      respawns: () => respawns,
    },
  })

  it('is a warning where low headroom is the baseline and the next victims are restarted', () => {
    expect(callsOf(watch(habit, victim(true)))).toEqual(['warning primed'])
  })

  it('the node is not at risk if it is unknown whether the next victims restart', () => {
    expect(watch(habit, victim(null))).toEqual([])
  })

  it('the node is not at risk if low headroom is not its baseline', () => {
    const breathing = Array.from({ length: 12 }, () => [
      { seconds: 60, availableMiB: 500 },
      { seconds: 60, availableMiB: 100 },
    ]).flat()
    expect(watch(samplesOf(breathing), victim(true))).toEqual([])
  })
})
