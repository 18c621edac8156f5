import { reportedRssKiB } from '../../identify/kill-report.ts'
import { type Clause, cut, mustStay } from '../../text/fit-clauses.ts'
import { joined } from '../../text/sentences.ts'
import type { Verdict } from '../../types.ts'
import type { EndedByOtherFacts, NodeShortageFacts, SharedLimitFacts } from '../../verdicts/memory-exhaustion.ts'
import type { RespawnLoopFacts } from '../../verdicts/respawn-loop.ts'
import { isRecreatedHere } from '../advice/eviction-target.ts'
import type { DiagnosisContext } from '../evidence/diagnosis-context.ts'
import { limitedObject } from '../evidence/limit.ts'
import { nameOfCgroup, nameOfLimit, shortName } from '../evidence/workload-names.ts'

/** What happens, and to what. */
export function whatHappened(context: DiagnosisContext, verdict: Verdict): Clause {
  return { worth: mustStay, texts: textsOf(context, verdict) }
}

function textsOf(context: DiagnosisContext, verdict: Verdict): readonly string[] {
  const { t, status } = context
  const node = nodeOf(context)
  if (status === 'resolved') return overTexts(context, verdict)
  switch (verdict.type) {
    case 'memory-exhaustion':
      if (verdict.facts.about === 'slice') return sharedLimit(context, verdict, verdict.facts)
      return verdict.facts.about === 'node'
        ? exhaustion(context, verdict, verdict.facts)
        : endedByOther(context, verdict, verdict.facts)
    case 'respawn-loop':
      return verdict.facts.endedBy ? endedLoop(context, verdict, verdict.facts.endedBy) : loop(context, verdict)
    case 'oom-storm': {
      const { kills, spanMs } = verdict.facts
      const { name: last, KiB } = lastKillOf(context, verdict)
      const facts = { kills, seconds: Math.max(1, Math.round(spanMs / 1000)), last }
      return [t.summary.storm({ ...facts, node, KiB }), t.summary.storm({ ...facts, KiB: null })]
    }
    case 'node-daemon-killed': {
      const { name } = victimOf(context, verdict)
      return [t.summary.daemonKilled({ name, node }), t.summary.daemonKilled({ name })]
    }
    case 'memory-leak': {
      const { growthKiBPerHour, etaSeconds, etaRangeSeconds } = verdict.facts
      const name = verdict.workload ? shortName(verdict.workload) : verdict.subject
      const facts = { name, KiBPerHour: growthKiBPerHour, seconds: etaSeconds, range: etaRangeSeconds }
      return [t.summary.leak({ ...facts, node }), t.summary.leak({ ...facts, node: null })]
    }
    case 'agent-impaired': {
      const down = verdict.facts.sourcesDown
      const sourcesDown = down.filter(source => source !== stateDirectory)
      return [
        t.summary.impaired({ ...verdict.facts, node, sourcesDown, cannotWrite: sourcesDown.length < down.length }),
      ]
    }
    default:
      return [`${node ?? ''} ${t.verdicts[(verdict as Verdict).type].name}`.trim()]
  }
}

/** The source that stands for what the agent writes (src/agent/state-directory.ts). */
const stateDirectory = 'state-directory'

function exhaustion(context: DiagnosisContext, verdict: Verdict, facts: NodeShortageFacts): readonly string[] {
  const { t, now, victims, world } = context
  const node = nodeOf(context)
  const left = leftText(context)
  const signs = new Set(verdict.signs.map(({ sign }) => sign))
  if (verdict.kill && now - verdict.kill.at < 3_600_000) {
    const { name: victim, KiB } = victimOf(context, verdict)
    const stalled = signs.has('stalling')
    const { limit } = context
    const limitKiB = limit?.level === 'kubepods' && !stalled ? limit.limitKiB : null
    const counted = { node, victim, KiB, kills: facts.nodeLevelKills }
    const short = { ...counted, KiB: null, kills: 1 }
    if (limitKiB !== null)
      return [t.summary.podsLimit({ ...counted, limitKiB }), t.summary.podsLimit({ ...short, limitKiB })]
    return [
      t.summary.outOfMemory({ ...counted, stalled }),
      t.summary.outOfMemory({ ...short, stalled: false }),
      t.summary.outOfMemoryShort({ victim }),
    ]
  }
  const short = { node, left: null }
  if (signs.has('not-ready-presumed')) return [t.summary.notReady({ node, left }), t.summary.notReady(short)]
  if (signs.has('stalling')) return [t.summary.stalled({ node, left }), t.summary.stalled(short)]
  if (signs.has('primed') && !signs.has('low-headroom')) {
    const next = victims[0]
    const restarts = next !== undefined && (isRecreatedHere(next.of) || world.identity.hasRespawned(next.of))
    const victim = next ? t.summary.firstVictim({ victim: shortName(next.of), restarts }) : ''
    return [
      joined(t, t.summary.atRisk({ node, left }), victim),
      t.summary.atRisk({ node, left }),
      t.summary.atRisk(short),
    ]
  }
  return [t.summary.runningOut({ node, left }), t.summary.runningOut(short)]
}

function loop(context: DiagnosisContext, verdict: Verdict): readonly string[] {
  const { t, limit, world } = context
  const node = nodeOf(context)
  const { name: workload, KiB } = victimOf(context, verdict)
  const kills = verdict.loop?.kills ?? 2
  const periodSeconds = verdict.loop?.medianPeriodSeconds ?? null
  if (verdict.loop?.nodeLevel) {
    const facts = { workload, KiB, node, kills, periodSeconds }
    const full = t.summary.loop(facts)
    return [
      joined(t, full, takesBack(verdict, KiB) ? t.summary.takenBack : ''),
      full,
      t.summary.loop({ ...facts, node: undefined, KiB: null }),
    ]
  }
  const of = verdict.workload ?? verdict.kill?.workload ?? null
  const object = limit && of ? limitedObject(limit, of, world) : 'own'
  const isPod = object === 'pod'
  const named = object !== 'own' && object !== 'job' && limit?.path && of ? nameOfLimit(limit.path, of) : null
  // A container in another one has the limit itself, under its own name.
  const whose = isPod ? t.summary.itsPod : named !== null && !workload.endsWith(named) ? named : null
  const facts = { workload, whose, kills, periodSeconds, limitKiB: limit?.limitKiB ?? null }
  return [t.summary.ownLimit({ ...facts, node }), t.summary.ownLimit({ ...facts, limitKiB: null })]
}

/** A slice is named by its own name: what is in it is not the node. */
function sharedLimit(
  context: DiagnosisContext,
  verdict: Verdict,
  { path, limitKiB }: SharedLimitFacts,
): readonly string[] {
  const { t } = context
  const slice = nameOfCgroup(path)
  const { name: victim, KiB } = victimOf(context, verdict)
  const facts = { slice, limitKiB, node: nodeOf(context), victim }
  const scope = t.summary.sharedLimitScope({ slice })
  return [joined(t, t.summary.sharedLimit({ ...facts, KiB }), scope), t.summary.sharedLimit({ ...facts, KiB: null })]
}

/** A loop that kubelet or a userspace OOM killer drives. */
function endedLoop(context: DiagnosisContext, { loop, workload, subject }: Verdict, by: Killer): readonly string[] {
  const { t } = context
  const isGuess = by !== 'unknown' && loop?.endedByCertainty === 'guess'
  const killer = isGuess ? t.endings.guess : t.endings.killers[by]
  const facts = { workload: workload ? shortName(workload) : subject, killer, deaths: loop?.kills ?? 2 }
  const periodSeconds = loop?.medianPeriodSeconds ?? null
  return [
    t.endings.loop({ ...facts, node: nodeOf(context), periodSeconds }),
    t.endings.loop({ ...facts, node: undefined, periodSeconds: null }),
  ]
}

type Killer = NonNullable<RespawnLoopFacts['endedBy']>

/** Measured: what was available ten seconds after the kill is less than half of what the victim used. */
function takesBack({ loop }: Verdict, KiB: number | null): boolean {
  return loop != null && loop.regainedKiB !== null && KiB !== null && loop.regainedKiB < KiB / 2
}

function endedByOther(context: DiagnosisContext, verdict: Verdict, { rssKiB }: EndedByOtherFacts): readonly string[] {
  const { t } = context
  const node = nodeOf(context)
  const name = verdict.workload ? shortName(verdict.workload) : verdict.subject
  return [t.summary.endedByOther({ name, node, KiB: rssKiB }), t.summary.endedByOther({ name, node: null, KiB: null })]
}

function overTexts(context: DiagnosisContext, verdict: Verdict): readonly string[] {
  const { t } = context
  const node = nodeOf(context)
  if (verdict.type === 'agent-impaired') return [t.summary.agentRecovered({ node })]
  if (verdict.type === 'respawn-loop') {
    const { name: workload } = victimOf(context, verdict)
    const kills = verdict.loop?.kills ?? 2
    return [t.summary.loopOver({ workload, node, kills }), t.summary.loopOver({ workload, kills })]
  }
  if (verdict.subject !== 'node') {
    const name = verdict.workload ? shortName(verdict.workload) : verdict.subject
    if (verdict.type === 'memory-leak') return [t.summary.leakOver({ name, node })]
    return [t.summary.notKilledAgain({ name, node })]
  }
  return [t.summary.nodeRecovered({ node, left: leftText(context) }), t.summary.nodeRecovered({ node, left: null })]
}

function victimOf({ t, killSizes }: DiagnosisContext, { kill, workload: subject }: Verdict) {
  const workload = (kill && killSizes.ownerOf(kill.kill.pid)) ?? kill?.workload ?? subject
  const known = workload ? shortName(workload) : t.summary.process
  // Attributed by a kill counter alone: the line that names the victim was suppressed.
  const name = workload?.certainty === 'guess' ? t.summary.probably({ name: known }) : known
  return { name, KiB: kill ? (reportedRssKiB(kill.kill) ?? kill.lastRssKiB) : null }
}

/** The newest kill, by the name that its line has: that may be a thread's of a program that was named before. */
function lastKillOf(context: DiagnosisContext, verdict: Verdict) {
  const { kill } = verdict
  const { name: owner, KiB } = victimOf(context, verdict)
  if (!kill || !context.killSizes.ownerOf(kill.kill.pid)) return { name: owner, KiB }
  const name = shortName(kill.workload)
  return { name: name === owner ? name : context.t.summary.partOf({ name, owner }), KiB }
}

function leftText({ t, memory, world }: DiagnosisContext): string | null {
  const headroom = memory ? world.memory.headroom : null
  return headroom && t.summary.left({ KiB: headroom.KiB, ratio: headroom.ratio, forPods: headroom.of === 'kubepods' })
}

function nodeOf({ host }: DiagnosisContext): string | null {
  return host.name === 'unknown' ? null : cut(host.name)
}
