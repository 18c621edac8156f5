import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLeakForecaster, type LeakForecaster } from '../../src/detect/leak/leak-forecast.ts'

export interface Footprint {
  readonly workloads: number
  /** Heap and buffers that the forecast keeps, with all of the garbage collected, after 26 h. */
  readonly keptMiB: number
  /** Buffers that wait for a collection, the most that was seen: they lie outside V8's heap. */
  readonly mostBuffersMiB: number
  /** CPU of a reading of all workloads, every two minutes with a forecast. */
  readonly msOfReading: number
  readonly savedKiB: number
}

/** What the forecast costs in a process of its own on a node with so many workloads, read every 30 s for 26 hours. */
export function measureFootprint(workloads = 1000): Footprint {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Keys that the rest of the agent keeps anyway, and a list that each reading makes.
  const keys = Array.from({ length: workloads }, (_, index) => `pod/namespace-${index % 20}/deployment-${index}/main`)
  const warm = createLeakForecaster()
  read(warm, keys, { from: 0, to: 0.5 })
  collect()
  const before = process.memoryUsage()
  const forecaster = createLeakForecaster()
  const cpuBefore = process.cpuUsage().user
  const mostBuffers = read(forecaster, keys, { from: 0, to: 26 })
  const cpuMs = (process.cpuUsage().user - cpuBefore) / 1000
  collect()
  const after = process.memoryUsage()
  const savedKiB = JSON.stringify(forecaster.save(0)).length / 1024
  // Both are kept until here, so that the difference is one of them.
  warm.leak()
  return {
    workloads,
    keptMiB: MiB(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers),
    mostBuffersMiB: MiB(mostBuffers - before.arrayBuffers),
    msOfReading: Math.round((cpuMs / (26 * 120)) * 100) / 100,
    savedKiB: Math.round(savedKiB),
  }
}

function read(forecaster: LeakForecaster, keys: readonly string[], { from, to }: { from: number; to: number }): number {
  let mostBuffers = 0
  for (let at = from * 3600_000; at < to * 3600_000; at += 30_000) {
    const workloads = keys.map((key, index) => ({
      key,
      KiB: 200_000 + index * 100 + Math.sin(at / 1e6 + index) * 9000,
    }))
    forecaster.observe({ at, headroomKiB: 50e6, workloads })
    mostBuffers = Math.max(mostBuffers, process.memoryUsage().arrayBuffers)
  }
  return mostBuffers
}

function MiB(bytes: number): number {
  return Math.round((bytes / 1024 / 1024) * 100) / 100
}
