import { existsSync, statSync } from 'node:fs'
import { previousBootNotice } from '../alert/previous-boot.ts'
import type { Notification } from '../deliver/policy/notifications.ts'
import type { LogFileResume } from '../input/live/log-file.ts'
import { recordingFiles } from '../input/playback/recording-files.ts'
import { readRecording } from '../input/playback/replay.ts'
import { openText } from '../input/playback/unpack/text-file.ts'
import type { Log } from '../log.ts'
import { startTicksOf } from '../platform/lock.ts'
import type { RecordingHeader } from '../recording/formats.ts'
import { logMessages } from '../text/messages/catalogues.ts'
import type { Alert, CoreSettings, FilePlace, HostFiles, Observation } from '../types.ts'
import type { Agent } from './agent.ts'
import type { SavedState } from './saved-state.ts'
import { withoutTimeOutliers } from './time-outliers.ts'

interface ResumeOptions {
  /** Where the flight recorder writes. */
  readonly dir: string
  readonly bootId: string | null
  readonly settings: CoreSettings
  readonly agent: Agent
  /** What the earlier run saved; null: nothing. */
  readonly saved: SavedState | null
  /** Was an alert of this id taken for delivery by the earlier run? */
  readonly wasAccepted: (id: string) => boolean
  /** When what was firing at the last run's end began, as its status says; Infinity: nothing was. */
  readonly openSince: number
  readonly log: Log
  readonly now: number
}

export interface Resumed {
  /** The core goes on where the earlier run was ended. */
  readonly isContinued: boolean
  /** The last kernel record that the earlier run has read, in this boot. */
  readonly lastSeq: number | undefined
  /** How far it has read a log file, and when it was last heard of, in this boot. */
  readonly file: LogFileResume | undefined
  /** What the earlier run decided to send and could not hand over any more. */
  readonly unsent: readonly Notification[]
  /** The node was rebooted in the middle of an incident: what its receivers are sent about it. */
  readonly notice?: Alert | undefined
}

/**
 * Continues an earlier run of this boot. Its recording makes a kill before the restart and one after it one loop. Its
 * saved state keeps id and start of an incident of any length. Also finds alerts that the run did not hand to the
 * delivery.
 */
export async function resume(options: ResumeOptions): Promise<Resumed> {
  const { bootId, agent, saved, wasAccepted, settings, log, now } = options
  if (bootId === null) return nothing
  const recorded = await foldRecording(options)
  const isThisBoot = recorded ? recorded.boots.has(bootId) : saved?.bootId === bootId
  if (!isThisBoot) return { ...nothing, notice: noticeOf(options, recorded?.lastAt ?? 0) }
  const own = saved?.bootId === bootId ? saved : null
  // The recording was off, or what it marked has made room: what was saved is all that is known.
  if (own && !recorded?.isRestored) agent.restore(own)
  const lastSeq = newestOf(recorded?.lastSeq, own?.lastSeq)
  const lastAt = Math.max(recorded?.lastAt ?? 0, own?.at ?? 0)
  const readTo = recorded?.readTo ?? own?.readTo
  const file = readTo ? { ...readTo, at: lastAt } : undefined
  const longestMs = own && agent.openKeys().length > 0 ? settings.chronicMs : settings.loopWindowMs
  const isContinued = now - lastAt < longestMs && now >= lastAt && agent.hasOpenEnds(now)
  // Only alerts of the last moment of the run can be undelivered.
  const unsent = (recorded?.sent ?? []).filter(
    ({ alert }) => !wasAccepted(alert.id) && Date.parse(alert.at) > lastAt - lastMomentMs,
  )
  const ends = unsent.filter(({ alert }) => alert.status === 'resolved')
  if (!isContinued) return { ...nothing, lastSeq, file, unsent: ends }
  log.info({ lastAt: new Date(lastAt).toISOString() }, logMessages.resumed)
  return { isContinued, lastSeq, file, unsent }
}

interface Recorded {
  /** The newest boot, as its host and its header name it: one of the two may be damaged. */
  readonly boots: ReadonlySet<string | null>
  readonly lastSeq: number | undefined
  readonly readTo: FilePlace | undefined
  readonly lastAt: number
  /** What was saved was found in its place. */
  readonly isRestored: boolean
  readonly sent: readonly Notification[]
}

/** Folds the newest segments into the core; undefined where there are none that can be read. */
async function foldRecording(options: ResumeOptions): Promise<Recorded | undefined> {
  const { dir, agent, saved, log, now } = options
  if (!existsSync(dir)) return undefined
  let bootOfHost: string | null = null
  let bootOfHeader: string | null = null
  const events = {
    onNote: (note: string) => log.warn({ dir, note }, logMessages.recordingDamaged),
    onBoot: (bootId: string) => {
      bootOfHeader = bootId
    },
  }
  let lastSeq: number | undefined
  let readTo: FilePlace | undefined
  let lastAt = 0
  let isRestored = false
  let sent: Notification[] = []
  try {
    for await (const observation of withoutTimeOutliers(readRecording(await filesToRead(options), events), now)) {
      if (observation.kind === 'end' && observation.why !== 'signal') continue
      if (observation.kind === 'host') bootOfHost = observation.host.bootId
      if (observation.kind === 'kernel') lastSeq = observation.seq ?? lastSeq
      if (observation.kind === 'kernel' || observation.kind === 'unit-line') readTo = observation.readTo ?? readTo
      lastAt = observation.at ?? lastAt
      sent = [...sent, ...agent.fold(observation)].slice(-100)
      if (observation.kind !== 'saved' || observation.id !== saved?.id) continue
      agent.restore(saved)
      isRestored = true
      sent = []
    }
  } catch (error) {
    log.warn({ dir, error: (error as Error).message }, logMessages.recordingUnreadable)
    return undefined
  }
  if (lastAt === 0) return undefined
  return { boots: new Set([bootOfHost, bootOfHeader]), lastSeq, readTo, lastAt, isRestored, sent }
}

/** What was open where another boot's record ends; a recording from elsewhere, or of the distant past, is none of ours. */
function noticeOf({ agent, settings, now }: ResumeOptions, lastAt: number): Alert | undefined {
  if (lastAt === 0 || lastAt > now || now - lastAt > settings.chronicMs) return undefined
  // Monitoring ended there as a log ends: the end of the incident was not seen.
  return previousBootNotice(agent.judge({ kind: 'end', at: lastAt, why: 'end-of-log' }), settings.locale)
}

/**
 * The newest segments: those of the last loop window, and back to where what was firing began; but no more than what two
 * seconds of CPU fold in. A replay of the whole recording is exact where that was all of it.
 */
async function filesToRead({ dir, settings, openSince, now }: ResumeOptions): Promise<readonly string[]> {
  const from = Math.min(now - settings.loopWindowMs, openSince)
  const files: string[] = []
  let bytes = 0
  let observations = 0
  let next: Partial<RecordingHeader> = {}
  for (const file of [...(await recordingFiles(dir))].reverse()) {
    const { size, mtimeMs } = statSync(file)
    bytes += file.endsWith('.jsonl') ? size : size * packRatio
    const header = await headerOf(file)
    // What a segment holds stands in the header of the one behind it: the newest is read in any case.
    if (header.run === next.run) observations += (next.written ?? 0) - (header.written ?? 0)
    if (files.length > 0 && (mtimeMs < from || bytes > maxReadBytes || observations > maxReadObservations)) break
    next = header
    files.unshift(file)
  }
  return files
}

/** The first header of a segment, as far as it can be read. */
async function headerOf(file: string): Promise<Partial<RecordingHeader>> {
  try {
    const text = await openText(file, { isSegment: true })
    for await (const _ of text.chunks()) break // the file is closed
    return JSON.parse(text.head.slice(0, text.head.indexOf('\n'))) as Partial<RecordingHeader>
  } catch {
    return {} // damaged; the reader reports it
  }
}

// Measured on recordings of nodes under stress: a segment is packed to a tenth; 24 MiB of samples take 2.4 s of CPU, and so
// do 250 000 kernel records, of which an OOM report has hundreds.
const packRatio = 10
const maxReadBytes = 24 * 1024 * 1024
const maxReadObservations = 250_000

const nothing: Resumed = { isContinued: false, lastSeq: undefined, file: undefined, unsent: [] }

const lastMomentMs = 60_000

function newestOf(a: number | undefined, b: number | null | undefined): number | undefined {
  return a === undefined ? (b ?? undefined) : Math.max(a, b ?? a)
}

/** Processes that the earlier run knew and that ended while no agent ran. */
export function goneMeanwhile(agent: Pick<Agent, 'world'>, files: HostFiles, at: number): Observation | undefined {
  const gone = [...agent.world().identity.processes()]
    .filter(({ pid, startTicks }) => startTicksOf(files, pid) !== String(startTicks))
    .map(({ pid, startTicks }) => ({ pid, startTicks }))
  return gone.length > 0 ? { kind: 'processes', at, seen: [], gone } : undefined
}
