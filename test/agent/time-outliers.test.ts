import { expect, test } from 'vitest'
import { withoutTimeOutliers } from '../../src/agent/time-outliers.ts'
import type { Observation } from '../../src/types.ts'

const hour = 60 * 60_000
const now = 1_800_000_000_000

async function keptOf(ats: readonly number[], kind: 'tick' | 'kernel' = 'tick'): Promise<(number | null)[]> {
  async function* given() {
    for (const at of ats) yield { kind, at, text: '' } as unknown as Observation
  }
  const kept: (number | null)[] = []
  for await (const { at } of withoutTimeOutliers(given(), now)) kept.push(at)
  return kept
}

const seconds = (from: number): number[] => Array.from({ length: 4 }, (_, second) => from + second * 1000)

test.each([-24 * hour, -hour, hour, 9000 * hour])('one time that is off by %i ms is left out', async ms => {
  const [first, second, third, last] = seconds(now - 2 * hour)
  expect(await keptOf([first!, second!, third! + ms, last!])).toEqual([first, second, last])
})

test.each([-3 * hour, hour])('where the clock was set by %i ms all is kept', async ms => {
  const before = seconds(now - 2 * hour)
  const after = seconds(now - 2 * hour + ms)
  expect(await keptOf([...before, ...after])).toEqual([...before, ...after])
})

test('a pause of an hour loses nothing', async () => {
  const all = [...seconds(now - 2 * hour), ...seconds(now - hour)]
  expect(await keptOf(all)).toEqual(all)
})

test('kernel records that were caught up with have older times, and are kept', async () => {
  const all = [now - 1000, now - 2 * hour, now - hour, now]
  expect(await keptOf(all, 'kernel')).toEqual(all)
})
