import { keepNewest } from '../keep-newest.ts'
import type { CycleCertainty, Detector, Verdict, World } from '../types.ts'
import { createKilledElsewhere } from './killed-elsewhere.ts'
import { createDeathProof } from './respawn/death-proof.ts'
import { createInferredEviction } from './respawn/inferred-eviction.ts'
import { createKillerLog, type EndedDeath } from './respawn/killer-log.ts'

/**
 * The loop that the kernel does not drive: kubelet evicts a pod for memory, its owner creates it again, kubelet evicts it
 * again; or systemd-oomd, earlyoom or nohang kill what is restarted. It fires at the second death where the second
 * life is known to have begun after the first death; where only names are known, at the third.
 *
 * Each death is one that a killer has logged with memory as its reason, that of a large process in a shortage which
 * neither the kernel nor a deletion explains, or (a guess) that of a large pod below kubelet's eviction threshold. So a rollout, a scale-down, a drain, a job that ends or an eviction for the
 * disk is never one. The first death that no log explains is information.
 */
export function createEndedLoop(): Detector {
  const read = createKillerLog()
  const findVanished = createKilledElsewhere()
  const inferEvictions = createInferredEviction()
  const proof = createDeathProof()
  /** When a log last named who ended a workload. */
  const explained = new Map<string, number>()
  const chains = new Map<string, readonly EndedDeath[]>()
  const killedByKernel = new Map<string, number[]>()

  return (event, world) => {
    const now = world.steadyNow
    const isRecent = (at: number) => now - at <= world.settings.loopWindowMs
    if (event.kind === 'kill') {
      const { key } = event.kill.workload
      keepNewest(killedByKernel, key, [...(killedByKernel.get(key) ?? []).filter(isRecent), now].slice(-2), keptChains)
    }
    const logged = event.kind === 'unit-line' ? read(event, world) : undefined
    if (logged) keepNewest(explained, logged.workload.key, now, keptChains)
    if (logged && !logged.isTrusted) proof.expect(logged, world)
    const isExplained = ({ subject }: Verdict) => now - (explained.get(subject) ?? -Infinity) < explainedMs
    const vanished = findVanished(event, world).filter(verdict => !isExplained(verdict))
    const loops = [
      ...(logged ? [logged] : []),
      ...inferEvictions(event, world),
      ...vanished.flatMap(verdict => deathOf(verdict, world)),
    ].flatMap(add)
    loops.push(...proof.observe(event, world).flatMap(trust))
    // A loop is more informative than a single unexplained exit.
    return [...vanished.filter(({ subject }) => !loops.some(loop => loop.subject === subject)), ...loops]

    function add(death: EndedDeath): readonly Verdict[] {
      const { key } = death.workload
      const deaths = [...(chains.get(key) ?? []).filter(({ at }) => isRecent(at)), death].slice(-keptDeaths)
      keepNewest(chains, key, deaths, keptChains)
      return judge(key, deaths)
    }

    /** The kill that the log line announced has happened. */
    function trust(proven: EndedDeath): readonly Verdict[] {
      const { key } = proven.workload
      const deaths = (chains.get(key) ?? []).map(death => (death === proven ? { ...death, isTrusted: true } : death))
      if (deaths.length > 0) chains.set(key, deaths)
      return judge(key, deaths)
    }

    function judge(key: string, deaths: readonly EndedDeath[]): readonly Verdict[] {
      // Where the kernel drives the loop itself, the alert names the kernel.
      if ((killedByKernel.get(key) ?? []).filter(isRecent).length > 1) return []
      const cycles = cyclesOf(deaths)
      return cycles.length > 0 ? [verdictOf(deaths, cycles, world)] : []
    }
  }
}

const keptDeaths = 64
// A vanished process is reported up to 20 s after its end, a log line within some seconds.
const explainedMs = 60_000
const keptChains = 1_024

function deathOf({ workload, facts, since }: Verdict, world: World): readonly EndedDeath[] {
  if (!('pid' in facts) || !workload) return []
  const { pid, bornAt } = facts
  const at = world.steadyNow - (world.now - since)
  return [{ by: 'unknown', workload, at, wallAt: since, instance: String(pid), pid, bornAt, isTrusted: true }]
}

interface Cycle {
  readonly first: EndedDeath
  readonly second: EndedDeath
  readonly certainty: CycleCertainty
}

function cyclesOf(deaths: readonly EndedDeath[]): readonly Cycle[] {
  const cycles: Cycle[] = []
  const byName: Cycle[] = []
  for (const [index, second] of deaths.entries()) {
    const first = deaths[index - 1]
    if (!first) continue
    const certainty = orderOf(first, second)
    if (certainty === 'name-only') byName.push({ first, second, certainty })
    else if (certainty) cycles.push({ first, second, certainty })
  }
  // Two processes of one name may be two replicas. A third one means a restart.
  return cycles.length > 0 || byName.length > 1 ? [...cycles, ...byName].sort((a, b) => a.second.at - b.second.at) : []
}

/** How it is known that the second one lived after the first had died; undefined: it is not. */
function orderOf(first: EndedDeath, second: EndedDeath): CycleCertainty | undefined {
  const isOther = first.generation !== second.generation
  // Another revision of the same workload: a rollout.
  if (isOther && first.isGuess && second.isGuess) return undefined
  // The next run of a CronJob is due in any case: it replaces nothing.
  if (isOther) return second.at - first.at >= apartMs ? 'name-only' : undefined
  if (second.bornAt !== null) return second.bornAt >= first.wallAt - toleranceMs ? 'seen' : undefined
  // The same cgroup, or a pod of the same name: it was filled again.
  if (second.pid === null && second.instance === first.instance) return 'seen'
  const isAscending = second.pid === null || first.pid === null || second.pid > first.pid
  return isAscending && second.at - first.at >= apartMs ? 'name-only' : undefined
}

// The stamp of a log has a resolution of a second.
const toleranceMs = 1_000
// Replicas that are killed in one shortage die within seconds.
const apartMs = 20_000

function verdictOf(deaths: readonly EndedDeath[], cycles: readonly Cycle[], world: World): Verdict {
  const from = cycles[0]!.first
  const ofLoop = deaths.filter(({ at }) => at >= from.at)
  const last = ofLoop.at(-1)!
  const periods = cycles.map(({ first, second }) => second.at - first.at)
  const certainty = (['seen', 'same-pod', 'name-only'] as const).find(each =>
    cycles.some(cycle => cycle.certainty === each),
  )!
  const isTrusted = world.host.sight === 'log' || ofLoop.every(death => death.isTrusted)
  const isGuess = ofLoop.some(death => death.isGuess)
  const isCertain = isTrusted && !isGuess
  return {
    type: 'respawn-loop',
    subject: last.workload.key,
    at: world.now,
    firing: true,
    // Any user can write such a line on a live host: unless a process exits with it, no one is notified. In a log it is all the
    // evidence there is.
    severity: isCertain ? 'warning' : 'info',
    since: from.wallAt,
    signs: [{ sign: 'looping', since: cycles[0]!.second.wallAt }],
    workload: last.workload,
    loop: {
      kills: ofLoop.length,
      respawns: cycles.length,
      pids: ofLoop.flatMap(({ pid }) => pid ?? []).slice(-10),
      firstKillAt: from.wallAt,
      lastKillAt: last.wallAt,
      medianPeriodSeconds: Math.round(periods.toSorted((a, b) => a - b)[periods.length >> 1]! / 100) / 10,
      longestPeriodSeconds: Math.round(Math.max(...periods) / 100) / 10,
      lastLifetimeSeconds: last.bornAt === null ? null : Math.round((last.wallAt - last.bornAt) / 100) / 10,
      yieldKiB: null,
      regainedKiB: null,
      certainty,
      chronic: last.wallAt - from.wallAt >= world.settings.chronicMs,
      nodeLevel: false,
      respawnedBy: last.by === 'kubelet-eviction' ? 'controller' : 'unknown',
      endedBy: last.by,
      endedByCertainty: isGuess || last.by === 'unknown' ? 'guess' : isTrusted ? 'log' : 'unverified-log',
    },
    kill: null,
    facts: {
      endedBy: last.by,
      isUnverified: world.host.sight === 'host' && !isTrusted,
    },
  }
}
