import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createMemoryView } from '../../src/detect/memory/memory-view.ts'
import { createIdentity } from '../../src/identify/identity.ts'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'
import { createSampler } from '../../src/input/sampler/sampler.ts'
import type { Workload } from '../../src/types.ts'
import { type HostTree, hostNames, readHost, writeHostTree } from '../support/host-tree.ts'
import { hostFacts, kill } from './fixtures.ts'

interface ExpectedIdentity {
  readonly processes: Readonly<Record<string, Partial<Workload>>>
  readonly limits: readonly { readonly path: string; readonly level: string; readonly nodeLevel: boolean }[]
}

// Each layout is written as files below a root, and read by the sampler that reads live hosts.
test.each(hostNames())('every process of the host %s has the workload that is written beside it', name => {
  const tree = readHost<HostTree>(name, 'host')
  const expected = readHost<ExpectedIdentity>(name, 'identity')
  const { identity, host, close } = identify(tree)
  try {
    expect(Object.keys(expected.processes).map(Number)).toEqual(
      tree.processes.map(({ pid }) => pid).sort((a, b) => a - b),
    )
    for (const [pid, workload] of Object.entries(expected.processes)) {
      expect({ pid, ...identity.view.workloadOfPid(Number(pid)) }).toMatchObject({ pid, ...workload })
    }
    for (const { path, level, nodeLevel } of expected.limits) {
      const attributed = identity.attribute(kill({ pid: 999_999, scope: 'memcg', oomMemcg: path }), 5000, host)
      expect({ path, level: attributed.limitLevel, nodeLevel: attributed.nodeLevel }).toEqual({
        path,
        level,
        nodeLevel,
      })
    }
  } finally {
    close()
  }
})

test('the fixtures hold at least twelve layouts, each saying where it comes from', () => {
  expect(hostNames().length).toBeGreaterThanOrEqual(12)
  for (const name of hostNames()) expect(readHost<HostTree>(name, 'host').from.length).toBeGreaterThan(20)
})

function identify(tree: HostTree) {
  const root = writeHostTree(tree)
  const sampler = createSampler({ files: createLiveFiles(root) })
  const memory = createMemoryView()
  const identity = createIdentity(memory)
  const host = hostFacts({ name: tree.node })
  // Three readings: names that take a second look have had it.
  for (const at of [1000, 4000, 7000]) {
    for (const observation of sampler.sample(at)) {
      memory.observe(observation, host)
      identity.observe(observation, host)
    }
  }
  const close = (): void => {
    sampler.close()
    rmSync(root, { recursive: true })
  }
  return { identity, host, close }
}
