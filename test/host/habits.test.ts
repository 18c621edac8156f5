import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createHabitKeeper, readHabits } from '../../src/host/habits.ts'
import { createPipeline } from '../../src/pipeline.ts'
import type { Observation } from '../../src/types.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-habits-'))
  dirs.push(dir)
  return dir
}

const habit = { workload: 'pod/shop/web/web', KiB: 900_000, watchedMs: 7_200_000, seenAt: 1_800_000_000_000 }

test('what a core has learned is known to the next one', () => {
  const dir = stateDir()
  const first = createPipeline()
  first.observe({ kind: 'habits', at: habit.seenAt, habits: [habit] })
  createHabitKeeper({ stateDir: dir, agent: { emit: first.observe, habits: first.habits }, now: () => 1 }).stop()

  const second = createPipeline()
  const told: Observation[] = []
  const emit = (observation: Observation) => {
    told.push(observation)
    second.observe(observation)
  }
  const keeper = createHabitKeeper({ stateDir: dir, agent: { emit, habits: second.habits }, now: () => 2 })
  keeper.start()
  keeper.stop()
  expect(told).toEqual([{ kind: 'habits', at: 2, habits: [habit] }])
  expect(second.habits().habits).toEqual([habit])
})

test('a file that was torn, or is none, is as if there were none', () => {
  const dir = stateDir()
  expect(readHabits(dir)).toBeUndefined()
  for (const text of [
    '{"kind":"habits","at":1,"hab',
    '[]',
    '{"kind":"habits","at":1,"habits":[{"workload":5}]}',
    '{"kind":"tick","at":1}',
  ]) {
    writeFileSync(join(dir, 'habits.json'), text)
    expect(readHabits(dir)).toBeUndefined()
  }
})

test('a core that has learned nothing leaves what is kept alone', () => {
  const dir = stateDir()
  writeFileSync(join(dir, 'habits.json'), JSON.stringify({ kind: 'habits', at: 1, habits: [habit] }))
  const { observe, habits } = createPipeline()
  createHabitKeeper({ stateDir: dir, agent: { emit: observe, habits }, now: () => 3 }).stop()
  expect(readHabits(dir)!.habits).toEqual([habit])
})
