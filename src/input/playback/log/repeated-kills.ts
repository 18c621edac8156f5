import { parseConstraintLine } from '../../../parse/oom/oom-constraint.ts'
import { parseChoiceLine, parseKilledLine } from '../../../parse/oom/oom-victim.ts'
import type { KernelRecord } from '../../../types.ts'
import type { LogItem } from './log-reader.ts'

/**
 * Leaves out reports of kills that a log has reported already: dmesg and then the journal in one paste, kern.log and syslog,
 * a summary above the log. What names the stamp in one place and the time in another dates the whole boot.
 */
interface RepeatedKills {
  /** The items of one log; those of logs before it are remembered. */
  readonly leaveOut: (items: AsyncIterable<LogItem>) => AsyncGenerator<LogItem>
}

export function createRepeatedKills(): RepeatedKills {
  const known = new Map<number, Mention[]>()

  return {
    leaveOut: async function* (items) {
      let held: LogItem[] | undefined = []
      for await (const item of items) {
        if (!held) {
          yield item
          continue
        }
        held.push(item)
        if (held.length < mostHeld) continue
        yield* once(held, known)
        held = undefined
      }
      if (held) yield* once(held, known)
    },
  }
}

// A paste has hundreds of lines that matter, a syslog of a month thousands.
const mostHeld = 100_000

/** A line that names a victim: of its kill, or of the choice where the kill's own line is missing. */
interface Mention {
  readonly index: number
  readonly pid: number
  readonly comm: string | null
  /** null where the line does not state them. */
  readonly sizes: readonly (number | null)[]
  readonly isKill: boolean
  /** Other lines of its report name it as well. */
  readonly hasReport: boolean
  /** null: the log does not say, or it is inferred. */
  readonly at: number | null
  readonly stampUs: number | undefined
  readonly seq: number | undefined
  readonly host: string | undefined
  /** The log's clock had come further already. */
  readonly isBack: boolean
}

function once(read: readonly LogItem[], known: Map<number, Mention[]>): readonly LogItem[] {
  const items = choiceFirst(read)
  const out = new Set<number>()
  const facts: Shared[] = []
  const kept = new Map<number, Mention[]>()
  for (const mention of mentionsOf(items)) {
    const { pid } = mention
    if (known.get(pid)?.some(other => isSame(other, mention))) {
      addReport(out, items, mention)
      continue
    }
    const before = kept.get(pid) ?? []
    const first = before.find(other => isSame(other, mention))
    const isBetter = first !== undefined && isPoorer(first, mention)
    if (first) {
      addReport(out, items, isBetter ? first : mention)
      facts.push(isBetter ? { of: mention, from: first } : { of: first, from: mention })
    }
    if (!first || isBetter) kept.set(pid, [...before.filter(one => one !== first), mention])
  }
  remember(known, kept)
  return completed(items, facts).filter((_, index) => !out.has(index))
}

/** Lines that were sorted within a second may have the kill before the choice. */
function choiceFirst(items: readonly LogItem[]): readonly LogItem[] {
  const result = [...items]
  let before: Victim | undefined
  for (let at = 0; at + 1 < result.length; at++) {
    const victim = victimAt(result, at)
    const next = victim?.isKill && before?.pid !== victim.pid ? victimAt(result, at + 1) : undefined
    if (next && !next.isKill && next.pid === victim!.pid) result.splice(at, 2, result[at + 1]!, result[at]!)
    before = next ?? victim
  }
  return result
}

function victimAt(items: readonly LogItem[], at: number): Victim | undefined {
  const { observation } = items[at]!
  return observation.kind === 'kernel' ? victimOf(observation) : undefined
}

function remember(known: Map<number, Mention[]>, kept: ReadonlyMap<number, Mention[]>): void {
  for (const [pid, mentions] of kept) {
    if (known.size >= mostHeld) return
    known.set(pid, [...(known.get(pid) ?? []), ...mentions])
  }
}

function mentionsOf(items: readonly LogItem[]): readonly Mention[] {
  const kills = new Map<number, number[]>()
  const found: Mention[] = []
  let newest = -Infinity
  for (const [index, { observation, host }] of items.entries()) {
    if (observation.kind !== 'kernel') continue
    const at = observation.estimated ? null : observation.at
    const isBack = at !== null && at < newest - 60_000
    newest = Math.max(newest, at ?? -Infinity)
    const victim = victimOf(observation)
    // The choice is named by two lines of one report.
    if (!victim || (!victim.isKill && found.at(-1)?.isKill === false && found.at(-1)!.pid === victim.pid)) continue
    const { stampUs, seq } = observation
    const hasReport = found
      .slice(-4)
      .some(one => !one.isKill && one.pid === victim.pid && index - one.index <= mostBetween)
    found.push({ ...victim, index, at, stampUs, seq, host, isBack, hasReport })
    if (victim.isKill) kills.set(victim.pid, [...(kills.get(victim.pid) ?? []), index])
  }
  const hasKill = ({ pid, index }: Mention): boolean =>
    kills.get(pid)?.some(at => at > index && at - index <= mostBetween) === true
  return found.filter(mention => mention.isKill || !hasKill(mention))
}

// Between the choice and the kill, where another processor prints its report as well.
const mostBetween = 100

type Victim = Pick<Mention, 'pid' | 'comm' | 'sizes' | 'isKill'>

function victimOf({ text }: KernelRecord): Victim | undefined {
  if (!/[Kk]ill/.test(text)) return undefined
  const killed = parseKilledLine(text)
  if (killed) {
    const { pid, comm, totalVmKiB, anonRssKiB, fileRssKiB, shmemRssKiB } = killed
    return { pid, comm, sizes: [totalVmKiB, anonRssKiB, fileRssKiB, shmemRssKiB], isKill: true }
  }
  const choice = parseChoiceLine(text)
  const constraint = choice ? undefined : parseConstraintLine(text)
  if (!choice && !constraint) return undefined
  return { pid: (choice ?? constraint)!.pid, comm: choice?.comm ?? null, sizes: [], isKill: false }
}

function isSame(one: Mention, other: Mention): boolean {
  if (one.comm !== null && other.comm !== null && one.comm !== other.comm) return false
  if (one.sizes.some((size, at) => size !== null && other.sizes[at] != null && size !== other.sizes[at])) return false
  if (one.seq !== undefined && other.seq !== undefined) return one.seq === other.seq
  if (one.host !== undefined && other.host !== undefined && !isOneHost(one.host, other.host)) return false
  if (one.stampUs !== undefined && other.stampUs !== undefined)
    return Math.abs(one.stampUs - other.stampUs) <= nearMs * 1000
  if (one.at === null || other.at === null) return true
  const apartMs = Math.abs(one.at - other.at)
  if (apartMs <= nearMs) return true
  // `dmesg -T` is off by the time that the machine slept, or was read in another time zone.
  if (one.sizes[0] == null || other.sizes[0] == null) return false
  return (other.isBack && apartMs <= dayMs) || (one.host !== other.host && isZone(apartMs))
}

const nearMs = 10_000
const dayMs = 24 * 3_600_000
const quarterMs = 15 * 60_000

function isZone(apartMs: number): boolean {
  const rest = apartMs % quarterMs
  return apartMs <= 14 * 3_600_000 && Math.min(rest, quarterMs - rest) <= 2000
}

function isOneHost(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)
}

function isPoorer(one: Mention, other: Mention): boolean {
  return weightOf(one) < weightOf(other)
}

function weightOf({ isKill, hasReport, sizes }: Mention): number {
  return (isKill ? 10 : 0) + (hasReport ? 5 : 0) + sizes.filter(size => size !== null).length
}

/** A victim's line and what was printed before it: back to the one who asked for memory, or to the kill before. */
function addReport(out: Set<number>, items: readonly LogItem[], { index, pid }: Mention): void {
  out.add(index)
  for (let at = index - 1; at >= 0; at--) {
    const { observation, isBoot } = items[at]!
    if (isBoot || observation.kind === 'tick') return
    if (observation.kind !== 'kernel') continue
    const other = victimOf(observation)
    if (other?.isKill || (other && other.pid !== pid) || observation.text.startsWith('Linux version ')) return
    out.add(at)
    if (observation.text.includes(' invoked oom-killer: ')) return
  }
}

/** What stays, and what it may learn from the other mention of the same kill. */
interface Shared {
  readonly of: Mention
  readonly from: Mention
}

/** With the host and the time of what has a stamp only, by the kills of the same boot whose time another place names. */
function completed(items: readonly LogItem[], shared: readonly Shared[]): readonly LogItem[] {
  if (shared.length === 0) return items
  const result = [...items]
  for (const { of, from } of shared) {
    const item = result[of.index]!
    const record = item.observation
    if (record.kind !== 'kernel') continue
    if (item.host === undefined && from.host !== undefined) result[of.index] = { ...item, host: from.host }
    // Either has the stamps: also what stands in that place only can be dated.
    const [undated, at] = of.at === null ? [of, from.at] : [from, of.at]
    if (at === null || undated.at !== null) continue
    if (undated.stampUs !== undefined) dateBoot(result, { index: undated.index, offsetMs: at - undated.stampUs / 1000 })
    else if (undated === of) result[of.index] = { ...result[of.index]!, observation: { ...record, at } }
  }
  return result
}

function dateBoot(items: LogItem[], { index, offsetMs }: { readonly index: number; readonly offsetMs: number }): void {
  for (const step of [1, -1]) {
    let last: number | undefined
    for (let at = step === 1 ? index : index - 1; at >= 0 && at < items.length; at += step) {
      const item = items[at]!
      const record = item.observation
      if (item.isBoot) break
      if (record.kind !== 'kernel' || record.stampUs === undefined || record.at !== null) continue
      if (last !== undefined && (record.stampUs - last) * step < -60_000_000) break
      last = record.stampUs
      const known = Math.round(offsetMs + record.stampUs / 1000)
      items[at] = { ...item, observation: { ...record, at: known, estimated: true } }
    }
  }
}
