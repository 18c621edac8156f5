import { keepNewest } from '../keep-newest.ts'
import type { AttributedKill, Birth, Detector, Severity, Verdict, World } from '../types.ts'
import { defaultThresholds } from './memory/thresholds.ts'
import { createGenerations, type Generations } from './respawn/death-chains.ts'
import { createKillClock, type KillTime } from './respawn/kill-clock.ts'
import { createLoopRecord, type LoopRecord } from './respawn/loop-stats.ts'
import type { ChainedDeath } from './respawn/respawn-evidence.ts'

/**
 * A workload is killed, restarts, and is killed again. Fires at the first completed cycle within the loop window.
 * Node-level: critical. Own limit: info; warning where the period is below a minute or the node's headroom is small.
 */
export function createRespawnLoop(): Detector {
  const lives = new Map<string, Life>()
  const births = new Map<string, Birth>()
  const killTime = createKillClock()

  return (event, world) => {
    const now = world.steadyNow
    if (event.kind === 'birth') {
      const { pid, startTicks } = event.birth.process
      if (event.birth.replaces) keepNewest(births, `${pid} ${startTicks}`, event.birth, keptEntries)
      return []
    }
    if (event.kind === 'tick') return settle(lives, world, now)
    if (event.kind !== 'kill') return []

    const { kill } = event
    const key = keyOf(kill, lives)
    let life = lives.get(key)
    if (life?.generations.join(kill)) {
      life.record.member(kill)
      return []
    }
    const time = killTime(kill, world)
    const settings = world.settings
    const windowMsOf = (first: ChainedDeath, second: ChainedDeath) =>
      first.kill.nodeLevel && second.kill.nodeLevel ? settings.loopWindowMs : settings.ownLimitLoopWindowMs
    const death = deathOf(kill, time, world)
    const last = life?.generations.deaths.at(-1)
    // Longer ago than a cycle may take: what begins now is another loop.
    if (last && (time.boot !== last.boot || time.at - last.at > windowMsOf(last, death))) life = undefined
    life ??= { generations: createGenerations(), record: createLoopRecord(), last: kill, lastAt: now }
    life.last = kill
    life.lastAt = now
    keepNewest(lives, key, life, keptEntries)
    life.record.kill(kill, now)
    const cycles = life.generations.add(death, births.get(`${kill.kill.pid} ${kill.startTicks}`), windowMsOf)
    for (const cycle of cycles) life.record.cycle(cycle)
    return life.record.hasCycle() ? [verdictOf(key, life, world)] : []
  }
}

interface Life {
  readonly generations: Generations
  readonly record: LoopRecord
  last: AttributedKill
  lastAt: number
}

// As many workloads as the largest nodes run, several times over; the one that was killed longest ago makes room.
const keptEntries = 4_096

/** A pod is known by its UID until its name is read; then what is remembered of it goes on under the name. */
function keyOf({ workload: { key, podUid } }: AttributedKill, lives: Map<string, Life>): string {
  const life = podUid !== null && !lives.has(key) ? lives.get(`pod/${podUid}`) : undefined
  if (!life) return key
  lives.delete(`pod/${podUid}`)
  lives.set(key, life)
  return key
}

function deathOf(kill: AttributedKill, { at, boot }: KillTime, { host }: World): ChainedDeath {
  const { lines: _lines, tasks, ...rest } = kill.kill
  return {
    // Without its lines and its table: they are kilobytes, and deaths are remembered by the thousand.
    kill: { ...kill, kill: rest },
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

function settle(lives: Map<string, Life>, world: World, now: number): readonly Verdict[] {
  const changed: Verdict[] = []
  for (const [key, life] of lives) {
    if (life.record.settle(world, now) && life.record.hasCycle()) changed.push(verdictOf(key, life, world))
  }
  return changed
}

function verdictOf(key: string, { record, last }: Life, world: World): Verdict {
  const loop = record.loop(world.settings.chronicMs)
  return {
    type: 'respawn-loop',
    subject: key,
    at: world.now,
    firing: true,
    severity: severityOf(record, world),
    since: loop.firstKillAt,
    signs: [
      { sign: 'killing', since: loop.firstKillAt },
      { sign: 'looping', since: record.loopingSince() },
    ],
    workload: last.workload,
    loop,
    kill: last,
    facts: {},
  }
}

function severityOf(record: LoopRecord, { memory, now }: World): Severity {
  // A guess at the victim's workload is no reason for a critical alert.
  if (record.isNodeLevel()) return record.isGuess() ? 'warning' : 'critical'
  const periodMs = record.periodMs()
  if (periodMs !== null && periodMs < 60_000) return 'warning'
  const isFresh = memory.latest !== null && now - memory.latest.at <= 30_000
  const isSmall = isFresh && memory.headroom !== null && memory.headroom.ratio < defaultThresholds.lowHeadroomRatio
  return isSmall ? 'warning' : 'info'
}
