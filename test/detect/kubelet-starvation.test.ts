import { describe, expect, it } from 'vitest'
import { createKubeletMeter } from '../../src/detect/memory/kubelet-starvation.ts'
import { defaultThresholds } from '../../src/detect/memory/thresholds.ts'
import type { CgroupSample } from '../../src/types.ts'

interface Phase {
  readonly seconds: number
  /** Share of its file cache that kubelet reads back each second. */
  readonly readBack: number
  /** Share of time in which all of its tasks wait for memory or disk. */
  readonly waits: number
  readonly path?: string
  readonly isShort?: boolean
}

/** Seconds from the start at which kubelet was first called starved, and whether it still is at the end. */
function starved(phases: readonly Phase[], change: (sample: CgroupSample) => CgroupSample = sample => sample) {
  const meter = createKubeletMeter(defaultThresholds)
  const fileKiB = 40_000
  let at = 1_700_000_000_000
  const from = at
  let pages = 0
  let waitedUs = 0
  let first: number | null = null
  let now: number | null = null
  for (const { seconds, readBack, waits, path = '/system.slice/kubelet.service', isShort = true } of phases) {
    for (let second = 0; second < seconds; second++) {
      pages += (readBack * fileKiB) / 4
      waitedUs += waits * 1e6
      const sample: CgroupSample = {
        path,
        stat: { file: fileKiB, workingset_refault_file: Math.round(pages) },
        memoryPressure: { someUs: 0, fullUs: Math.round(waitedUs * 0.2) },
        ioPressure: { someUs: 0, fullUs: Math.round(waitedUs * 0.8) },
      }
      meter.cgroups({ kind: 'cgroups', at, cgroups: [change(sample)] }, 4)
      now = meter.starvedSince(at, isShort)
      if (now !== null) first ??= (at - from) / 1000
      at += 1000
    }
  }
  return { first, since: now === null ? null : (now - from) / 1000 }
}

const well: Phase = { seconds: 60, readBack: 0.01, waits: 0.02 }

describe('kubelet starvation', () => {
  it('is seen after 15 s in which kubelet reads back its code as fast as it uses it, and dated from their start', () => {
    const { first, since } = starved([well, { seconds: 40, readBack: 0.3, waits: 0.75 }])
    expect(first).toBeGreaterThanOrEqual(60 + 15)
    expect(first).toBeLessThanOrEqual(60 + 15 + 10)
    expect(since).toBeLessThanOrEqual(70)
  })

  it('is seen on a fast disk by what is read back alone, and on a slow one by the waiting', () => {
    expect(starved([well, { seconds: 60, readBack: 2, waits: 0.08 }]).first).not.toBe(null)
    expect(starved([well, { seconds: 60, readBack: 0.05, waits: 0.97 }]).first).not.toBe(null)
  })

  it('is not claimed of a kubelet that waits for 60 % of its time and gets on, as on a node that thrashed for minutes', () => {
    expect(starved([well, { seconds: 300, readBack: 0.13, waits: 0.65 }]).first).toBe(null)
  })

  it('is not claimed for a pause of ten seconds', () => {
    expect(starved([well, { seconds: 9, readBack: 0.5, waits: 0.8 }, well]).first).toBe(null)
  })

  it('ends when kubelet gets on again', () => {
    expect(starved([well, { seconds: 60, readBack: 0.5, waits: 0.8 }, well]).since).toBe(null)
  })

  it('is not claimed while headroom is not short: what is read back then is recovery', () => {
    expect(starved([well, { seconds: 60, readBack: 0.5, waits: 0.8, isShort: false }]).first).toBe(null)
  })

  it('is not claimed without evidence: no pressure, no refaults, another unit, a unit of that name in a pod', () => {
    const crisis: Phase = { seconds: 60, readBack: 0.5, waits: 0.8 }
    const without = ({ path, stat }: CgroupSample): CgroupSample => ({ path, ...(stat && { stat }) })
    expect(starved([well, crisis], without).first).toBe(null)
    expect(starved([well, crisis], ({ stat: _, ...rest }) => rest).first).toBe(null)
    const of = (path: string) =>
      starved([
        { ...well, path },
        { ...crisis, path },
      ]).first
    expect(of('/system.slice/containerd.service')).toBe(null)
    expect(of('/kubepods.slice/kubepods-burstable.slice/kubelet.service')).toBe(null)
    expect(of('/system.slice/k3s-agent.service')).not.toBe(null)
  })

  it('starts again when the counters do: kubelet was restarted', () => {
    let count = 0
    const restarted = (sample: CgroupSample): CgroupSample =>
      count++ < 70 ? { ...sample, stat: { ...sample.stat, workingset_refault_file: 9_000_000 } } : sample
    expect(starved([well, { seconds: 20, readBack: 0.01, waits: 0.02 }], restarted).first).toBe(null)
  })
})
