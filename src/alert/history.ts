import type { CoreEvent, History, Verdict, World } from '../types.ts'

/** The kernel log from before the first start of the agent: used to learn, but not reported. */
interface BacklogHistory {
  readonly observe: (event: CoreEvent) => void
  /** Whether a verdict is about an incident that was over before the agent first started. */
  readonly isHistory: (verdict: Verdict, world: World) => boolean
  /** null where the log held no kill. */
  readonly summary: () => History | null
}

export function createBacklogHistory(): BacklogHistory {
  let startedAt: number | null = null
  let kills = 0
  let lastKillAt = 0
  const loops = new Set<string>()

  return {
    observe: event => {
      if (event.kind === 'start') startedAt = event.at
      // After a restart with saved state, log lines from between the two runs are reported.
      if (event.kind === 'resume') startedAt = null
      if (event.kind !== 'kill' || startedAt === null || !event.kill.kill.estimated || event.at > startedAt) return
      kills++
      lastKillAt = Math.max(lastKillAt, event.at)
    },
    isHistory: ({ type, subject, firing, kill, loop, signs }, { host }) => {
      if (!firing || startedAt === null || host.sight === 'log') return false
      const isAlive =
        !kill?.kill.estimated ||
        startedAt - kill.at <= Math.max(recentMs, 2 * (loop?.medianPeriodSeconds ?? 0) * 1000) ||
        signs.some(({ since }) => since >= startedAt!)
      if (type === 'respawn-loop' && loops.size < keptLoops) loops[isAlive ? 'delete' : 'add'](subject)
      return !isAlive
    },
    summary: () => (kills === 0 ? null : { kills, loops: loops.size, lastKillAt: new Date(lastKillAt).toISOString() }),
  }
}

/** A kill so short a time before the start belongs to what goes on now. */
const recentMs = 120_000
const keptLoops = 1_000
