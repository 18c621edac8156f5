import { describe, expect, it } from 'vitest'
import { availableKiBOf, headroomOf } from '../../src/detect/memory/headroom.ts'
import type { CgroupSample, MemorySample } from '../../src/types.ts'

const GiB = 1024 * 1024

function sampleOf(meminfo: Record<string, number>, more: Partial<MemorySample> = {}): MemorySample {
  return {
    kind: 'memory',
    at: 0,
    meminfo: { MemTotal: 16 * GiB, MemAvailable: 4 * GiB, ...meminfo },
    vmstat: {},
    ...more,
  }
}

function headroom(
  sample: MemorySample,
  more: { kubepods?: CgroupSample; swapIsThrashing?: boolean; isBound?: boolean } = {},
) {
  return headroomOf({
    sample,
    kubepods: more.kubepods,
    swapIsThrashing: more.swapIsThrashing ?? false,
    isBound: more.isBound ?? false,
  })
}

describe('headroom of the node', () => {
  it('is what the kernel says is available', () => {
    expect(headroom(sampleOf({}))).toEqual({
      KiB: 4 * GiB,
      ratio: 0.25,
      of: 'node',
      nodeKiB: 4 * GiB,
      kubepodsKiB: null,
      numaKiB: null,
    })
  })

  it('is unknown where the size of memory is', () => {
    expect(headroom({ kind: 'memory', at: 0, meminfo: {}, vmstat: {} })).toBe(undefined)
  })

  it('is a share of what hugepages have left over', () => {
    const hugepages = { HugePages_Total: 4096, Hugepagesize: 2048 }
    expect(headroom(sampleOf(hugepages))!.ratio).toBe(0.5)
    expect(headroom(sampleOf({ ...hugepages, Hugetlb: 8 * GiB }))!.ratio).toBe(0.5)
  })

  it('counts what ZFS can free', () => {
    expect(headroom(sampleOf({}, { zfsArcEvictableKiB: 2 * GiB }))!.KiB).toBe(6 * GiB)
  })
})

describe('headroom of swap', () => {
  const swap = { SwapFree: 8 * GiB, 'Active(anon)': 1 * GiB, 'Inactive(anon)': 1 * GiB }

  it('counts a disk as far as there is memory to put there', () => {
    expect(headroom(sampleOf(swap))!.KiB).toBe(6 * GiB)
  })

  it('counts a disk for nothing once pages are read back from it', () => {
    expect(headroom(sampleOf(swap), { swapIsThrashing: true })!.KiB).toBe(4 * GiB)
  })

  it('counts compressed memory less what it takes itself, also while it is read back', () => {
    const zram = { zramRatio: 0.25 }
    expect(headroom(sampleOf(swap, zram))!.KiB).toBe(5.5 * GiB)
    expect(headroom(sampleOf(swap, zram), { swapIsThrashing: true })!.KiB).toBe(5.5 * GiB)
    expect(headroom(sampleOf(swap, { zramRatio: 1.2 }))!.KiB).toBe(4 * GiB)
  })
})

describe('headroom below the limit of kubepods', () => {
  it('is the node’s where that has a far smaller share left, though the limit leaves less', () => {
    const kubepods = { path: '/kubepods.slice', limitKiB: 32 * GiB, currentKiB: 26 * GiB, stat: {} }
    const sample = (availableKiB: number) => sampleOf({ MemTotal: 128 * GiB, MemAvailable: availableKiB })
    expect(headroom(sample(7 * GiB), { kubepods })).toMatchObject({ of: 'node', KiB: 7 * GiB, ratio: 7 / 128 })
    expect(headroom(sample(40 * GiB), { kubepods })).toMatchObject({ of: 'kubepods', KiB: 6 * GiB, ratio: 6 / 32 })
  })

  it('is the limit’s where both are about as short: it is hit first', () => {
    const kubepods = { path: '/kubepods.slice', limitKiB: 12 * GiB, currentKiB: 11 * GiB, stat: {} }
    expect(headroom(sampleOf({ MemAvailable: 1.25 * GiB }), { kubepods })).toMatchObject({ of: 'kubepods', KiB: GiB })
  })

  const kubepods: CgroupSample = {
    path: '/kubepods.slice',
    limitKiB: 8 * GiB,
    currentKiB: 7 * GiB,
    stat: { inactive_file: 0.25 * GiB, active_file: 0.25 * GiB, slab_reclaimable: 0 },
  }

  it('is the smallest where the node still has its reservation', () => {
    expect(headroom(sampleOf({}), { kubepods })).toMatchObject({ KiB: 1.5 * GiB, ratio: 1.5 / 8, of: 'kubepods' })
  })

  it('is not there without a limit, nor without the usage', () => {
    expect(headroom(sampleOf({}), { kubepods: { ...kubepods, limitKiB: null } })!.kubepodsKiB).toBe(null)
    expect(headroom(sampleOf({}), { kubepods: { path: '/kubepods', limitKiB: 1 } })!.kubepodsKiB).toBe(null)
  })

  it('is never more than the limit, nor less than nothing', () => {
    expect(headroom(sampleOf({}), { kubepods: { ...kubepods, currentKiB: 0 } })!.kubepodsKiB).toBe(8 * GiB)
    expect(headroom(sampleOf({}), { kubepods: { ...kubepods, currentKiB: 9 * GiB, stat: {} } })!.KiB).toBe(0)
  })
})

describe('headroom of a NUMA node', () => {
  it('is that of the poorest to which workloads are bound, as a share of one node’s memory', () => {
    const sample = sampleOf({}, { numaAvailableKiB: { 0: 1 * GiB, 1: 3 * GiB } })
    expect(headroom(sample, { isBound: true })).toMatchObject({ KiB: 1 * GiB, ratio: 0.125, of: 'numa' })
  })

  it('is nothing to go by where workloads are not bound: the kernel takes from the next', () => {
    const sample = sampleOf({}, { numaAvailableKiB: { 0: 1 * GiB, 1: 3 * GiB } })
    expect(headroom(sample)).toMatchObject({ KiB: 4 * GiB, of: 'node', numaKiB: null })
  })
})

describe('available memory on kernels before 3.14', () => {
  it('is free and reclaimable memory less the watermarks', () => {
    const old: MemorySample = {
      kind: 'memory',
      at: 0,
      meminfo: {
        MemTotal: 4 * GiB,
        MemFree: 300_000,
        'Active(file)': 100_000,
        'Inactive(file)': 100_000,
        SReclaimable: 20_000,
      },
      vmstat: {},
      lowWatermarkKiB: 50_000,
    }
    expect(availableKiBOf(old)).toBe(300_000 - 50_000 + 200_000 - 50_000 + 20_000 - 10_000)
  })

  it('falls back on Cached without tmpfs where the lists are not separate', () => {
    const old: MemorySample = {
      kind: 'memory',
      at: 0,
      meminfo: { MemTotal: 4 * GiB, MemFree: 300_000, Cached: 250_000, Buffers: 10_000, Shmem: 60_000 },
      vmstat: {},
    }
    expect(availableKiBOf(old)).toBe(500_000)
  })

  it('takes no ratio of a limit of 0 or of a size that is no number, and never throws', () => {
    const sample = sampleOf({ MemTotal: 4 * GiB, MemAvailable: 1 * GiB })
    const of = (kubepods: CgroupSample) => headroomOf({ sample, kubepods, swapIsThrashing: false, isBound: false })
    expect(of({ path: '/kubepods', limitKiB: 0, currentKiB: 10 })).toMatchObject({ of: 'node', KiB: 1 * GiB })
    expect(of({ path: '/kubepods', limitKiB: Number.NaN, currentKiB: 10 })).toMatchObject({ of: 'node' })
    const endless = sampleOf({ MemTotal: Infinity, MemAvailable: Infinity })
    expect(headroomOf({ sample: endless, kubepods: undefined, swapIsThrashing: false, isBound: false })).toBe(undefined)
  })
})
