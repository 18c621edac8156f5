import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { baselineFile, createLearnedKeeper, readLearned, trendFile } from '../../src/agent/learned-files.ts'
import { createPipeline } from '../../src/pipeline.ts'
import type { Observation } from '../../src/types.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-learned-'))
  dirs.push(dir)
  return dir
}

const at = 1_800_000_000_000
const habit = { workload: 'pod/shop/web/web', KiB: 900_000, watchedMs: 7_200_000, seenAt: at }
const MiB = Array.from({ length: 90 }, (_, bin) => 100 + bin)
const trend = { workload: 'pod/shop/api/java', lastAt: at - 60_000, day: MiB, usual: MiB }

/** A new core with a keeper of both files in this directory, and what they gave to it. */
function started(dir: string) {
  const core = createPipeline()
  const given: Observation[] = []
  const emit = (observation: Observation) => {
    given.push(observation)
    core.observe(observation)
  }
  const shared = { stateDir: dir, emit, now: () => at }
  const keepers = [
    createLearnedKeeper({ ...shared, file: baselineFile, take: core.baselines }),
    createLearnedKeeper({ ...shared, file: trendFile, take: core.trends }),
  ]
  for (const keeper of keepers) keeper.start()
  return { core, given, stop: async () => void (await Promise.all(keepers.map(keeper => keeper.stop()))) }
}

test('what is usual on a node is known to the next run', async () => {
  const dir = stateDir()
  writeFileSync(join(dir, 'habits.json'), JSON.stringify({ kind: 'habits', at: 1, habits: [habit] }))
  const first = started(dir)
  expect(first.given).toEqual([{ kind: 'habits', at, habits: [habit] }])
  await first.stop()
  const second = started(dir)
  await second.stop()
  expect(second.given).toEqual([{ kind: 'habits', at, habits: [habit] }])
  expect(second.core.baselines().habits).toEqual([habit])
})

test('how a workload grew is known to the next run', async () => {
  const dir = stateDir()
  writeFileSync(join(dir, 'trends.json'), JSON.stringify({ kind: 'trends', at: 1, workloads: [trend] }))
  const first = started(dir)
  expect(first.given).toEqual([{ kind: 'trends', at, workloads: [trend] }])
  await first.stop()
  const [kept] = JSON.parse(readFileSync(join(dir, 'trends.json'), 'utf8')).workloads
  expect(kept).toMatchObject({ workload: trend.workload, usual: MiB })
  // The running bin is dropped; all before it stay.
  expect(kept.day.slice(1)).toEqual(MiB.slice(1))
})

test.each([
  ['habits.json', '{"kind":"habits","at":1,"hab'],
  ['habits.json', '[]'],
  ['habits.json', '{"kind":"habits","at":1,"habits":[{"workload":5}]}'],
  ['habits.json', '{"kind":"tick","at":1}'],
  ['trends.json', '{"kind":"trends","at":1,"work'],
  ['trends.json', '[]'],
  ['trends.json', '{"kind":"trends","at":1,"workloads":[{"workload":5}]}'],
  ['trends.json', '{"kind":"trends","at":1,"workloads":[{"workload":"a","lastAt":1,"day":["x"],"usual":[]}]}'],
  ['trends.json', '{"kind":"tick","at":1}'],
])('%s that was torn, or is none, is as if there were none: %s', async (name, text) => {
  const dir = stateDir()
  writeFileSync(join(dir, name), text)
  const { given, stop } = started(dir)
  expect(given).toEqual([])
  await stop()
})

test('no file is as if nothing were learned', () => {
  expect(readLearned(baselineFile, stateDir())).toBeUndefined()
})

test('a core that has learned nothing leaves what is kept alone', async () => {
  const dir = stateDir()
  writeFileSync(join(dir, 'habits.json'), JSON.stringify({ kind: 'habits', at: 1, habits: [habit] }))
  const { observe, baselines } = createPipeline()
  const keeper = createLearnedKeeper({
    file: baselineFile,
    stateDir: dir,
    take: baselines,
    emit: observe,
    now: () => at,
  })
  await keeper.stop()
  expect(readLearned(baselineFile, dir)!.habits).toEqual([habit])
})
