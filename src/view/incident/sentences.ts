import { nameOfCgroup, nameOfKey } from '../../diagnose/evidence/workload-names.ts'
import { cut } from '../../text/html.ts'
import { type Messages, messagesOf } from '../../text/messages/catalogues.ts'
import { percentText, sizeText } from '../../text/messages/format.ts'
import type { Locale } from '../../types.ts'
import { freesNothingKiB, type IncidentStats, type LoopStats } from './incident-stats.ts'
import type { IncidentHistory, IncidentKill } from './timeline-data.ts'
import { clockAndZone, clockSpanText, dateText, spanText, timeText } from './times.ts'

/** What happened, in at most three short paragraphs. */
export function sentences(stats: IncidentStats, timeline: IncidentHistory, locale: Locale): readonly string[] {
  const t = messagesOf(locale)
  const paragraphs =
    stats.kind === 'quiet'
      ? [[noIncident(stats, timeline, t), lowestHeadroom(stats, t)]]
      : [whatHappened(stats, timeline, t), causeOf(stats, timeline, t), courseOf(stats, timeline, t)]
  return paragraphs.map(parts => parts.filter(Boolean).join(t.units.sentenceGap)).filter(Boolean)
}

type Sentence = string | false | null

function noIncident(
  { unseenKills }: IncidentStats,
  { from, until, host, alerts, zone }: IncidentHistory,
  { report }: Messages,
): Sentence {
  const node = nodeName(host.name, report)
  if (from === null || until === null) return report.happened.noKillsFound({ node })
  const span = spanText(from, until, zone)
  if (unseenKills > 0) return report.happened.unseenKills({ node, span, count: unseenKills })
  return report.happened.noIncident({ node, span, hasAlerts: alerts.length > 0 })
}

function lowestHeadroom({ lowest }: IncidentStats, { report }: Messages): Sentence {
  return lowest && report.lowestHeadroom({ size: sizeText(lowest.KiB) })
}

function whatHappened(stats: IncidentStats, timeline: IncidentHistory, t: Messages): readonly Sentence[] {
  const { host, from, until, zone } = timeline
  const { happened, headroomFell, stalledUpTo } = t.report
  const size = host.memTotalKiB === null ? null : sizeText(host.memTotalKiB)
  const node = t.report.node({ name: nodeName(host.name, t.report), size })
  const { nodeKills, ownKills, stallingSince, warnedAt, lowest, kind } = stats
  const [first] = kind === 'node' ? nodeKills : ownKills
  if (first) {
    const date = dateText(first.at, t.units.dateLocale, zone)
    const kills = killsText(kind === 'node' ? nodeKills : ownKills, zone, t)
    if (kind === 'node') {
      const isShared = first.limit !== null && nodeKills.every(kill => kill.limit === first.limit)
      if (isShared) return [happened.sharedLimit({ date, node, limit: cut(first.limit!, 60), kills })]
      return [happened.nodeRanOut({ date, node, kills })]
    }
    const isOneSlice = first.limit !== null && ownKills.every(each => each.isSliceLimit && each.limit === first.limit)
    if (isOneSlice) return [happened.sliceLimit({ date, node, slice: nameOfCgroup(first.limit!), kills })]
    const count = new Set(ownKills.map(kill => kill.workload)).size
    if (count > 1) return [happened.ownLimits({ date, node, count, kills })]
    return [happened.ownLimit({ date, node, workload: cut(first.label, 80), kills })]
  }
  const leak = timeline.alerts.find(({ type }) => type === 'memory-leak')
  if (leak && timeline.alerts.every(({ type }) => type === 'memory-leak' || type === 'agent-impaired')) {
    const date = dateText(Date.parse(leak.startsAt), t.units.dateLocale, zone)
    const workload = nameOfKey(leak.subject)
    return [happened.leak({ date, node, workload }), lowest && headroomFell({ size: sizeText(lowest.KiB) })]
  }
  if (stats.loops.some(({ loop }) => loop.endedBy)) {
    const date = dateText(warnedAt ?? from ?? 0, t.units.dateLocale, zone)
    return [happened.killedByOthers({ date, node }), lowest && headroomFell({ size: sizeText(lowest.KiB) })]
  }
  const at = stallingSince ?? warnedAt ?? from
  const duration = at === null || until === null ? null : t.units.duration((until - at) / 1000)
  const worst = Math.max(stats.worstMemoryFull ?? 0, stats.worstIoFull ?? 0)
  return [
    happened.shortOfMemory({ node, when: at === null ? null : timeText(at, zone), duration }),
    lowest && headroomFell({ size: sizeText(lowest.KiB) }),
    worst > 0 && stalledUpTo({ percent: percentText(worst) }),
  ]
}

function killsText(kills: readonly IncidentKill[], zone: string, { report, units }: Messages): string {
  const first = kills[0]!
  const last = kills.at(-1)!
  if (kills.length === 1) {
    const { at, label, pid, usedKiB } = first
    const size = usedKiB === null ? null : sizeText(usedKiB)
    return report.oneKill({ clock: at === 0 ? null : clockAndZone(at, zone), workload: cut(label, 80), pid, size })
  }
  if (last.at === 0)
    return report.undatedKills({ count: kills.length, workloads: new Set(kills.map(kill => kill.workload)).size })
  return report.kills({
    span: clockSpanText(first.at, last.at, zone),
    duration: units.duration(Math.max(1, (last.at - first.at) / 1000)),
    count: kills.length,
    workloads: new Set(kills.map(kill => kill.workload)).size,
  })
}

/** The loop or the pattern of the kills, the top memory consumer, and how many other workloads were looping. */
function causeOf(stats: IncidentStats, timeline: IncidentHistory, t: Messages): readonly Sentence[] {
  const [loop] = stats.loops
  const consumer = loop?.isOwnLimit ? null : topConsumer(stats, timeline, t)
  const small = stats.small && stats.small.of > 1 ? stats.small : null
  const smallText = small && t.report.smallVictims({ ...small, size: sizeText(small.belowKiB) })
  const others = stats.loopsTotal - 1
  if (!loop) return [smallText ?? killedOnce(stats, t), consumer]
  return [
    ...loopText(loop, t),
    consumer ?? (small && small.of > 2 && smallText),
    others > 0 && t.report.otherLoops({ count: others }),
  ]
}

function killedOnce({ nodeKills }: IncidentStats, { report }: Messages): Sentence {
  const workloads = new Set(nodeKills.map(kill => kill.workload)).size
  return nodeKills.length > 1 && workloads === nodeKills.length && report.killedOnce({ workloads })
}

function topConsumer({ worst }: IncidentStats, { host }: IncidentHistory, { report }: Messages): Sentence {
  const top = worst?.holders[0]
  const unaccounted = worst?.unownedKiB?.total ?? 0
  if (unaccounted > (top?.KiB ?? 0)) return report.unaccounted({ size: sizeText(unaccounted) })
  // Where no workload uses much, naming the first of many would blame the wrong one.
  if (top && host.memTotalKiB !== null && top.KiB < host.memTotalKiB / 20) return null
  return top ? report.topConsumer({ workload: nameOfKey(top.workload), size: sizeText(top.KiB) }) : null
}

function loopText({ loop, label, kills, isOwnLimit }: LoopStats, t: Messages): readonly Sentence[] {
  const { report, units, endings } = t
  if (loop.endedBy) {
    const facts = {
      workload: cut(label, 80),
      killer:
        loop.endedByCertainty === 'guess' && loop.endedBy !== 'unknown' ? endings.guess : endings.killers[loop.endedBy],
      deaths: Math.max(kills, loop.kills),
    }
    const sentence = endings.loop({ ...facts, node: undefined, periodSeconds: loop.medianPeriodSeconds })
    return [sentence, loopEffect(loop, report)]
  }
  const period = loop.medianPeriodSeconds === null ? null : units.duration(loop.medianPeriodSeconds)
  const workload = cut(label, 80)
  return [
    kills === 2 ? report.loop.once({ workload, period }) : report.loop.often({ workload, kills, period }),
    isOwnLimit ? report.loop.ownLimit : loopEffect(loop, report),
  ]
}

function loopEffect({ yieldKiB, certainty }: LoopStats['loop'], { loop }: Messages['report']): Sentence {
  if (yieldKiB === null) return certainty === 'name-only' && loop.byName
  if (yieldKiB > freesNothingKiB) return loop.frees({ size: sizeText(yieldKiB) })
  return yieldKiB < -freesNothingKiB ? loop.losesMemory({ size: sizeText(-yieldKiB) }) : loop.freesNothing
}

/** Which services of the node were killed, how early the warning came, and how it ended. */
function courseOf(
  stats: IncidentStats,
  { runs, zone }: IncidentHistory,
  { report, units }: Messages,
): readonly Sentence[] {
  const { leadSeconds, warnedAt, notReadySince, stallingSince, overAt, openEnd, kind, daemons } = stats
  const isLog = runs.every(run => run.sight === 'log')
  return [
    daemons.length > 0 && report.daemonsKilled({ names: units.list(daemons) }),
    leadSeconds !== null && report.warnedAhead({ duration: units.duration(leadSeconds) }),
    notReadySince !== null
      ? report.notReadySince({ clock: clockAndZone(notReadySince, zone) })
      : stallingSince !== null && kind === 'node' && report.stalledSince({ clock: clockAndZone(stallingSince, zone) }),
    overAt !== null
      ? report.recovered({ clock: clockAndZone(overAt, zone) })
      : warnedAt !== null && (openEnd ? (isLog ? report.logEnds : report.recordingEnds) : report.stillFiring),
  ]
}

function nodeName(name: string, { unnamedNode }: Messages['report']): string {
  return name === 'unknown' ? unnamedNode : cut(name, 80)
}
