import { nameOfKey } from '../diagnose/names.ts'
import type { Locale } from '../types.ts'
import type { Chronicle, LaneKill } from './chronicle.ts'
import { type Digest, type LoopOf, nothingKiB } from './digest.ts'
import { cut } from './html.ts'
import { clockText, dateText, dayText, percentText, secondsText, sizeText } from './quantities.ts'
import { chineseSentences } from './sentences-zh.ts'

/** What happened, in three sentences at most, for someone who was asleep. */
export function sentences(digest: Digest, chronicle: Chronicle, locale: Locale): readonly string[] {
  const told = locale === 'zh-CN' ? chineseSentences(digest, chronicle) : englishSentences(digest, chronicle)
  return told.filter(sentence => sentence !== '')
}

function englishSentences(digest: Digest, chronicle: Chronicle): string[] {
  if (digest.kind === 'quiet') return [quiet(chronicle), calmWords(digest)]
  return [whatHappened(digest, chronicle), whoAndWhy(digest, chronicle), howItWent(digest, chronicle)]
}

function quiet({ from, until, host, alerts }: Chronicle): string {
  const said = alerts.length === 0 ? 'no OOM kill and no alert' : 'no OOM kill, and oomloop spoke of nothing but itself'
  if (from === null || until === null) return `Nothing is told of ${nodeName(host.name)}: there is no OOM kill in here.`
  return `Nothing happened on ${nodeName(host.name)} between ${dayText(from)} ${clockText(from)} and ${sameDay(from, until)} UTC: ${said}.`
}

function calmWords({ lowest }: Digest): string {
  return lowest ? `Headroom was never below ${sizeText(lowest.KiB)}.` : ''
}

function whatHappened(digest: Digest, { host, from, until }: Chronicle): string {
  const node = `${nodeName(host.name)}${host.memTotalKiB === null ? '' : ` (${sizeText(host.memTotalKiB)})`}`
  const { nodeKills, ownKills, stallingSince, warnedAt } = digest
  if (digest.kind === 'node') {
    const limit = nodeKills.every(kill => kill.limit === nodeKills[0]!.limit) ? nodeKills[0]!.limit : null
    const what = limit === null ? 'ran out of memory' : `reached the limit that all of ${cut(limit, 60)} share`
    return `${atStart(node)} ${what} on ${dateText(nodeKills[0]!.at, 'en')}: ${killsText(nodeKills)}.`
  }
  if (digest.kind === 'own-limit') {
    const workloads = new Set(ownKills.map(kill => kill.workload))
    const who = workloads.size === 1 ? cut(ownKills[0]!.label, 80) : `${workloads.size} workloads`
    return `On ${node} ${who} ran into ${workloads.size === 1 ? 'its' : 'their'} own memory limit on ${dateText(ownKills[0]!.at, 'en')}: ${killsText(ownKills)}, while the node itself had memory left.`
  }
  const at = stallingSince ?? warnedAt ?? from
  const stood = percentText(greater(digest.worstMemoryFull, digest.worstIoFull))
  const room = digest.lowest
    ? `headroom fell to ${sizeText(digest.lowest.KiB)} and work stood still for up to ${stood} of the time`
    : 'work stood still'
  return `${atStart(node)} ran short of memory${at === null ? '' : ` on ${dateText(at, 'en')} at ${clockText(at)} UTC${until === null ? '' : `, for ${secondsText((until - at) / 1000)}`}`}: nothing was killed, but ${room}.`
}

function killsText(kills: readonly LaneKill[]): string {
  const first = kills[0]!
  const last = kills.at(-1)!
  if (kills.length === 1)
    return `the kernel killed ${cut(first.label, 80)} (pid ${first.pid}${first.heldKiB === null ? '' : `, ${sizeText(first.heldKiB)}`}) at ${clockText(first.at)} UTC`
  const workloads = new Set(kills.map(kill => kill.workload)).size
  const when =
    last.at - first.at < 1000
      ? `at ${clockText(first.at)} UTC`
      : `from ${clockText(first.at)} to ${sameDay(first.at, last.at)} UTC (${secondsText((last.at - first.at) / 1000)})`
  return `${when} the kernel killed ${kills.length} processes of ${workloads === 1 ? 'one workload' : `${workloads} workloads`}`
}

function whoAndWhy(digest: Digest, chronicle: Chronicle): string {
  const [loop] = digest.loops
  const more = digest.loopsTotal - 1
  const held = loop?.isOwnLimit ? '' : heldText(digest, chronicle)
  const { small } = digest
  if (!loop) {
    const freed = small && small.of > 1 ? `${smallText(small)}, so killing them freed next to nothing` : ''
    const parts = [freed || diedOnce(digest), held].filter(Boolean)
    return parts.length === 0 ? '' : `${capital(parts.join('; '))}.`
  }
  const others = more <= 0 ? '' : `; ${more} further workload${more > 1 ? 's' : ''} went round as well`
  const because = held
    ? `, while ${held}`
    : small && small.of > 2
      ? `; ${smallText(small)}, so killing them freed next to nothing`
      : ''
  return `${loopText(loop)}${because}${others}.`
}

function diedOnce({ nodeKills }: Digest): string {
  const workloads = new Set(nodeKills.map(kill => kill.workload)).size
  return nodeKills.length > 1 && workloads === nodeKills.length ? `each of these ${workloads} workloads died once` : ''
}

/** Who had the memory: what no process holds counts as well, for no kill frees it. */
function heldText({ worst }: Digest, { host }: Chronicle): string {
  const holder = worst?.holders[0]
  const unowned = worst?.unownedKiB?.total ?? 0
  if (unowned > (holder?.KiB ?? 0)) return `most memory (${sizeText(unowned)}) was held by no process at all`
  // Where nobody holds much, to name the first of many would blame the wrong one.
  if (holder && host.memTotalKiB !== null && holder.KiB < host.memTotalKiB / 20) return ''
  return holder ? `most memory was held by ${nameOfKey(holder.workload)} (${sizeText(holder.KiB)})` : ''
}

function loopText({ loop, label, kills, isOwnLimit }: LoopOf): string {
  const period = loop.medianPeriodSeconds
  const times = kills === 2 ? 'twice' : `${kills} times`
  const every =
    period === null ? '' : kills === 2 ? `, ${secondsText(period)} apart` : `, one each ${secondsText(period)}`
  const back = kills === 2 ? 'in between' : 'each time'
  return `${cut(label, 80)} was killed ${times}${every}, and came back ${back}: ${isOwnLimit ? 'a loop at its own limit, which a higher limit ends, or less use' : yieldText(loop)}`
}

function yieldText({ yieldKiB, certainty }: LoopOf['loop']): string {
  if (yieldKiB === null && certainty === 'name-only') return 'a loop, as far as names can tell'
  if (yieldKiB === null) return 'a loop'
  if (yieldKiB > nothingKiB) return `a loop that yields ${sizeText(yieldKiB)} a round`
  const yields = yieldKiB < -nothingKiB ? `that leaves ${sizeText(-yieldKiB)} less each round` : 'that yields nothing'
  return `a loop ${yields} and does not end by itself`
}

function smallText({ kills, of, belowKiB }: NonNullable<Digest['small']>): string {
  return `${kills === of ? 'every victim' : `${kills} of the ${of} victims`} held less than ${sizeText(belowKiB)}`
}

function howItWent(digest: Digest, { runs }: Chronicle): string {
  const { leadSeconds, warnedAt, notReadySince, stallingSince, overAt, openEnd, kind, daemons } = digest
  const parts = [
    daemons.length > 0 ? `the node itself lost ${daemons.slice(0, 3).join(', ')}` : '',
    leadSeconds !== null ? `the first warning came ${secondsText(leadSeconds)} before the first kill` : '',
    notReadySince !== null
      ? `NotReady is presumed from ${clockText(notReadySince)} UTC`
      : stallingSince !== null && kind === 'node'
        ? `work stood still from ${clockText(stallingSince)} UTC`
        : '',
    overAt !== null
      ? `it was over at ${clockText(overAt)} UTC`
      : warnedAt === null
        ? ''
        : openEnd
          ? `the ${runs.every(run => run.sight === 'log') ? 'log' : 'watch'} ends before it was over`
          : 'it was not over when the recording ends',
  ].filter(Boolean)
  return parts.length === 0 ? '' : `${capital(parts.join('; '))}.`
}

function nodeName(name: string): string {
  return name === 'unknown' ? 'a node that the log does not name' : name === 'node' ? 'the node' : cut(name, 80)
}

/** The end of a stretch: with its day where that is another one. */
function sameDay(from: number, until: number): string {
  return dayText(from) === dayText(until) ? clockText(until) : `${dayText(until)} ${clockText(until)}`
}

/** A node's own name keeps its letters. */
function atStart(node: string): string {
  return node.startsWith('a node ') || node.startsWith('the node') ? capital(node) : node
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function greater(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}
