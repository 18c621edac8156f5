import { existsSync, statSync } from 'node:fs'
import { previousBootNotice } from '../alert/previous-boot.ts'
import { createOpenAlerts } from '../deliver/open-alerts.ts'
import { recordingFiles } from '../source/recording-files.ts'
import { readRecording } from '../source/replay.ts'
import type { Alert, CoreSettings, HostFiles, Observation } from '../types.ts'
import type { Agent } from './agent.ts'
import { startTicksOf } from './lock.ts'
import type { Log } from './log.ts'

export interface RecallOptions {
  /** Where the flight recorder writes. */
  readonly dir: string
  readonly bootId: string | null
  readonly settings: CoreSettings
  readonly agent: Agent
  /** Was an alert of this id taken for delivery by the earlier run? */
  readonly wasTold: (id: string) => boolean
  /** Takes an alert that the earlier run told and that still fires, so that it is not let lapse as one of a run that is over. */
  readonly stillFires: (alert: Alert) => void
  /** When what was firing at the last run's end began, as its status says; Infinity: nothing was. */
  readonly openSince: number
  readonly log: Log
  readonly now: number
}

export interface Recalled {
  /** The core goes on where the earlier run was ended. */
  readonly isContinued: boolean
  /** The last kernel record that the earlier run had on record, in this boot. */
  readonly lastSeq: number | undefined
  /** The node was rebooted in the middle of an incident: what is to be told of it. */
  readonly notice?: Alert | undefined
}

/**
 * Folds into the core what an earlier run of this boot recorded, so that a kill before a restart and one after it make
 * one loop, and an incident keeps its name. Tells what the earlier run judged and could not hand over any more.
 */
export async function recall(options: RecallOptions): Promise<Recalled> {
  const { dir, bootId, agent, wasTold, log, now } = options
  if (bootId === null || !existsSync(dir)) return nothing
  let lastSeq: number | undefined
  let lastAt = 0
  let isThisBoot = false
  let untold: Alert[] = []
  const open = createOpenAlerts()
  try {
    for await (const observation of readRecording(await filesToRecall(options))) {
      if (observation.kind === 'end' && observation.why !== 'signal') continue
      if (observation.kind === 'host') isThisBoot = observation.host.bootId === bootId
      if (observation.kind === 'kernel') lastSeq = observation.seq ?? lastSeq
      lastAt = observation.at ?? lastAt
      const alerts = agent.recall(observation)
      for (const alert of alerts) open.take(alert)
      untold.push(...alerts.filter(alert => !wasTold(alert.id)))
      untold = untold.slice(-100)
    }
  } catch (error) {
    log.warn({ dir, error: (error as Error).message }, 'what an earlier run recorded cannot be read: beginning anew')
    return nothing
  }
  if (!isThisBoot) return { ...nothing, notice: noticeOf(options, lastAt) }
  const isContinued = now - lastAt < options.settings.loopWindowMs && now >= lastAt && agent.hasOpenEnds(now)
  if (!isContinued) return { isContinued, lastSeq }
  for (const alert of open.list()) if (wasTold(alert.id)) options.stillFires(alert)
  // Only what was judged in the run's last moment can have missed its way out.
  for (const alert of untold) if (Date.parse(alert.at) > lastAt - lastMomentMs) agent.tellAgain(alert)
  log.info({ lastAt: new Date(lastAt).toISOString() }, 'going on where an earlier run was ended')
  return { isContinued, lastSeq }
}

/** What was open where another boot's record ends; a recording from elsewhere, or of the distant past, is none of ours. */
function noticeOf({ agent, settings, now }: RecallOptions, lastAt: number): Alert | undefined {
  if (lastAt === 0 || lastAt > now || now - lastAt > settings.chronicMs) return undefined
  // The watch ended there as a log ends: nobody saw the incident's end.
  return previousBootNotice(agent.recall({ kind: 'end', at: lastAt, why: 'end-of-log' }), settings.locale)
}

/**
 * The newest segments: those of the last loop window, and back to where what was firing began; but no more than what two
 * seconds of CPU fold in. A replay of the whole recording is exact where that was all of it.
 */
async function filesToRecall({ dir, settings, openSince, now }: RecallOptions): Promise<readonly string[]> {
  const from = Math.min(now - settings.loopWindowMs, openSince)
  const files: string[] = []
  let bytes = 0
  for (const file of [...(await recordingFiles(dir))].reverse()) {
    const { size, mtimeMs } = statSync(file)
    bytes += file.endsWith('.gz') ? size * packRatio : size
    if (files.length > 0 && (mtimeMs < from || bytes > maxRecalledBytes)) break
    files.unshift(file)
  }
  return files
}

// Measured on recordings of nodes under stress: 28 MB of them are 4.3 MB packed, and take 2.4 s of CPU.
const packRatio = 6.5
const maxRecalledBytes = 24 * 1024 * 1024

const nothing: Recalled = { isContinued: false, lastSeq: undefined }

const lastMomentMs = 60_000

/** Processes that the earlier run knew and that ended while nobody looked. */
export function goneMeanwhile(agent: Agent, files: HostFiles, at: number): Observation | undefined {
  const gone = [...agent.world().identity.processes()]
    .filter(({ pid, startTicks }) => startTicksOf(files, pid) !== String(startTicks))
    .map(({ pid, startTicks }) => ({ pid, startTicks }))
  return gone.length > 0 ? { kind: 'processes', at, seen: [], gone } : undefined
}
