import { keepNewest } from '../keep-newest.ts'
import type { AttributedKill, Birth, Detector, Severity, Verdict, World } from '../types.ts'
import { defaultThresholds } from './memory/thresholds.ts'
import { createDeathChain, type DeathChain } from './respawn/death-chains.ts'
import { createKillClock, type KillTime } from './respawn/kill-clock.ts'
import { createLoopStats, type LoopStats } from './respawn/loop-stats.ts'
import { type ChainedDeath, rememberedOf } from './respawn/respawn-evidence.ts'

/**
 * A workload is killed, restarts, and is killed again. Fires at the first completed cycle within the loop window.
 * Node-level: critical. Own limit: info; warning where the period is below a minute or the node's headroom is small.
 */
export function createRespawnLoop(): Detector {
  const loops = new Map<string, LoopState>()
  const births = new Map<string, Birth>()
  const killTime = createKillClock()

  return (event, world) => {
    const now = world.steadyNow
    if (event.kind === 'birth') {
      const { pid, startTicks } = event.birth.process
      if (event.birth.replaces) keepNewest(births, `${pid} ${startTicks}`, event.birth, keptEntries)
      return []
    }
    if (event.kind === 'tick') return settle(loops, world, now)
    if (event.kind !== 'kill') return []

    const { kill } = event
    const key = keyOf(kill, loops)
    let loop = loops.get(key)
    if (loop?.chain.join(kill)) {
      loop.stats.member(kill)
      return []
    }
    const time = killTime(kill, world)
    const settings = world.settings
    const windowMsOf = (first: ChainedDeath, second: ChainedDeath) =>
      first.kill.nodeLevel && second.kill.nodeLevel ? settings.loopWindowMs : settings.ownLimitLoopWindowMs
    const death = deathOf(kill, time, world)
    const last = loop?.chain.deaths.at(-1)
    // Longer ago than a cycle may take: what begins now is another loop.
    if (last && (time.boot !== last.boot || time.at - last.at > windowMsOf(last, death))) loop = undefined
    loop ??= { chain: createDeathChain(), stats: createLoopStats(), last: kill, lastAt: now }
    loop.last = kill
    loop.lastAt = now
    keepNewest(loops, key, loop, keptEntries)
    loop.stats.kill(kill, now)
    const cycles = loop.chain.add(death, births.get(`${kill.kill.pid} ${kill.startTicks}`), windowMsOf)
    for (const cycle of cycles) loop.stats.cycle(cycle)
    return loop.stats.hasCycle() ? [verdictOf(key, loop, world)] : []
  }
}

/** What is remembered of one workload's kills. */
interface LoopState {
  readonly chain: DeathChain
  readonly stats: LoopStats
  last: AttributedKill
  lastAt: number
}

// As many workloads as the largest nodes run, several times over; the one that was killed longest ago makes room.
const keptEntries = 4_096

/** A pod is known by its UID until its name is read; then what is remembered of it goes on under the name. */
function keyOf({ workload: { key, podUid } }: AttributedKill, loops: Map<string, LoopState>): string {
  const loop = podUid !== null && !loops.has(key) ? loops.get(`pod/${podUid}`) : undefined
  if (!loop) return key
  loops.delete(`pod/${podUid}`)
  loops.set(key, loop)
  return key
}

function deathOf(kill: AttributedKill, { at, boot }: KillTime, { host }: World): ChainedDeath {
  const { tasks } = kill.kill
  return {
    kill: rememberedOf(kill),
    pids: [kill.kill.pid],
    listed: tasks && tasks.length > 0 ? new Set(tasks.flatMap(({ pid, tgid }) => [pid, tgid])) : null,
    isListWhole: tasks !== undefined && tasks.length < keptTasks,
    at,
    boot,
    uptimeMs: host.bootedAt === null ? null : kill.at - host.bootedAt,
    isUnseen: host.sight === 'host' && kill.startTicks === null && kill.bornAt === null,
  }
}

// As many rows of a report's table as the parser keeps, the largest.
const keptTasks = 50

function settle(loops: Map<string, LoopState>, world: World, now: number): readonly Verdict[] {
  const changed: Verdict[] = []
  for (const [key, loop] of loops) {
    if (loop.stats.settle(world, now) && loop.stats.hasCycle()) changed.push(verdictOf(key, loop, world))
  }
  return changed
}

function verdictOf(key: string, { stats, last }: LoopState, world: World): Verdict {
  const loop = stats.loop(world.settings.chronicMs)
  return {
    type: 'respawn-loop',
    subject: key,
    at: world.now,
    firing: true,
    severity: severityOf(stats, world),
    since: loop.firstKillAt,
    signs: [
      { sign: 'killing', since: loop.firstKillAt },
      { sign: 'looping', since: stats.loopingSince() },
    ],
    workload: last.workload,
    loop,
    kill: last,
    facts: {},
  }
}

function severityOf(stats: LoopStats, { memory, now }: World): Severity {
  // A guess at the victim's workload is no reason for a critical alert.
  if (stats.isNodeLevel()) return stats.isGuess() ? 'warning' : 'critical'
  const periodMs = stats.periodMs()
  if (periodMs !== null && periodMs < 60_000) return 'warning'
  const isFresh = memory.latest !== null && now - memory.latest.at <= 30_000
  const isSmall = isFresh && memory.headroom !== null && memory.headroom.ratio < defaultThresholds.lowHeadroomRatio
  return isSmall ? 'warning' : 'info'
}
