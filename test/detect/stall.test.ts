import { describe, expect, it } from 'vitest'
import type { NodeDaemonPressure } from '../../src/detect/memory/node-daemon-pressure.ts'
import { createNodeDaemonPressure } from '../../src/detect/memory/node-daemon-pressure.ts'
import { reclaimCounters } from '../../src/detect/memory/reclaim-counters.ts'
import { createStallMeter, type StallReading } from '../../src/detect/memory/stall.ts'
import { defaultThresholds } from '../../src/detect/memory/thresholds.ts'
import type { MemorySample, ProcessSample } from '../../src/types.ts'
import { type NodeOptions, type Phase, samplesOf, storyStart } from './node-story.ts'

const idle: NodeDaemonPressure = { majorFaultsPerSecond: 0, inDState: 0, seesKubelet: false, lostRatio: 0 }
const unseen: NodeDaemonPressure = {
  majorFaultsPerSecond: undefined,
  inDState: undefined,
  seesKubelet: false,
  lostRatio: undefined,
}

/** The last reading of a node that does one thing for 30 s, and the share of the last 10 s that was lost. */
function measure(
  phase: Omit<Phase, 'seconds'>,
  options: NodeOptions & { daemons?: NodeDaemonPressure; full?: boolean } = {},
) {
  const stall = createStallMeter(defaultThresholds)
  const readings = samplesOf([{ seconds: 30, ...phase }], options).map(sample =>
    stall(sample, { daemons: options.daemons ?? idle, kubepodsIsFull: options.full ?? false }),
  )
  const lost = readings.slice(-10).reduce((sum, { lostMs }) => sum + lostMs, 0) / 10_000
  return { last: readings.at(-1)! as StallReading, lost }
}

describe('stall', () => {
  it('is the share of the file cache read back each second, full at a tenth', () => {
    expect(measure({ refault: 0.05, memoryFull: 0.08 }).lost).toBeCloseTo(0.5, 1)
    expect(measure({ refault: 0.3, memoryFull: 0.08 }).lost).toBe(1)
    expect(measure({ refault: 0.05, memoryFull: 0.08 }).last.stall.refaultRatioPerSecond).toBeCloseTo(0.05, 2)
  })

  it('is relative: a disk that is ten times slower stalls as much on a file cache of a tenth', () => {
    const fast = measure({ refault: 0.05, memoryFull: 0.08 }, { fileMiB: 1000 })
    const slow = measure({ refault: 0.05, memoryFull: 0.08 }, { fileMiB: 100 })
    expect(slow.lost).toBeCloseTo(fast.lost, 1)
  })

  it('is the time that all tasks wait for memory and disk together, where something is read back', () => {
    expect(measure({ refault: 0.01, memoryFull: 0.1, ioFull: 0.5 }).lost).toBeCloseTo(0.6, 1)
    expect(measure({ refault: 0.001, dropped: 0.01, memoryFull: 0.1, ioFull: 0.5 }).lost).toBeLessThan(0.05)
  })

  it('there is no stall while reclaim is idle, because pages are read back into free memory', () => {
    expect(measure({ refault: 0.3, dropped: 0, memoryFull: 0.2 }).lost).toBe(0)
  })

  it('counts no more as read back because of a shortage than the node has dropped', () => {
    expect(measure({ refault: 0.3, dropped: 0.03, droppedByLimits: 0.27, memoryFull: 0.08 }).lost).toBeCloseTo(0.3, 1)
  })

  it('counts what kubepods drops at its own limit as the node’s', () => {
    const atLimit = { refault: 0.3, dropped: 0, droppedByLimits: 0.3, memoryFull: 0.2 }
    expect(measure(atLimit, { full: true }).lost).toBe(1)
    expect(measure(atLimit, { full: false }).lost).toBe(0)
  })

  it('is felt by kubelet first: its own waiting counts where the node’s does not show', () => {
    const daemons = { ...idle, lostRatio: 0.7 }
    expect(measure({ refault: 0.01 }, { daemons }).lost).toBeCloseTo(0.7, 1)
    expect(measure({}, { daemons }).lost).toBe(0)
  })

  it('takes its own late ticks and slow reading for evidence', () => {
    const late = { sample: (): Partial<MemorySample> => ({ readMs: 200, lateMs: 300 }) }
    expect(measure({ refault: 0.01 }, late).lost).toBeCloseTo(0.5, 1)
    expect(measure({}, late).lost).toBe(0)
  })

  it('forgets a counter that was set back by a boot', () => {
    const stall = createStallMeter(defaultThresholds)
    const context = { daemons: idle, kubepodsIsFull: false }
    const [first, second] = samplesOf([{ seconds: 2, refault: 0.3, memoryFull: 0.5 }])
    stall({ ...second!, at: first!.at }, context)
    expect(stall({ ...first!, at: second!.at }, context).lostMs).toBe(0)
  })
})

describe('stall without pressure stall information', () => {
  it('is inferred from what is read back alone', () => {
    expect(measure({ refault: 0.2 }, { withoutPsi: true, daemons: unseen }).lost).toBe(1)
    expect(measure({ refault: 0.2 }, { withoutPsi: true, daemons: unseen }).last.stall.memoryFullRatio).toBe(null)
  })

  it('asks the daemons whether it is needed, where they can be seen', () => {
    const faulting = { ...idle, majorFaultsPerSecond: 20 }
    expect(measure({ refault: 0.2 }, { withoutPsi: true, daemons: faulting }).lost).toBe(1)
    expect(measure({ refault: 0.2 }, { withoutPsi: true, daemons: idle }).lost).toBe(0)
  })
})

describe('the counters of other kernels', () => {
  const counters = (vmstat: Record<string, number>, meminfo: Record<string, number> = {}) =>
    reclaimCounters({ kind: 'memory', at: 0, vmstat, meminfo })

  it('are pages of the size that meminfo shows them in', () => {
    const vmstat = { workingset_refault_file: 10, nr_active_file: 1_000, nr_inactive_file: 500 }
    const meminfo = (pageKiB: number) => ({ 'Active(file)': 1_000 * pageKiB - 60, 'Inactive(file)': 500 * pageKiB })
    for (const pageKiB of [4, 16, 64]) expect(counters(vmstat, meminfo(pageKiB)).readBackKiB).toBe(10 * pageKiB)
    expect(counters(vmstat).readBackKiB).toBe(40)
  })

  it('before 5.10 know one kind of refault', () => {
    expect(counters({ workingset_refault: 10, pswpin: 2 }).readBackKiB).toBe(48)
  })

  it('kernels before 3.15 count no refaults, so major faults are used', () => {
    expect(counters({ pgmajfault: 2 }).readBackKiB).toBe(2 * 45 * 4)
  })

  it('of 3.10 are by zone', () => {
    const el7 = {
      pgsteal_kswapd_dma: 1,
      pgsteal_kswapd_normal: 2,
      pgsteal_direct_normal: 3,
      pgscan_kswapd_normal: 10,
      pgscan_direct_normal: 5,
      pgscan_direct_throttle: 1000,
      allocstall: 7,
    }
    expect(counters(el7)).toMatchObject({ droppedByNodeKiB: 24, scannedByNode: 15, directReclaims: 7 })
    expect(counters({}).directReclaims).toBe(undefined)
  })

  it('with swap count anonymous pages that are read back', () => {
    expect(counters({ workingset_refault_file: 1, workingset_refault_anon: 2, pswpin: 99 })).toMatchObject({
      readBackKiB: 12,
      swapInKiB: 8,
    })
  })

  it('at kubepods’ limit, where cgroup reclaim is not counted, hold nothing against what is read back', () => {
    const old = {
      sample: ({ vmstat }: MemorySample) => ({ vmstat: { workingset_refault: vmstat.workingset_refault_file! } }),
    }
    expect(measure({ refault: 0.2, memoryFull: 0.2 }, { ...old, full: true }).lost).toBe(1)
    expect(measure({ refault: 0.2, memoryFull: 0.2 }, { ...old, full: false }).lost).toBe(0)
  })
})

describe('swap', () => {
  it('thrashes when its pages are read back', () => {
    const swapping = (perSecond: number): NodeOptions => ({
      sample: ({ vmstat }, second) => ({ vmstat: { ...vmstat, workingset_refault_anon: second * perSecond } }),
    })
    expect(measure({}, swapping(2000)).last.swapIsThrashing).toBe(true)
    expect(measure({}, swapping(50)).last.swapIsThrashing).toBe(false)
  })
})

describe('the pressure on kubelet and the runtime', () => {
  const kubelet: ProcessSample = {
    pid: 7,
    startTicks: 1,
    ppid: 1,
    comm: 'kubelet',
    state: 'S',
    threads: 14,
    majorFaults: 100,
    rssKiB: 1,
    oomScore: 1,
    oomScoreAdj: -999,
    cgroup: '/system.slice/kubelet.service',
  }
  const seen = (at: number, ...processes: readonly ProcessSample[]) => ({
    kind: 'processes' as const,
    at: storyStart + at,
    seen: processes,
    gone: [],
  })

  it('the pressure of node daemons is their major faults per second and how many wait in D state', () => {
    const meter = createNodeDaemonPressure(10_000)
    meter.processes(seen(0, kubelet))
    meter.processes(seen(5000, { ...kubelet, majorFaults: 150, state: 'D' }))
    expect(meter.now(storyStart + 5000, 0)).toMatchObject({ majorFaultsPerSecond: 10, inDState: 1 })
    expect(meter.now(storyStart + 30_000, 0)).toMatchObject({ majorFaultsPerSecond: 0 })
  })

  it('is not that of a container that calls itself kubelet', () => {
    const meter = createNodeDaemonPressure(10_000)
    const pod = '/kubepods.slice/kubepods-pod0a1b2c3d_0a1b_0a1b_0a1b_0a1b2c3d4e5f.slice'
    meter.processes(seen(0, { ...kubelet, cgroup: pod }))
    expect(meter.now(storyStart, 0).majorFaultsPerSecond).toBe(undefined)
  })

  it('starts again with a kubelet that was restarted', () => {
    const meter = createNodeDaemonPressure(10_000)
    meter.processes(seen(0, kubelet))
    meter.processes(seen(5000, { ...kubelet, startTicks: 2, majorFaults: 900 }))
    expect(meter.now(storyStart + 5000, 0).majorFaultsPerSecond).toBe(0)
  })

  it('is the share of time that the one of them waits that waits most, until its readings stop', () => {
    const meter = createNodeDaemonPressure(10_000)
    const told = (at: number, fullUs: number) =>
      meter.cgroups({
        kind: 'cgroups',
        at: storyStart + at,
        cgroups: [{ path: '/system.slice/kubelet.service', ioPressure: { someUs: fullUs, fullUs } }],
      })
    told(0, 0)
    told(1000, 600_000)
    expect(meter.now(storyStart + 1000, storyStart).lostRatio).toBe(0.6)
    expect(meter.now(storyStart + 3000, storyStart + 2000).lostRatio).toBe(undefined)
  })
})
