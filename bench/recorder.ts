/**
 * What recording costs beside watching: the observations of real nodes through the flight recorder, as CPU per second of
 * the node's time, beside JSON.stringify of the same and beside folding them into the core; and what lands on disk.
 *
 * `recorder crisis`: how much of a crisis a recording of the default size holds, with a kill and its full report of 500
 * processes a second on a node that thrashes; what that costs; and whether all that is held is what was written.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordingFiles } from '../src/input/playback/recording-files.ts'
import { readRecording } from '../src/input/playback/replay.ts'
import { createPipeline } from '../src/pipeline.ts'
import { diskSyncs } from '../src/platform/disk-queue.ts'
import { createRecorder } from '../src/recording/recorder.ts'

import type { Observation } from '../src/types.ts'
import { captureNames, defaultCaptures, loadCapture } from './leadtime/captures.ts'
import type { BenchOptions } from './main.ts'
import { crisis } from './support-crisis.ts'

export async function run({ json, args }: BenchOptions): Promise<void> {
  if (args[0] === 'crisis') return runCrisis(json)
  const folder = args[0] ?? defaultCaptures
  const captures = captureNames(folder).map(name => loadCapture(folder, name))
  if (captures.length === 0) throw new Error(`no captures in ${folder}`)
  const seconds = captures.reduce((sum, { observations }) => sum + spanSeconds(observations), 0)
  const observations = captures.reduce((sum, capture) => sum + capture.observations.length, 0)

  let textBytes = 0
  const stringifyMs = await cpuMs(async () => {
    for (const capture of captures)
      for (const observation of capture.observations) textBytes += JSON.stringify(observation).length + 1
  })
  const foldMs = await cpuMs(async () => {
    for (const capture of captures) {
      const pipeline = createPipeline()
      for (const observation of capture.observations) pipeline.observe(observation)
    }
  })
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-bench-recorder-'))
  try {
    const recordMs = await cpuMs(async () => {
      const log = { warn: (fields: object, message: string) => console.error(message, fields) }
      const recorder = createRecorder({ dir, maxBytes: 1e9, agentVersion: '0', bootId: null, log })
      for (const capture of captures)
        for (const [index, observation] of capture.observations.entries()) {
          recorder.write(observation)
          if (index % 500 === 0) await recorder.flush()
        }
      await recorder.close()
    })
    const diskBytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    const perSecond = (ms: number): number => ms / seconds
    const result = {
      nodeSeconds: seconds,
      observations,
      recordMsPerSecond: perSecond(recordMs),
      stringifyMsPerSecond: perSecond(stringifyMs),
      foldMsPerSecond: perSecond(foldMs),
      textMiBPerHour: ((textBytes / seconds) * 3600) / 2 ** 20,
      diskMiBPerHour: ((diskBytes / seconds) * 3600) / 2 ** 20,
    }
    if (json) console.log(JSON.stringify(result))
    else {
      console.log(`${captures.length} nodes, ${seconds.toFixed(0)} s of theirs, ${observations} observations`)
      console.log(
        `recording, packing included: ${result.recordMsPerSecond.toFixed(2)} ms of CPU a second (${(result.recordMsPerSecond / 10).toFixed(3)} % of a core); JSON.stringify of the same ${result.stringifyMsPerSecond.toFixed(2)} ms, judging it ${result.foldMsPerSecond.toFixed(2)} ms`,
      )
      console.log(
        `${result.textMiBPerHour.toFixed(1)} MiB of text an hour, ${result.diskMiBPerHour.toFixed(1)} MiB on disk`,
      )
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** `recordSize`, as it is by default. */
const defaultBytes = 16 * 2 ** 20

async function runCrisis(json: boolean): Promise<void> {
  const seconds = 2 * 3600
  const dir = mkdtempSync(join(tmpdir(), 'oomloop-bench-crisis-'))
  try {
    const log = { warn: (fields: object, message: string) => console.error(message, fields) }
    const recorder = createRecorder({
      dir,
      maxBytes: defaultBytes,
      agentVersion: '0',
      bootId: 'b',
      log,
    })
    const source = crisis()
    let textBytes = 0
    let recordMs = 0
    let longestMs = 0
    let lastAt = 0
    for (let second = 0; second < seconds; second++) {
      const observations = source.next().value as readonly Observation[]
      for (const observation of observations) textBytes += JSON.stringify(observation).length + 1
      lastAt = observations.at(-1)!.at!
      const begunAt = performance.now()
      recordMs += await cpuMs(async () => {
        for (const observation of observations) recorder.write(observation)
        longestMs = Math.max(longestMs, performance.now() - begunAt)
        await recorder.flush(10_000)
        await diskSyncs.run(async () => {}) // as much was packed as there is time for in a second
      })
    }
    await recorder.close(10_000)
    const held: Observation[] = []
    let count = 0
    for await (const observation of readRecording(await recordingFiles(dir))) {
      count++
      if (observation.kind === 'kernel') held.push(observation)
      if (held.length > 5) held.splice(1, 1)
    }
    const diskBytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    const result = {
      secondsWritten: seconds,
      textMiBPerHour: ((textBytes / seconds) * 3600) / 2 ** 20,
      diskMiB: diskBytes / 2 ** 20,
      heldMinutes: (lastAt - held[0]!.at!) / 60_000,
      observationsHeld: count,
      isNewestHeld: held.at(-1)!.at === lastAt,
      recordMsPerSecond: recordMs / seconds,
      longestWriteMs: longestMs,
    }
    if (json) console.log(JSON.stringify(result))
    else
      console.log(
        `a kill a second among 500 processes, ${result.textMiBPerHour.toFixed(0)} MiB of JSON an hour: ${result.diskMiB.toFixed(1)} MiB hold the last ${result.heldMinutes.toFixed(1)} minutes (${count} observations); ${result.recordMsPerSecond.toFixed(2)} ms of CPU a second, packing included; at most ${longestMs.toFixed(1)} ms between two turns of the event loop`,
      )
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function spanSeconds(observations: readonly { readonly at: number | null }[]): number {
  const times = observations.map(({ at }) => at).filter(at => at !== null)
  return times.length === 0 ? 0 : (times.at(-1)! - times[0]!) / 1000
}

/** CPU of this process and its threads, so that another process on the machine does not count. */
async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
