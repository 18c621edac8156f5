import { expect, it } from 'vitest'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { unknownHost } from '../../src/host-facts-unknown.ts'
import { samplesOf } from '../detect/node-story.ts'
import { containerPath } from './tree.ts'

/** A node with 10 % left on which all tasks wait for memory nine tenths of the time, and a little is read back. */
function stalledMs(options: { readonly throttledRatio: number; readonly ioFull?: number }): number {
  const view = createMemoryView()
  const samples = samplesOf([
    { seconds: 10, availableMiB: 150 },
    { seconds: 40, refault: 0.01, memoryFull: 0.9, ioFull: options.ioFull ?? 0 },
  ])
  const since = samples[0]!.at
  for (const sample of samples) {
    if (options.throttledRatio > 0) {
      const throttledUs = (sample.at - since) * 1000 * options.throttledRatio
      const held = {
        cgroup: containerPath(1),
        since,
        levelKiB: 1,
        startKiB: 1,
        currentKiB: 1,
        growthKiBPerSecond: 1,
        throttledUs,
      }
      view.observe({ kind: 'hold', at: sample.at, held: [held], released: [] }, unknownHost)
    }
    view.observe(sample, unknownHost)
  }
  return view.signals!.stalledMs
}

it('pressure that a held container reports is no stall of the node', () => {
  expect(stalledMs({ throttledRatio: 0.95 })).toBe(0)
})

it('the same pressure without a held container is a stall', () => {
  expect(stalledMs({ throttledRatio: 0 })).toBeGreaterThan(8000)
})

it('what others wait for beside a held container still counts', () => {
  expect(stalledMs({ throttledRatio: 0.3 })).toBeGreaterThan(8000)
  expect(stalledMs({ throttledRatio: 0.95, ioFull: 0.8 })).toBeGreaterThan(8000)
})
