import { unknownHost } from '../../../host-facts-unknown.ts'
import { victimPidAt } from '../../../parse/log-line/kernel-phrases.ts'
import type { CoreSettings, HostFacts, KernelRecord, Observation, Tick, UnitLine } from '../../../types.ts'
import { version } from '../../../version.ts'

/** An observation and the run that it belongs to: one boot of one host, as far as the log shows. */
export interface PartObservation {
  readonly part: string
  readonly observation: Observation
}

/** The log of one host: cut into runs where it was booted again, or where nothing happened for hours. */
export interface LogRun {
  readonly begin: () => readonly PartObservation[]
  readonly take: (observation: KernelRecord | UnitLine) => Iterable<PartObservation>
  /** The time of the last line of the log, whatever that line is. */
  readonly advance: (tick: Tick) => Iterable<PartObservation>
  readonly name: (host: string) => void
  /** Another file follows: it goes on with this one, or is another log. */
  readonly nextFile: () => void
  readonly anotherBoot: () => readonly PartObservation[]
  readonly end: () => readonly PartObservation[]
  /** How often the clock went back. */
  readonly backwards: () => number
}

interface RunOptions {
  readonly settings: CoreSettings
  readonly key: string
  readonly host?: string
}

type Clock = 'wall' | 'boot' | 'none'

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: short functions that share what was read so far
export function createLogRun({ settings, key, host }: RunOptions): LogRun {
  let name = host
  let emittedName: string | undefined
  let partNumber = 0
  let isOpen = false
  let clock: Clock = 'none'
  let lastAt: number | null = null
  let lastStampUs: number | null = null
  let lastKillAt: number | null = null
  let isNewFile = false
  let backwards = 0
  /** Lines without a time at the beginning: they belong to the first line that has one. */
  let undated: KernelRecord[] = []

  const part = (observation: Observation): PartObservation => ({ part: `${key}.${partNumber}`, observation })

  const end = (): readonly PartObservation[] => {
    const late = takeUndated()
    const opened = late.length > 0 ? [...begin(0, 'none'), ...late.map(part)] : []
    if (!isOpen) return []
    isOpen = false
    return [...opened, part({ kind: 'end', at: lastAt ?? 0, why: 'end-of-log' })]
  }

  const takeUndated = (): readonly KernelRecord[] => {
    const held = undated
    undated = []
    return held
  }

  const factsOf = (): HostFacts => ({
    ...unknownHost,
    agentVersion: version,
    ...(name !== undefined && { name }),
    ...(clock !== 'wall' && { clock }),
  })

  const begin = (at: number, its: Clock): PartObservation[] => {
    const ended = end()
    partNumber++
    isOpen = true
    clock = its
    lastAt = null
    lastStampUs = null
    lastKillAt = null
    emittedName = name
    return [
      ...ended,
      part({ kind: 'start', at }),
      part({ kind: 'settings', at, settings }),
      part({ kind: 'host', at, host: factsOf() }),
    ]
  }

  /** Whether a record cannot belong to what was read before it. */
  const isApart = (record: KernelRecord | UnitLine, at: number | null, its: Clock): boolean => {
    if (!isOpen) return true
    const isFirstOfFile = isNewFile
    isNewFile = false
    if (isFirstOfFile && !(at !== null && lastAt !== null && at >= lastAt && its === clock)) return true
    if (its !== clock && !(clock === 'wall' && its !== 'wall') && !(its === 'none')) return true
    if (record.kind === 'kernel') {
      const { stampUs, text } = record
      if (text.startsWith('Linux version ') && lastAt !== null) return true
      // The kernel's stamps only rise; lines of several processors are a few milliseconds out of order.
      if (stampUs !== undefined && lastStampUs !== null && stampUs < lastStampUs - stampsBackUs) return true
    }
    const gap = Math.max(apartMs, 3 * settings.loopWindowMs, 2 * settings.logQuietMs)
    return at !== null && lastKillAt !== null && at - lastKillAt > gap && isOfReport(record)
  }

  const take = function* (record: KernelRecord | UnitLine): Generator<PartObservation> {
    const { stampUs } = record
    const isStamped = stampUs !== undefined && (record.at === null || record.kind === 'unit-line')
    const its: Clock = isStamped ? 'boot' : record.at !== null ? 'wall' : 'none'
    const at = record.at ?? (stampUs === undefined ? null : Math.floor(stampUs / 1000))
    if (isNewFile && undated.length > 0) yield* end()
    if (!isOpen && its === 'none' && record.kind === 'kernel' && !isKillLine(record) && undated.length < keptUndated) {
      undated.push(record)
      return
    }
    if (isApart(record, at, its)) {
      const early = takeUndated()
      yield* begin(at ?? 0, its)
      for (const each of early) yield part(its === 'wall' ? { ...each, at: at!, estimated: true } : each)
    } else if (name !== undefined && emittedName === undefined) {
      emittedName = name
      yield part({ kind: 'host', at: lastAt ?? 0, host: factsOf() })
    }
    if (stampUs !== undefined) lastStampUs = stampUs
    // A line without a time among lines that have one happened when the one before it did.
    const isLate = its !== clock && lastAt !== null && record.kind === 'kernel'
    const moment = isLate ? lastAt : at
    if (moment !== null && lastAt !== null && moment < lastAt - 1000) backwards++
    if (moment !== null) {
      for (const tick of ticksBetween(lastAt, moment, settings.logQuietMs)) yield part(tick)
      lastAt = moment
      if (isOfReport(record)) lastKillAt = moment
    }
    yield part(isLate && clock === 'wall' ? ({ ...record, at: moment!, estimated: true } as KernelRecord) : record)
  }

  return {
    begin: () => begin(0, 'none'),
    take,
    advance: function* (tick) {
      if (!isOpen) yield* begin(tick.at, 'wall')
      if (clock !== 'wall') return
      for (const each of ticksBetween(lastAt, tick.at, settings.logQuietMs)) yield part(each)
      lastAt = Math.max(lastAt ?? tick.at, tick.at)
      yield part(tick)
    },
    name: said => {
      name ??= said
    },
    nextFile: () => {
      isNewFile = true
    },
    anotherBoot: end,
    end,
    backwards: () => backwards,
  }
}

// An excerpt may be pasted a little out of order; a boot takes longer than that to come to its first kill.
const stampsBackUs = 60_000_000
// Kills that are hours apart belong to two incidents: the windows of all verdicts have passed.
const apartMs = 3 * 3_600_000

// The table of a report has a line for each process.
const keptUndated = 20_000

function isKillLine(record: KernelRecord): boolean {
  return victimPidAt(record.text) >= 0
}

function isOfReport(record: KernelRecord | UnitLine): boolean {
  return record.kind === 'kernel' && /[Kk]ill(?:ed)? process|oom-kill|invoked oom-killer/.test(record.text)
}

/**
 * The clock of a log: only its lines have a time, so the moments between two of them are made up. Every 10 s while a
 * storm or loop may still be judged, then every minute until an incident would be over; beyond that nothing can happen.
 */
function* ticksBetween(from: number | null, to: number, logQuietMs: number): Generator<Tick> {
  if (from === null) return
  const fineUntil = Math.min(to, from + 10 * 60_000)
  for (let at = from + 10_000; at < fineUntil; at += 10_000) yield { kind: 'tick', at }
  const coarseUntil = Math.min(to, from + logQuietMs + 10 * 60_000)
  for (let at = from + 11 * 60_000; at < coarseUntil; at += 60_000) yield { kind: 'tick', at }
}
