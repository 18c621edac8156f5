import { describe, expect, it } from 'vitest'
import { createPipeline } from '../../src/pipeline.ts'
import { defaultCoreSettings } from '../../src/settings/core-settings.ts'
import type { CgroupSample, Observation } from '../../src/types.ts'
import { type NodeOptions, type Phase, samplesOf, someHost, storyStart } from './node-story.ts'

/** A node in the middle of a stall: 60 s of full thrash at 2.7 % left. */
const stalled: readonly Phase[] = [
  { seconds: 60 },
  { seconds: 10, availableMiB: 40, fileMiB: 80, dropped: 0.2 },
  { seconds: 60, refault: 0.2, memoryFull: 0.3, ioFull: 0.4 },
]
const reliefAt = stalled.reduce((sum, { seconds }) => sum + seconds, 0)
/** What was driven out is read back into the memory that has come free, on a slow disk for most of a minute. */
const readBack: Phase = { seconds: 50, fileMiB: 300, refault: 0.15, dropped: 0, memoryFull: 0.2, ioFull: 0.5 }
const quiet: Phase = { seconds: 700 }

interface Relief {
  readonly phases: readonly Phase[]
  readonly node?: NodeOptions
  /** Observations beside the samples, by the second. */
  readonly beside?: (second: number) => Observation | undefined
}

const kill = (second: number): Observation => ({
  kind: 'kernel',
  at: storyStart + second * 1000,
  text: 'Out of memory: Killed process 4242 (java) total-vm:2383472kB, anon-rss:900000kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:400kB oom_score_adj:0',
})

/** `/kubepods` at its limit until it is raised. */
function kubepods(second: number, raisedAt: number): Observation {
  const isFull = second >= 70
  const limitKiB = second < raisedAt ? 1_000_000 : 1_400_000
  const cgroup: CgroupSample = {
    path: '/kubepods',
    currentKiB: isFull ? 999_000 : 600_000,
    limitKiB,
    stat: { inactive_file: 2_000, active_file: 2_000 },
  }
  return { kind: 'cgroups', at: storyStart + second * 1000, cgroups: [cgroup] }
}

const ways: Readonly<Record<string, Relief>> = {
  'all pods are deleted': { phases: [{ seconds: 3, availableMiB: 1_000 }, readBack, quiet] },
  'the largest pod is deleted': { phases: [{ seconds: 3, availableMiB: 350 }, readBack, quiet] },
  'a pod is deleted and ends slowly': { phases: [{ seconds: 30, availableMiB: 400, refault: 0.1 }, readBack, quiet] },
  'the leaking process is killed by a person': { phases: [{ seconds: 1, availableMiB: 600 }, readBack, quiet] },
  'the kernel kills the leaking process': {
    phases: [{ seconds: 1, availableMiB: 600 }, readBack, quiet],
    beside: second => (second === reliefAt ? kill(second) : undefined),
  },
  'the limit of /kubepods is raised': {
    phases: [{ seconds: 3, availableMiB: 500 }, readBack, quiet],
    beside: second => kubepods(second, reliefAt),
  },
  'the file cache is dropped': { phases: [{ seconds: 2, availableMiB: 500, fileMiB: 20 }, readBack, quiet] },
  'a tmpfs is emptied': { phases: [{ seconds: 1, availableMiB: 800 }, { ...readBack, seconds: 20 }, quiet] },
  'a deployment is scaled down one pod after the other': {
    phases: [
      ...[200, 320, 440].map((availableMiB): Phase => ({ seconds: 10, availableMiB, refault: 0.15, ioFull: 0.4 })),
      readBack,
      quiet,
    ],
  },
  'a pod is moved away while its successor starts elsewhere and pages are read back for two minutes': {
    phases: [{ seconds: 5, availableMiB: 450 }, { ...readBack, seconds: 120 }, quiet],
  },
}

describe('load that is taken away in the middle of a stall', () => {
  it.each(Object.entries(ways))('nothing is critical after it, and it is resolved within six minutes: %s', (_, way) => {
    const pipeline = createPipeline()
    const at = (second: number) => storyStart + second * 1000
    pipeline.observe({ kind: 'settings', at: at(0), settings: defaultCoreSettings })
    pipeline.observe({ kind: 'host', at: at(0), host: someHost })
    const alerts = samplesOf([...stalled, ...way.phases], way.node).flatMap((sample, second) => {
      const beside = way.beside?.(second)
      const observations: Observation[] = [...(beside ? [beside] : []), sample, { kind: 'tick', at: sample.at }]
      return observations.flatMap(observation => pipeline.observe(observation)).map(alert => ({ ...alert, second }))
    })
    const before = alerts.filter(({ second }) => second < reliefAt)
    expect(before.some(({ severity }) => severity === 'critical')).toBe(true)
    const after = alerts.filter(({ second }) => second > reliefAt + 30)
    expect(after.filter(({ status }) => status === 'firing')).toEqual([])
    const resolved = after.find(({ type, status }) => type === 'memory-exhaustion' && status === 'resolved')
    expect(resolved?.second).toBeLessThanOrEqual(reliefAt + (way.beside?.(reliefAt)?.kind === 'kernel' ? 660 : 360))
  })
})
