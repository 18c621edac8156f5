import type { CoreEvent, World } from '../types.ts'

/** A kill is counted before it is logged; logs that come by way of a syslog daemon take seconds. */
const graceMs = 30_000
/** As long as an incident has to be quiet. */
const episodeMs = 10 * 60_000

/**
 * Kills that the kernel counted and no source has shown for 30s: a source may look well and still bring nothing, as a log
 * file that its writer has left. Returns how many there are in this episode, which ends after ten minutes without another.
 */
export function createUnseenKills(): (event: CoreEvent, world: World) => number {
  /** What was missing already when the watch began, or was reported. */
  let accepted: number | null = null
  let pendingSince: number | null = null
  let unseen = 0
  let unseenAt = 0

  return (event, { coverage, steadyNow }) => {
    // A new run: the kills of the time between two runs are read from the log's backlog, which does not count as seen.
    if (event.kind === 'host') accepted = null
    if (unseen > 0 && steadyNow - unseenAt > episodeMs) unseen = 0
    if (event.kind !== 'memory' || coverage.counted === null) return unseen
    const missing = coverage.counted - coverage.seen
    accepted = Math.min(accepted ?? missing, missing)
    if (missing === accepted) pendingSince = null
    else pendingSince ??= steadyNow
    if (pendingSince !== null && steadyNow - pendingSince >= graceMs) {
      unseen += missing - accepted
      unseenAt = steadyNow
      accepted = missing
      pendingSince = null
    }
    return unseen
  }
}
