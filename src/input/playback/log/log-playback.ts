import type { TimeNote } from '../../../parse/log-line/log-time.ts'
import { type Locale, type Messages, messagesOf } from '../../../text/messages/catalogues.ts'
import type { CoreSettings, Tick } from '../../../types.ts'
import type { OpenText } from '../unpack/text-file.ts'
import { readLog } from './log-reader.ts'
import { createLogRun, type LogRun, type PartObservation } from './log-run.ts'
import type { ReadingOutcome } from './reading-outcome.ts'
import { createRepeatedKills } from './repeated-kills.ts'

interface LogReplayOptions {
  readonly settings: CoreSettings
  /** Language of the notes. */
  readonly locale: Locale
  readonly year?: number | undefined
  readonly timeZone?: string | undefined
  /** Takes what a person should know about what was read. */
  readonly note: (text: string) => void
  readonly now: () => number
}

/** Bare logs as observations; logs given in order of time (kern.log.1 kern.log) are one. */
interface LogReplay {
  readonly read: (text: OpenText, file: string) => AsyncGenerator<PartObservation>
  /** Ends the logs that are open; to be called before anything else is read, and at the end. */
  readonly end: () => readonly PartObservation[]
  readonly outcomes: () => readonly ReadingOutcome[]
}

export function createLogReplay(options: LogReplayOptions): LogReplay {
  const { settings, note } = options
  const t = messagesOf(options.locale).input.times
  const hosts = createHosts(settings)
  const repeatedKills = createRepeatedKills()
  const outcomes: ReadingOutcome[] = []

  const read = async function* (text: OpenText, file: string): AsyncGenerator<PartObservation> {
    const { year, timeZone } = options
    const reading = readLog({ text, file, year, timeZone, locale: options.locale, now: options.now() })
    hosts.nextFile()
    for await (const { observation, host, isBoot } of repeatedKills.leaveOut(reading.items)) {
      if (isBoot) yield* hosts.anotherBoot()
      else if (observation.kind === 'tick') yield* hosts.advance(observation)
      else yield* hosts.of(host).take(observation)
    }
    yield* hosts.ensureOne()
    for (const each of reading.notes()) note(timeNoteText(each, t))
    for (const each of text.notes?.() ?? []) note(each)
    if (hosts.backwards() > 0) note(t.clockBack({ count: hosts.backwards() }))
    outcomes.push(reading.outcome())
  }

  return { read, end: hosts.end, outcomes: () => outcomes }
}

/** The hosts that a log names; a line that names none belongs to the host of the line before it. */
function createHosts(settings: CoreSettings) {
  const runs = new Map<string, LogRun>()
  let current: LogRun | undefined
  let count = 0

  const open = (host: string | undefined): LogRun => {
    if (runs.size >= maxHosts) return [...runs.values()].at(-1)!
    const run = createLogRun({ settings, key: `${++count}`, ...(host !== undefined && { host }) })
    runs.set(host ?? '', run)
    return run
  }

  const find = (host: string | undefined): LogRun => {
    if (host === undefined) return current ?? open(undefined)
    const known = runs.get(host) ?? aliasOf(host, runs)
    const unnamed = runs.get('')
    if (known || !unnamed || runs.size > 1) return known ?? open(host)
    // What was read before any host was named is the first one's.
    runs.delete('')
    runs.set(host, unnamed)
    unnamed.name(host)
    return unnamed
  }

  const of = (host: string | undefined): LogRun => {
    current = find(host)
    return current
  }

  return {
    of,
    nextFile: () => {
      for (const run of runs.values()) run.nextFile()
    },
    anotherBoot: () => [...runs.values()].flatMap(run => run.anotherBoot()),
    advance: (tick: Tick) => of(undefined).advance(tick),
    /** A log without any kernel line gets a report too. */
    ensureOne: () => (runs.size === 0 ? of(undefined).begin() : []),
    backwards: () => [...runs.values()].reduce((sum, run) => sum + run.backwards(), 0),
    end: () => {
      const ended = [...runs.values()].flatMap(run => run.end())
      runs.clear()
      current = undefined
      return ended
    },
  }
}

/** Further hosts share the report of the last one. */
const maxHosts = 500

/** `node-a` and `node-a.example.com` are one host. */
function aliasOf(host: string, runs: ReadonlyMap<string, LogRun>): LogRun | undefined {
  for (const [name, run] of runs) {
    if (name !== '' && (name.startsWith(`${host}.`) || host.startsWith(`${name}.`))) return run
  }
  return undefined
}

function timeNoteText(note: TimeNote, t: Messages['input']['times']): string {
  switch (note.note) {
    case 'yearGiven':
    case 'yearAssumed':
      return t[note.note](note)
    case 'zoneGiven':
    case 'zoneAssumed':
      return t[note.note](note)
    case 'zoneAmbiguous':
      return t.zoneAmbiguous(note)
    case 'noYear':
      return t.noYear
  }
}
