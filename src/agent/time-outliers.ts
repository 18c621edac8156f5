import type { Observation } from '../types.ts'

/**
 * An earlier run's observations without those whose time fits neither the one before nor the one after: a flipped bit in
 * one time would end everything that is open. Where the clock was set, or nothing ran for a while, those after it agree.
 * `now`: nothing can have been observed later than that.
 */
export async function* withoutTimeOutliers(
  observations: AsyncIterable<Observation>,
  now: number,
): AsyncGenerator<Observation> {
  let lastAt: number | null = null
  let doubtful: Observation | undefined
  for await (const observation of observations) {
    const { at } = observation
    if (at !== null && at > now + clockErrorMs) continue
    // Without a time of its own, or dated by the kernel while its log was caught up with: says nothing about the clock.
    const isLateRecord = observation.kind === 'kernel' && lastAt !== null && at !== null && at < lastAt
    if (at === null || isLateRecord || lastAt === null || isNear(at, lastAt)) {
      doubtful = undefined
    } else if (doubtful && isNear(at, doubtful.at!)) {
      yield doubtful
      doubtful = undefined
    } else {
      doubtful = observation
      continue
    }
    if (at !== null && !isLateRecord) lastAt = at
    yield observation
  }
}

/** More than one observation is made in this time; and the clock can be set back by as much between two runs. */
const clockErrorMs = 60_000

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= clockErrorMs
}
