import type { CoreSettings, HostFacts, Observation } from '../types.ts'
import { unknownHost } from '../unknown-host.ts'
import { version } from '../version.ts'
import { readLog } from './log-lines.ts'
import type { Notes } from './notes.ts'
import type { OpenText } from './text-lines.ts'

export interface LogReplayOptions {
  readonly settings: CoreSettings
  readonly year?: number | undefined
  readonly timeZone?: string | undefined
  readonly notes: Notes
  readonly now: () => number
}

/** Bare logs as observations; logs given in order of time (kern.log.1 kern.log) are one. */
export interface LogReplay {
  readonly read: (text: OpenText) => AsyncGenerator<Observation>
  /** Ends the log that is open; to be called before anything else is read, and at the end. */
  readonly end: () => readonly Observation[]
}

export function createLogReplay(options: LogReplayOptions): LogReplay {
  const { settings, notes } = options
  let isOpen = false
  let lastAt: number | null = null
  const hosts = new Set<string>()

  const end = (): readonly Observation[] => {
    if (!isOpen) return []
    isOpen = false
    return [{ kind: 'end', at: lastAt ?? 0, why: 'end-of-log' }]
  }

  const begin = (at: number): readonly Observation[] => {
    const ended = end()
    isOpen = true
    lastAt = null
    hosts.clear()
    return [...ended, { kind: 'start', at }, { kind: 'settings', at, settings }, { kind: 'host', at, host: unseenHost }]
  }

  /** Syslog and the journal name the host in each line. */
  const named = (at: number, names: readonly string[]): readonly Observation[] => {
    const [name] = names
    const isFirst = hosts.size === 0
    for (const each of names) hosts.add(each)
    return isFirst && name !== undefined ? [{ kind: 'host', at, host: { ...unseenHost, name } }] : []
  }

  const read = async function* (text: OpenText): AsyncGenerator<Observation> {
    const { year, timeZone } = options
    const reading = readLog({ text, year, timeZone, now: options.now() })
    let isFirst = true
    let backwards = 0
    for await (const observation of reading.observations) {
      const { at } = observation
      if (isFirst && !(isOpen && at !== null && lastAt !== null && at >= lastAt)) yield* begin(at ?? 0)
      isFirst = false
      if (at !== null && lastAt !== null && at < lastAt - 1000) backwards++
      if (at !== null) {
        yield* ticksBetween(lastAt, at, settings.logQuietMs)
        lastAt = at
      }
      yield* named(lastAt ?? 0, reading.hosts())
      yield observation
    }
    if (isFirst && !isOpen) yield* begin(0)
    for (const note of reading.notes()) notes.add(note)
    if (hosts.size > 1)
      notes.add(`lines of several hosts (${[...hosts].join(', ')}) are read as one host's: give each its own log`)
    if (backwards > 0) notes.add(`the log's clock goes back ${backwards === 1 ? 'once' : `${backwards} times`}`)
  }

  return { read, end }
}

/**
 * The clock of a log: only its lines tell the time, so the moments between two of them are made up. Every 10 s while a
 * storm or loop may still be judged, then every minute until an incident would be over; beyond that nothing can happen.
 */
export function* ticksBetween(from: number | null, to: number, logQuietMs: number): Generator<Observation> {
  if (from === null) return
  const fineUntil = Math.min(to, from + 10 * 60_000)
  for (let at = from + 10_000; at < fineUntil; at += 10_000) yield { kind: 'tick', at }
  const coarseUntil = Math.min(to, from + logQuietMs + 10 * 60_000)
  for (let at = from + 11 * 60_000; at < coarseUntil; at += 60_000) yield { kind: 'tick', at }
}

/** Of the host whose log this is its name is known at most, so recovery cannot be seen either. */
const unseenHost: HostFacts = { ...unknownHost, agentVersion: version }
