import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { recordingFiles } from '../../input/playback/recording-files.ts'
import { readRecording } from '../../input/playback/replay.ts'
import type { Observation } from '../../types.ts'

interface RecordedPastOptions {
  readonly stateDir: string
  readonly bootId: string | null
  /** No segment that ended before this moment is read, ms since the epoch. */
  readonly from: number
  readonly emit: (observation: Observation) => void
}

/**
 * Reads the latest recording of the agent on this host, so that the view starts with the curves, kills and loops of the
 * last minutes. Returns its last kernel record; undefined if there is no readable recording of this boot.
 */
export async function emitRecordedPast(
  options: RecordedPastOptions,
): Promise<{ readonly lastSeq?: number } | undefined> {
  const { stateDir, bootId, from, emit } = options
  try {
    const past: Observation[] = []
    let isThisBoot = false
    let lastSeq: number | undefined
    for await (const observation of readRecording(await recentSegments(join(stateDir, 'recordings'), from))) {
      if (observation.kind === 'host') isThisBoot = observation.host.bootId === bootId
      if (observation.kind === 'end' && observation.why !== 'signal') continue
      if (observation.kind === 'kernel') lastSeq = observation.seq ?? lastSeq
      past.push(observation)
    }
    if (bootId === null || !isThisBoot) return undefined
    for (const observation of past) emit(observation)
    return { ...(lastSeq !== undefined && { lastSeq }) }
  } catch {
    return undefined // another user's recording: the view begins now
  }
}

/** The newest segments, as many as one second of CPU can read. */
async function recentSegments(dir: string, from: number): Promise<readonly string[]> {
  if (!existsSync(dir)) return []
  const files: string[] = []
  let bytes = 0
  for (const file of [...(await recordingFiles(dir))].reverse()) {
    const { size, mtimeMs } = statSync(file)
    bytes += /\.(?:gz|zst)$/.test(file) ? size * packRatio : size
    if (files.length > 0 && (mtimeMs < from || bytes > maxReadBytes)) break
    files.unshift(file)
  }
  return files
}

const packRatio = 6.5
const maxReadBytes = 12 * 1024 * 1024
