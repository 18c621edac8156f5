import { expect, test } from 'vitest'
import { type Candidate, createLeakChoice } from '../../../src/detect/leak/leak-choice.ts'

const minute = 60_000
const hour = 60 * minute

function candidate(workload: string, { etaHours, riseMiB }: { etaHours: number; riseMiB: number }): Candidate {
  const etaSeconds = etaHours * 3600
  return {
    workload,
    etaSeconds,
    etaRangeSeconds: [etaSeconds, etaSeconds],
    growthKiBPerHour: 1,
    since: 0,
    riseKiB: riseMiB * 1024,
  }
}

/** Chooses every two minutes of a time among the same candidates. */
function during(
  choice: ReturnType<typeof createLeakChoice>,
  candidates: readonly Candidate[],
  from: number,
  to: number,
) {
  let chosen: string | null = null
  for (let at = from; at <= to; at += 2 * minute) chosen = choice.choose(candidates, at)?.workload ?? null
  return chosen
}

const slow = candidate('slow', { etaHours: 4, riseMiB: 600 })

test('growth is named only after it has gone on for a while, and longer where the end is far', () => {
  const choice = createLeakChoice()
  expect(during(choice, [slow], 0, 10 * minute)).toBeNull()
  expect(during(choice, [slow], 12 * minute, 20 * minute)).toBe('slow')
})

test('a leak stays named beside a job that grows faster and would fill the rest sooner', () => {
  const choice = createLeakChoice()
  during(choice, [slow], 0, hour)
  const job = candidate('job', { etaHours: 0.2, riseMiB: 250 })
  expect(during(choice, [slow, job], hour, 2 * hour)).toBe('slow')
})

test('a job is not named in a pause of the leak', () => {
  const choice = createLeakChoice()
  during(choice, [slow], 0, hour)
  const job = candidate('job', { etaHours: 0.2, riseMiB: 250 })
  expect(during(choice, [job], hour + 2 * minute, hour + 40 * minute)).toBeNull()
})

test('another leak is named that grows by more and fills the node in half the time', () => {
  const choice = createLeakChoice()
  during(choice, [slow], 0, hour)
  const fast = candidate('fast', { etaHours: 1, riseMiB: 900 })
  expect(during(choice, [slow, fast], hour, 2 * hour)).toBe('fast')
})

test('an hour after its growth stopped a leak is forgotten', () => {
  const choice = createLeakChoice()
  during(choice, [slow], 0, hour)
  const job = candidate('job', { etaHours: 0.2, riseMiB: 250 })
  expect(during(choice, [], hour, 2 * hour)).toBeNull()
  expect(during(choice, [job], 2 * hour + 2 * minute, 2.5 * hour)).toBe('job')
})
