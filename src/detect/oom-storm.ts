import type { Detector, Verdict } from '../types.ts'

/**
 * The third node-level OOM event within the storm window, whatever the victims are. Events are counted, not kills: a group
 * that one decision kills is no storm.
 */
export function createOomStorm(): Detector {
  let recent: Decision[] = []
  let storm: Storm | null = null

  return (event, world) => {
    const now = world.steadyNow
    if (event.kind !== 'kill' || !event.kill.nodeLevel) return []
    const { kill } = event
    // A log without any time does not show how fast its kills followed each other.
    if (kill.kill.at === null && kill.kill.stampMs === undefined) return []
    const { stormWindowMs, stormEvents } = world.settings
    recent = recent.filter(({ at }) => now - at <= stormWindowMs)
    const known = recent.findLast(({ name }) => name === kill.kill.event)
    if (known) known.kills++
    else recent.push({ name: kill.kill.event, at: now, wallAt: kill.at, kills: 1 })
    // One that came to rest for a window has to gather three events again.
    if (recent.length > keptEvents) recent.shift()
    if (storm && recent.length === 1 && !known) storm = null
    if (!storm) {
      if (recent.length < stormEvents) return []
      storm = { since: recent[0]!.wallAt, events: recent.length, kills: sum(recent), startedAt: recent[0]!.at }
    } else {
      storm.kills++
      if (!known) storm.events++
    }
    return [verdict()]

    function verdict(): Verdict {
      const { since, events, kills, startedAt } = storm!
      return {
        type: 'oom-storm',
        subject: 'node',
        at: world.now,
        firing: true,
        severity: 'critical',
        since,
        signs: [{ sign: 'killing', since }],
        workload: null,
        loop: null,
        kill,
        facts: { events, kills, spanMs: Math.round(now - startedAt) },
      }
    }
  }
}

interface Decision {
  readonly name: string
  readonly at: number
  readonly wallAt: number
  kills: number
}

interface Storm {
  readonly since: number
  readonly startedAt: number
  events: number
  kills: number
}

// At 20 000 kills a second a window would hold millions; beyond this the storm is certain and only its totals grow.
const keptEvents = 256

function sum(decisions: readonly Decision[]): number {
  return decisions.reduce((total, { kills }) => total + kills, 0)
}
