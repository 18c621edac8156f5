/**
 * How fast captures of real nodes are replayed, as times real time, and beside what unpacking and JSON.parse of the same
 * lines take; each twice, which must give the same bytes. `-- replay DIR` for captures elsewhere.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openReplaySource } from '../src/input/playback/replay.ts'
import { createPipeline } from '../src/pipeline.ts'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import { captureNames, defaultCaptures } from './leadtime/captures.ts'
import type { BenchOptions } from './main.ts'

/** What the requirement asks for: times real time. */
const least = 200

export async function run({ json, args }: BenchOptions): Promise<void> {
  const folder = args[0] ?? defaultCaptures
  const names = captureNames(folder)
  if (names.length === 0) throw new Error(`no captures in ${folder}`)
  const rows = []
  for (const name of names) {
    const path = join(folder, name, 'capture.jsonl.gz')
    const { seconds, parseMs } = parsed(path)
    const first = await replayed(path)
    const second = await replayed(path)
    if (first.digest !== second.digest) throw new Error(`${name} gives other alerts when it is replayed again`)
    const ms = Math.min(first.ms, second.ms)
    rows.push({
      name,
      seconds,
      alerts: first.alerts,
      ms,
      parseMs,
      timesRealTime: (seconds * 1000) / ms,
      timesParse: ms / parseMs,
    })
  }
  const slowest = Math.min(...rows.map(row => row.timesRealTime))
  if (json) console.log(JSON.stringify({ rows, slowest }))
  else {
    for (const row of rows)
      console.log(
        `${row.name.padEnd(40)} ${row.seconds.toFixed(0).padStart(4)} s in ${row.ms.toFixed(0).padStart(5)} ms: ${row.timesRealTime.toFixed(0).padStart(4)} times real time, ${row.timesParse.toFixed(1)} times unpacking and parsing; ${row.alerts} alerts, twice the same`,
      )
    console.log(`slowest: ${slowest.toFixed(0)} times real time (asked for: ${least})`)
  }
  if (slowest < least) process.exitCode = 1
}

/** The floor: unpacking the file and parsing its lines, nothing else. */
function parsed(path: string): { readonly seconds: number; readonly parseMs: number } {
  const startedAt = performance.now()
  let first: number | undefined
  let last = 0
  for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
    if (line === '') continue
    const { at } = JSON.parse(line) as { at: number }
    first ??= at
    last = at
  }
  return { seconds: (last - (first ?? last)) / 1000, parseMs: performance.now() - startedAt }
}

async function replayed(path: string) {
  const startedAt = performance.now()
  const bytes = createHash('sha256')
  let alerts = 0
  const pipeline = createPipeline()
  for await (const observation of openReplaySource([path], { settings: defaultCoreSettings }))
    for (const alert of pipeline.observe(observation)) {
      alerts++
      bytes.update(JSON.stringify(alert))
    }
  return { ms: performance.now() - startedAt, alerts, digest: bytes.digest('hex') }
}
