import { createSteadyClock } from '../steady-clock.ts'
import type { AttributedKill, Birth, Detector, Severity, Verdict, World } from '../types.ts'
import type { Death } from './birth-order.ts'
import { createGenerations, type Generations } from './generations.ts'
import { createLoopRecord, type LoopRecord } from './loop-record.ts'
import { defaultThresholds } from './thresholds.ts'

/**
 * A workload is killed, comes back, and is killed again. Fires at the first completed cycle within the loop window.
 * Node-level: critical. Own limit: info; warning where the period is below a minute or the node's headroom is small.
 */
export function createRespawnLoop(): Detector {
  const steady = createSteadyClock()
  let lives = new Map<string, Life>()
  let births = new Map<string, Birth>()

  return (event, world) => {
    const now = steady(world.now)
    if (event.kind === 'start') {
      lives = new Map()
      births = new Map()
      return []
    }
    if (event.kind === 'birth') {
      const { pid, startTicks } = event.birth.process
      if (event.birth.replaces) keepNewest(births, `${pid} ${startTicks}`, event.birth)
      return []
    }
    if (event.kind === 'tick') return settle(lives, world, now)
    if (event.kind !== 'kill') return []

    const { kill } = event
    const key = keyOf(kill, lives)
    let life = lives.get(key)
    if (life?.generations.join(kill)) {
      life.record.kill(kill, now)
      return life.record.hasCycle() ? [verdictOf(key, life, world)] : []
    }
    const settings = world.settings
    const windowMsOf = (first: Death, second: Death) =>
      first.kill.nodeLevel && second.kill.nodeLevel ? settings.loopWindowMs : settings.ownLimitLoopWindowMs
    const death = deathOf(kill, now, world)
    const last = life?.generations.deaths.at(-1)
    // Longer ago than a cycle may take: what begins now is another loop.
    if (last && now - last.at > windowMsOf(last, death)) life = undefined
    life ??= { generations: createGenerations(), record: createLoopRecord(), last: kill, lastAt: now }
    life.last = kill
    life.lastAt = now
    keepNewest(lives, key, life)
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

function keepNewest<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > keptEntries) map.delete(map.keys().next().value!)
}

/** A pod is known by its UID until its name is read; then what is remembered of it goes on under the name. */
function keyOf({ workload: { key, podUid } }: AttributedKill, lives: Map<string, Life>): string {
  const life = podUid !== null && !lives.has(key) ? lives.get(`pod/${podUid}`) : undefined
  if (!life) return key
  lives.delete(`pod/${podUid}`)
  lives.set(key, life)
  return key
}

function deathOf(kill: AttributedKill, at: number, { host }: World): Death {
  const { lines: _lines, tasks, ...rest } = kill.kill
  return {
    // Without its lines and its table: they are kilobytes, and deaths are remembered by the thousand.
    kill: { ...kill, kill: rest },
    pids: [kill.kill.pid],
    listed: tasks && tasks.length > 0 ? new Set(tasks.flatMap(({ pid, tgid }) => [pid, tgid])) : null,
    isListWhole: tasks !== undefined && tasks.length < keptTasks,
    at,
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
    facts: {
      kills: loop.kills,
      respawns: loop.respawns,
      nodeLevel: loop.nodeLevel,
      periodSeconds: loop.medianPeriodSeconds,
      certainty: loop.certainty,
      respawnedBy: loop.respawnedBy,
      yieldKiB: loop.yieldKiB,
      regainedKiB: loop.regainedKiB,
    },
  }
}

function severityOf(record: LoopRecord, { memory, now }: World): Severity {
  if (record.isNodeLevel()) return 'critical'
  const periodMs = record.periodMs()
  if (periodMs !== null && periodMs < 60_000) return 'warning'
  const isFresh = memory.latest !== null && now - memory.latest.at <= 30_000
  const isSmall = isFresh && memory.headroom !== null && memory.headroom.ratio < defaultThresholds.lowHeadroomRatio
  return isSmall ? 'warning' : 'info'
}
